import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.shapes import DEFECTS, outline, shape

kinds = st.sampled_from(DEFECTS)


@settings(max_examples=60, deadline=None)
@given(kinds, st.integers(4, 140), st.integers(4, 140), st.integers(0, 2**32))
def test_a_shape_fills_its_box_and_is_never_empty(
    kind: str, height: int, width: int, seed: int
) -> None:
    mask = shape(kind, height, width, np.random.default_rng(seed))
    assert mask.dtype == np.bool_
    assert mask.shape == (height, width)
    assert mask.any()
    rows, columns = np.nonzero(mask)
    assert np.ptp(rows) + 1 >= 0.5 * height
    assert np.ptp(columns) + 1 >= 0.5 * width


@pytest.mark.parametrize("kind", DEFECTS)
def test_the_same_seed_makes_the_same_shape_and_another_another(kind: str) -> None:
    first = shape(kind, 64, 80, np.random.default_rng(5))
    assert np.array_equal(first, shape(kind, 64, 80, np.random.default_rng(5)))
    assert not np.array_equal(first, shape(kind, 64, 80, np.random.default_rng(6)))


@pytest.mark.parametrize(
    "kind, least, most",
    [
        ("scratch", 0.005, 0.09),
        ("crack", 0.005, 0.09),
        ("thread", 0.01, 0.15),
        ("hole", 0.55, 0.9),
        ("stain", 0.35, 0.9),
    ],
)
def test_lines_are_thin_and_blobs_are_full(kind: str, least: float, most: float) -> None:
    for seed in range(15):
        part = shape(kind, 96, 96, np.random.default_rng(seed)).mean()
        assert least <= part <= most


def test_an_outline_can_be_moved() -> None:
    form = outline("stain", 30, 30, np.random.default_rng(1))
    still, moved = form.coverage(60, 60), form.moved(20, 10).coverage(60, 60)
    assert np.allclose(moved[20:50, 10:40], still[:30, :30], atol=1 / 64)


@pytest.mark.parametrize("kind", ["", "dent", "Scratch"])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    with pytest.raises(SettingError, match="unknown") as caught:
        shape(kind, 20, 20, np.random.default_rng(0))
    assert "scratch" in caught.value.remedy


@pytest.mark.parametrize("height, width", [(3, 20), (20, 3), (0, 20), (4097, 20), (20, 4097)])
def test_a_box_out_of_bounds_is_refused(height: int, width: int) -> None:
    with pytest.raises(SettingError, match="out of bounds"):
        shape("hole", height, width, np.random.default_rng(0))
