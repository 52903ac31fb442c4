"""COCO's run lengths against the published vectors and pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as reference

from defectstudio.domain.errors import ImageError
from defectstudio.exchange import rle

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def _mask(*pixels: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((3, 4), bool)
    for pixel in pixels:
        mask[pixel] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "counts", "text"),
    [
        (_mask((1, 1), (2, 1), (0, 3)), [4, 2, 3, 1, 2], "423OO"),
        (_mask((0, 0)), [0, 1, 11], "01;"),
        (_mask(), [12], "<"),
    ],
)
def test_published_vectors(mask: np.ndarray, counts: list[int], text: str) -> None:
    assert rle.encode(mask) == counts
    assert rle.to_text(counts) == text
    assert rle.from_text(text) == counts


@given(MASKS)
@settings(deadline=None)
def test_round_trip_and_equal_to_pycocotools(mask: np.ndarray) -> None:
    counts = rle.encode(mask)
    text = rle.to_text(counts)
    theirs = reference.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert text.encode() == theirs["counts"]
    assert rle.from_text(text) == counts
    np.testing.assert_array_equal(rle.decode(counts, *mask.shape), mask)


@given(st.lists(st.integers(0, 1 << 30), min_size=1))
@settings(deadline=None)
def test_any_run_lengths_survive_the_text(counts: list[int]) -> None:
    assert rle.from_text(rle.to_text(counts)) == counts


def test_large_masks_equal_pycocotools() -> None:
    rng = np.random.default_rng(2)
    mask = np.kron(rng.random((9, 11)) < 0.4, np.ones((97, 131))) > 0
    theirs = reference.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert rle.to_text(rle.encode(mask)).encode() == theirs["counts"]


@pytest.mark.parametrize("text", ["4 3", "o", "é"])
def test_text_that_is_none(text: str) -> None:
    with pytest.raises(ImageError, match="no compressed run-length text"):
        rle.from_text(text)


@pytest.mark.parametrize("counts", [[5, 6], [-1, 13], []])
def test_run_lengths_that_do_not_fill_the_mask(counts: list[int]) -> None:
    with pytest.raises(ImageError, match="do not fill"):
        rle.decode(counts, 3, 4)
