import numpy as np
import pytest

from defectstudio.imaging.procedural.painting import (
    COVERED,
    MIN_AREA,
    Painting,
    depth,
    facing,
    without_specks,
)
from defectstudio.imaging.procedural.textures import surface


def _painting() -> Painting:
    return Painting(surface("metal", 64, 64, np.random.default_rng(0)), (-1.0, 0.0))


def _disc(radius: float = 12.0) -> np.ndarray:
    y, x = np.mgrid[0:64, 0:64] - 31.5
    return np.clip(radius - np.hypot(y, x) + 0.5, 0, 1).astype(np.float32)


def test_no_paint_changes_nothing() -> None:
    painting = _painting()
    colour, mask = painting.finish()
    assert np.array_equal(colour, painting.ground.colour)
    assert not mask.any()


def test_paint_covers_and_the_mask_is_where_alpha_reaches_the_threshold() -> None:
    painting = _painting()
    painting.lay((1.0, 0.0, 0.0), _disc())
    colour, mask = painting.finish()
    assert np.allclose(colour[32, 32], [1, 0, 0], atol=1e-5)
    assert np.array_equal(mask, painting.alpha >= np.float32(COVERED))
    assert mask.sum() == pytest.approx(np.pi * 12**2, rel=0.06)
    assert np.array_equal(colour[~mask], painting.ground.colour[~mask])


def test_a_filter_multiplies() -> None:
    painting = _painting()
    painting.filter((0.5, 0.5, 0.5), np.ones((64, 64), dtype=np.float32))
    colour, mask = painting.finish()
    assert mask.all()
    assert np.allclose(colour, painting.ground.colour * 0.5, atol=1e-6)


def test_two_faint_layers_add_up_as_alphas_do() -> None:
    painting = _painting()
    whole = np.ones((64, 64), dtype=np.float32)
    painting.lay((0.0, 0.0, 0.0), 0.2 * whole)
    painting.lay((0.0, 0.0, 0.0), 0.2 * whole)
    assert np.allclose(painting.alpha, 1 - 0.8 * 0.8, atol=1e-5)
    assert painting.finish()[1].all()


def test_specks_are_left_out() -> None:
    mask = np.zeros((20, 20), dtype=np.bool_)
    mask[2, 2] = True
    mask[3, 3] = True  # touches only at a corner
    mask[10, 5 : 5 + MIN_AREA] = True
    kept = without_specks(mask)
    assert kept.sum() == MIN_AREA
    assert kept[10, 5]


def test_the_wall_far_from_the_lamp_is_lit() -> None:
    lit = facing(_disc(), (-1.0, 0.0), 1.5)  # the lamp is above
    assert lit[43, 32] > 0.8
    assert lit[20, 32] < -0.8
    assert abs(lit[32, 20]) < 0.3


def test_depth_grows_inwards_and_the_border_is_no_wall() -> None:
    inside = depth(_disc())
    assert inside[0, 0] == 0
    assert inside[32, 32] == pytest.approx(12, abs=1.0)
    half = np.zeros((64, 64), dtype=np.float32)
    half[:32] = 1
    assert depth(half)[0, 5] > 25
