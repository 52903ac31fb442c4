"""Contents cut from labeled images and batches drawn from them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.training.contents import (
    Content,
    ContentBatches,
    cut_contents,
    cut_to,
    place_on_canvas,
    stretched,
)


def test_contents_are_cut_by_class_and_component(tiny_files):
    contents = cut_contents(tiny_files, [1, 2], "absolute")
    assert sorted(c.class_id for c in contents) == [1, 1, 1, 2, 2, 2]
    first = contents[0]
    assert first.mask.shape == (20, 28)
    assert first.mask.all()
    assert np.allclose(first.pixels, 20 / 255)


def test_a_class_without_pixels_is_named(tiny_files):
    with pytest.raises(UserError, match=r"class id \[3\]"):
        cut_contents(tiny_files, [1, 3], "absolute")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.floats(0.2, 2.0),
    st.integers(0, 2**32 - 1),
)
def test_a_placed_content_is_never_empty_and_keeps_its_colour(height, width, scale, seed):
    content = Content(
        np.full((height, width, 1), 0.5, np.float32), np.ones((height, width), bool), 1
    )
    pixels, mask = place_on_canvas(content, scale, 64, 80, np.random.default_rng(seed))
    assert pixels.shape == (64, 80, 1)
    assert mask.any()
    assert np.allclose(pixels[mask], 0.5, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_a_stretched_content_keeps_its_colour_and_about_its_area(height, width, seed):
    mask = np.ones((height, width), bool)
    mask[height // 3 : height // 2, width // 3 : width // 2] = False
    pixels = np.where(mask[..., None], np.float32([0.3, 0.5, 0.7]), np.float32(0))
    found = stretched(Content(pixels, mask, 4), np.random.default_rng(seed))
    assert (found.class_id, found.pixels.dtype) == (4, np.float32)
    assert found.mask.any()
    assert np.allclose(found.pixels[found.mask], [0.3, 0.5, 0.7], atol=1e-4)
    rim = 4 * (height + width)
    assert abs(int(found.mask.sum()) - int(mask.sum())) <= rim


def test_without_a_stretch_all_stays_as_it_is():
    class Still:
        def uniform(self, low, high):
            return 0.7 if high > 1 else 0.0

    content = Content(
        np.random.default_rng(0).random((9, 14, 1), np.float32), np.ones((9, 14), bool), 1
    )
    found = stretched(content, Still())
    assert int(found.mask.sum()) == 9 * 14
    assert np.allclose(found.pixels[found.mask], content.pixels[content.mask], atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_cut_content_is_a_part_of_the_whole_or_the_whole(height, width, seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((height, width)) < 0.7
    mask[0, 0] = True
    pixels = rng.random((height, width, 1), np.float32)
    content = Content(pixels, mask, 2)
    shape = rng.random((rng.integers(1, 30), rng.integers(1, 30))) < 0.5
    found = cut_to(content, shape, rng)
    if found is content:
        return
    assert found.mask.any(axis=0)[[0, -1]].all()
    assert found.mask.any(axis=1)[[0, -1]].all()
    assert 30 <= found.mask.sum() <= mask.sum()
    assert found.mask.sum() >= 0.2 * mask.sum()
    assert set(found.pixels[found.mask, 0]) <= set(pixels[mask, 0])


def test_a_batch_is_a_function_of_seed_and_step(tiny_files):
    config = DcdgancConfig(batch=6, steps=10)
    contents = cut_contents(tiny_files, [1, 2], "absolute")
    one, other = (ContentBatches(contents, [1, 2], config) for _ in range(2))
    _ = other[0]
    assert torch.equal(one[7]["image"], other[7]["image"])
    assert not torch.equal(one[7]["image"], one[8]["image"])
    assert len(one) == 10


def test_a_batch_holds_content_on_the_key_and_its_alpha(tiny_files):
    config = DcdgancConfig(batch=16, height=64, width=96)
    batch = ContentBatches(cut_contents(tiny_files, [1, 2], "absolute"), [1, 2], config)[0]
    image, alpha = batch["image"][:, :-1], batch["image"][:, -1:]
    assert batch["image"].shape == (16, 4, 64, 96)
    assert set(alpha.unique().tolist()) == {0.0, 1.0}
    assert (image[(alpha == 0).expand_as(image)] == -1).all()
    assert set(batch["cls"].tolist()) == {0, 1}
    dark = image[batch["cls"] == 0][(alpha == 1).expand_as(image)[batch["cls"] == 0]]
    assert dark.max() < -0.5


def along_rows(image):
    """Whether a drawn content (C + 1, H, W) changes more from column to column than along them."""
    grey = np.where(image[-1] > 0, image[0], np.nan)
    return np.nanmean(np.abs(np.diff(grey, axis=1))) > np.nanmean(np.abs(np.diff(grey, axis=0)))


@pytest.mark.parametrize(("oriented", "kept"), [("on", {True}), ("off", {True, False})])
def test_on_an_oriented_surface_a_grain_keeps_its_direction(oriented, kept):
    stripes = np.zeros((40, 40, 1), np.float32)
    stripes[:, (np.arange(40) // 4) % 2 == 1] = 1
    config = DcdgancConfig(oriented=oriented)
    data = ContentBatches([Content(stripes, np.ones((40, 40), bool), 1)], [1], config)
    rng = np.random.default_rng(0)

    drawn = [data.draw(0, rng) for _ in range(20)] + list(data.of_class(0, 10)["image"].numpy())

    assert {bool(along_rows(image)) for image in drawn} == kept
