import cv2
import numpy as np
import pytest
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from defectstudio.imaging.membrane import solve as solved_membrane


def exact(values, unknown):
    """The same membrane by a direct solve of the whole grid's Laplacian, in float64."""

    def chain(length):
        degree = np.full(length, 2.0)
        degree[0] -= 1
        degree[-1] -= 1
        neighbours = np.full(length - 1, -1.0)
        return sparse.diags_array([neighbours, degree, neighbours], offsets=[-1, 0, 1])

    height, width = unknown.shape
    grid = sparse.kron(chain(height), sparse.eye_array(width)) + sparse.kron(
        sparse.eye_array(height), chain(width)
    )
    grid = sparse.csc_array(grid)
    inner, outer = np.flatnonzero(unknown), np.flatnonzero(~unknown)
    flat = values.reshape(-1, values.shape[2]).copy()
    load = -(grid[inner][:, outer] @ flat[outer])
    flat[inner] = spsolve(grid[inner][:, inner].tocsc(), load).reshape(inner.size, -1)
    return flat.reshape(values.shape)


def solve(values, unknown):
    """Values (h, w, c) with the unknown ones from the membrane through the given ones."""
    given = np.pad(~unknown, 1)
    given[[0, -1]] = given[:, [0, -1]] = False
    padded = np.pad(np.where(unknown[..., None], 0, values), ((1, 1), (1, 1), (0, 0)))
    held, load = np.zeros(unknown.shape), np.zeros(values.shape)
    for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0)):
        held += np.roll(given, (down, right), (0, 1))[1:-1, 1:-1] * unknown
        load += np.roll(padded, (down, right), (0, 1))[1:-1, 1:-1] * unknown[..., None]
    membrane = solved_membrane(unknown, held.astype(np.float32), load.astype(np.float32), 0.002)
    return np.where(unknown[..., None], membrane, values)


def ellipse(height, width):
    rows, columns = np.ogrid[: height + 4, : width + 4]
    row, column = (rows - height / 2 - 1.5) / height, (columns - width / 2 - 1.5) / width
    return row**2 + column**2 < 0.25


def cracks(side, seed):
    rng = np.random.default_rng(seed)
    drawn = np.zeros((side, side), dtype=np.uint8)
    for _ in range(12):
        steps = np.cumsum(rng.normal(0, 6, (40, 2)), axis=0) + rng.uniform(0, side, 2)
        cv2.polylines(drawn, [steps.astype(np.int32)], False, 1, int(rng.integers(1, 12)))
    return drawn.astype(bool)


def striped():
    mask = np.zeros((60, 60), dtype=bool)
    mask[1::3, 2:-2] = True
    return mask


def all_but(rows, columns):
    mask = np.ones((40, 50), dtype=bool)
    mask[rows, columns] = False
    return mask


SHAPES = {
    "ellipse": ellipse(90, 140),
    "cracks": cracks(180, 1),
    "holes": np.random.default_rng(2).random((90, 80)) < 0.97,
    "sieve": np.random.default_rng(3).random((90, 80)) < 0.6,
    "lines one pixel wide": striped(),
    "one given pixel": all_but(7, 9),
    "one given pixel far from all": np.arange(200 * 150).reshape(200, 150) != 90 * 150 + 70,
    "one row": np.arange(50)[None] > 0,
    "one column": np.arange(50)[:, None] != 20,
    "over every border": all_but(30, slice(20, 23)),
    "held by one border": all_but(slice(None), 0),
}


@pytest.mark.parametrize("name", SHAPES)
def test_agrees_with_a_direct_solution_far_below_half_a_grey_level(name):
    unknown = SHAPES[name]
    values = np.random.default_rng(5).uniform(-255, 255, (*unknown.shape, 2))

    solved = solve(values, unknown)

    assert np.abs(solved - exact(values, unknown)).max() < 0.2


def test_smooth_boundaries_are_met_to_a_hundredth():
    unknown = ellipse(200, 230)
    rows, columns = np.indices(unknown.shape)
    harmonic = (rows - 90.0) * (columns - 40) / 200

    solved = solve(np.where(unknown, np.nan, harmonic)[..., None], unknown)

    assert np.abs(solved[..., 0] - harmonic).max() < 0.01


def test_a_channel_without_any_pull_stays_zero():
    values = np.zeros((20, 20, 2))
    values[..., 1] = 3.0
    unknown = ellipse(16, 16)

    solved = solve(values, unknown)

    assert np.array_equal(solved[..., 0], values[..., 0])
    assert solved[..., 1] == pytest.approx(values[..., 1], abs=1e-3)


def test_a_long_corridor_held_at_one_end_is_met_as_far_as_32_bits_allow():
    unknown = np.arange(1800).reshape(2, 900) > 0
    values = np.random.default_rng(5).uniform(-255, 255, (2, 900, 2))

    assert np.abs(solve(values, unknown) - exact(values, unknown)).max() < 0.5


def test_thin_necks_in_noise_do_not_make_it_grow():
    smooth = ndimage.gaussian_filter(np.random.default_rng(12).random((300, 400)), 2.5)
    unknown = smooth > np.quantile(smooth, 0.45)
    values = np.random.default_rng(5).uniform(-255, 255, (*unknown.shape, 1))

    assert np.abs(solve(values, unknown) - exact(values, unknown)).max() < 0.5


def test_one_link_alone_holds_everything():
    unknown = np.ones((6, 9), dtype=bool)
    held, load = np.zeros((6, 9), np.float32), np.zeros((6, 9, 1), np.float32)
    held[0, 4], load[0, 4] = 1, 7

    assert solved_membrane(unknown, held, load, 0.01) == pytest.approx(7.0, abs=0.01)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("side", [10, 60, 300])
def test_channels_are_solved_as_each_alone(channels, side):
    unknown = ellipse(side, side + 7)
    values = np.random.default_rng(5).uniform(-255, 255, (*unknown.shape, channels))

    together = solve(values, unknown)

    for channel in range(channels):
        alone = solve(values[..., channel : channel + 1], unknown)
        assert together[..., channel] == pytest.approx(alone[..., 0], abs=0.01)


def test_without_any_pull_it_is_flat():
    unknown = ellipse(20, 30)
    held = np.ones(unknown.shape, np.float32) * unknown

    assert not solved_membrane(unknown, held, np.zeros((*unknown.shape, 3), np.float32), 0.2).any()
