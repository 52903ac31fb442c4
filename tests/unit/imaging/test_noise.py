import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.blending import blend_patch
from defectstudio.imaging.masks import Box
from defectstudio.imaging.noise import Grain, add_grain, measure

HERE = Box(60, 70, 96, 96)
FULL = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535, np.dtype(np.float32): 1}


def surface(shape=(220, 230)):
    rows, columns = np.indices(shape)
    return 120 + 40 * np.sin(columns / 40) + 30 * np.cos(rows / 55)


def stored(values, dtype):
    """Grey levels of 255 as an image of that depth."""
    scaled = np.asarray(values) * (FULL[np.dtype(dtype)] / 255)
    if dtype == np.float32:
        return scaled.astype(dtype)
    return np.clip(np.rint(scaled), 0, FULL[np.dtype(dtype)]).astype(dtype)


def noisy(sigma, dtype=np.uint8, seed=0, clean=None):
    clean = surface() if clean is None else clean
    return stored(clean + np.random.default_rng(seed).normal(0, sigma, clean.shape), dtype)


def levels(grain, dtype=np.uint8):
    return grain.sigma * 255 / FULL[np.dtype(dtype)]


def disk(side=96):
    rows, columns = np.ogrid[:side, :side]
    return (rows - (side - 1) / 2) ** 2 + (columns - (side - 1) / 2) ** 2 < (side / 2) ** 2


def correlation(field, rows, columns):
    height, width = field.shape
    return np.mean(field[rows:, columns:] * field[: height - rows, : width - columns])


# --- what is measured


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("sigma", [0.5, 1, 2, 5, 12])
def test_white_noise_is_measured(sigma, dtype):
    found = levels(measure(noisy(sigma, dtype), HERE), dtype)

    assert found.shape == (1,)
    assert found[0] == pytest.approx(sigma, rel=0.06)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_image_without_noise_has_none(dtype):
    slope = np.add.outer(np.linspace(20, 35, 220), np.linspace(0, 180, 230))

    for clean in (surface(), slope, np.full((220, 230), 99.6), surface() > 120):
        found = levels(measure(stored(clean, dtype), HERE), dtype)
        assert found[0] == pytest.approx(0, abs=0.1)


def test_edges_and_lines_are_no_noise():
    rows, columns = np.indices((220, 230))
    squares = np.where((columns // 20 + rows // 23) % 2, 60, 180)
    lines = surface() - 90 * (columns % 17 < 2)

    for clean in (squares, lines):
        assert measure(noisy(4, clean=clean), HERE).sigma[0] == pytest.approx(4, rel=0.15)


def test_saturation_is_no_surface():
    image = noisy(4)
    image[:, :110] = 255
    assert measure(image, HERE).sigma[0] == pytest.approx(4, rel=0.12)
    image[:, 110:] = 0
    grain = measure(image, HERE)
    assert not grain.sigma.any() and not grain.draw((5, 6), np.random.default_rng(0)).any()


def test_the_noise_of_each_channel_and_its_correlation():
    rng = np.random.default_rng(1)
    shared, own = rng.normal(0, 3, (220, 230, 1)), rng.normal(0, (1, 2, 4), (220, 230, 3))
    true = np.array([1, 2, 4]) ** 2 * np.eye(3) + 9

    grain = measure(stored(surface()[..., None] + shared + own, np.uint8), HERE)

    assert grain.sigma == pytest.approx(np.sqrt(np.diag(true)), rel=0.08)
    drawn = grain.draw((200, 200), rng).reshape(-1, 3)
    assert drawn.std(axis=0) == pytest.approx(grain.sigma, rel=0.05)
    assert drawn.mean(axis=0) == pytest.approx(0, abs=0.1)
    correlated = true / np.sqrt(np.outer(np.diag(true), np.diag(true)))
    assert np.corrcoef(drawn.T) == pytest.approx(correlated, abs=0.1)


def test_the_grain_runs_as_the_noise_does():
    across = ndimage.convolve1d(np.random.default_rng(2).normal(0, 6, (220, 230)), [0.5, 0.5])

    grain = measure(stored(surface() + across, np.uint8), HERE)
    drawn = grain.draw((200, 200), np.random.default_rng(3))[..., 0]

    variance = drawn.var()
    assert correlation(drawn, 0, 1) > 0.3 * variance
    assert abs(correlation(drawn, 1, 0)) < 0.1 * variance
    # Along the rows the mean of two neighbours has the variance 18 and the correlation 1/2.
    assert np.diff(drawn, axis=0).std() == pytest.approx(np.diff(across, axis=0).std(), rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 3), (8, 8), (30, 9), (8, 8, 3)])
def test_tiny_images_work(shape):
    image = stored(np.random.default_rng(0).normal(120, 4, shape), np.uint8)

    sigma = measure(image, Box(0, 0, 1, 1)).sigma

    assert sigma.shape == shape[2:] or sigma.shape == (1,)
    assert np.all((sigma >= 0) & (sigma < 15))


def test_only_the_neighbourhood_is_read():
    image = noisy(4)
    there = image.copy()
    there[200:] = 255
    corner = Box(5, 5, 20, 20)

    assert measure(image, corner).sigma == measure(there, corner).sigma
    assert measure(image, Box(0, 0, *image.shape)).sigma[0] == pytest.approx(4, rel=0.06)


@pytest.mark.parametrize(
    ("image", "box"),
    [(np.zeros((50, 50)), Box(0, 0, 9, 9)), (noisy(4), Box(900, 900, 9, 9))],
)
def test_what_cannot_be_measured_is_refused(image, box):
    with pytest.raises(ImageError, match="no noise to measure"):
        measure(image, box)


# --- what is added


def blended(background, content, mask=None, here=HERE):
    """The patch of a blend, and the background's."""
    mask = disk() if mask is None else mask
    patch, box = blend_patch(background, content, mask, (here.top, here.left))
    assert box == here
    return patch, background[here.slices]


def smooth(background, here=HERE, less=12 / 255):
    """A content as smooth as a generator's, darker than the surface."""
    full = FULL[background.dtype]
    size = (6, 6, 0)[: background.ndim]
    content = ndimage.gaussian_filter(background[here.slices].astype(np.float32) / full, size)
    return np.clip(content - less, 0, 1).astype(np.float32)


def grained(background, content, seed=0, strength=1.0, mask=None):
    mask = disk() if mask is None else mask
    patch, before = blended(background, content, mask)
    rng = np.random.default_rng(seed)
    grain = measure(background, HERE)
    return add_grain(grain, before, patch, mask, rng, strength=strength), patch, before


def roughness(image, inside):
    """Standard deviation of white noise with the fine detail of these pixels."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
    return ndimage.convolve(image.astype(np.float64), kernel)[inside].std()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("sigma", [1, 4, 10])
def test_a_smooth_content_becomes_as_noisy_as_its_surroundings(sigma, dtype):
    background = noisy(sigma, dtype)

    result, patch, before = grained(background, smooth(background))

    core = ndimage.binary_erosion(disk(), iterations=8)
    rim = ndimage.binary_erosion(disk(), iterations=2) & ~core
    assert roughness(patch, core) < 0.45 * roughness(before, core)
    assert roughness(result, core) == pytest.approx(roughness(before, core), rel=0.08)
    assert roughness(result, rim) == pytest.approx(roughness(before, rim), rel=0.15)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_nothing_outside_the_mask_changes_and_nothing_given_does(dtype):
    background = noisy(4, dtype)
    patch, before = blended(background, smooth(background))
    given_patch, given_before = patch.copy(), before.copy()

    result = add_grain(measure(background, HERE), before, patch, disk(), np.random.default_rng(0))

    assert result.dtype == dtype and result.shape == patch.shape
    assert np.array_equal(result[~disk()], patch[~disk()])
    assert (result != patch)[disk()].mean() > 0.5
    assert np.array_equal(patch, given_patch) and np.array_equal(before, given_before)


def test_the_same_generator_gives_the_same_bytes_and_another_others():
    background = noisy(4)
    first, again, other = (grained(background, smooth(background), seed)[0] for seed in (1, 1, 2))

    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_real_content_does_not_become_noisier():
    background, real = noisy(4), noisy(4, seed=9, clean=surface() - 40)

    result, patch, _ = grained(background, stored(real[HERE.slices], np.uint8))

    core = ndimage.binary_erosion(disk(), iterations=8)
    assert roughness(result, core) == pytest.approx(roughness(patch, core), rel=0.04)


def test_half_as_noisy_content_gets_the_rest():
    background, real = noisy(8), noisy(4, seed=9, clean=surface() - 40)

    result, _, before = grained(background, stored(real[HERE.slices], np.uint8))

    core = ndimage.binary_erosion(disk(), iterations=8)
    assert roughness(result, core) == pytest.approx(roughness(before, core), rel=0.1)


def test_strength_is_the_share_that_is_added():
    background = noisy(8)
    core = ndimage.binary_erosion(disk(), iterations=8)
    content = smooth(background)

    none, patch, _ = grained(background, content, strength=0.0)
    half, whole = (grained(background, content, strength=share)[0] for share in (0.5, 1.0))

    assert np.array_equal(none, patch)
    assert roughness(half, core) == pytest.approx(roughness(whole, core) / 2, rel=0.05)


@pytest.mark.parametrize("level", [0, 3, 250, 255])
def test_clipping_does_not_shift_the_mean(level):
    background = noisy(10, seed=3)
    content = np.full((96, 96), level / 255, np.float32)

    result, patch, _ = grained(background, content)

    core = ndimage.binary_erosion(disk(), iterations=8)
    assert result[core].astype(float).mean() == pytest.approx(patch[core].mean(), abs=0.12)
    if level in (0, 255):
        assert np.all(result[patch == level] == level)


def test_a_background_without_noise_gives_none():
    background = stored(surface(), np.uint8)

    result, patch, _ = grained(background, smooth(background))

    assert np.array_equal(result, patch)


def test_a_dark_defect_on_a_glare_takes_the_grain_of_its_surroundings():
    background = noisy(5)
    background[HERE.slices][disk()] = 255

    result, patch, _ = grained(background, np.full((96, 96), 0.3, np.float32))

    core = ndimage.binary_erosion(disk(), iterations=12)
    assert roughness(patch, core) < 0.5
    assert roughness(result, core) == pytest.approx(5, rel=0.15)


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    channels=st.sampled_from([(), (1,), (3,)]),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
    seed=st.integers(0, 1000),
)
def test_any_small_region_works(height, width, channels, dtype, seed):
    rng = np.random.default_rng(seed)
    background = stored(rng.normal(120, 5, (40, 40, *channels)), dtype)
    mask = rng.random((height, width)) < 0.6
    patch = background[:height, :width].copy()
    patch[mask] = stored(60, dtype)
    grain = measure(background, Box(0, 0, height, width))

    result = add_grain(grain, background[:height, :width], patch, mask, rng)

    assert result.dtype == dtype and result.shape == patch.shape
    assert np.array_equal(result[~mask], patch[~mask])
    assert np.all(np.abs(result.astype(float) - patch) <= stored(60, dtype))


@pytest.mark.parametrize(
    ("before", "after", "mask", "reason"),
    [
        (np.zeros((9, 9), np.uint8), np.zeros((9, 8), np.uint8), (9, 8), "is no blend of"),
        (np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint16), (9, 9), "is no blend of"),
        (np.zeros((9, 9)), np.zeros((9, 9)), (9, 9), "is no blend of"),
        (np.zeros(9, np.uint8), np.zeros(9, np.uint8), (9,), "is no blend of"),
        (np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8), (9, 8), "does not fit"),
        (np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9, 3), np.uint8), (9, 9), "1 channels"),
    ],
)
def test_what_does_not_fit_is_refused(before, after, mask, reason):
    grain = Grain(np.ones(1), np.ones((1, 1)), np.ones((1, 16, 16)))
    with pytest.raises(ImageError, match=reason):
        add_grain(grain, before, after, np.ones(mask, bool), np.random.default_rng(0))


def test_a_mask_must_be_boolean():
    grain, image = measure(noisy(4), HERE), np.zeros((9, 9), np.uint8)
    with pytest.raises(ImageError, match="mask uint8"):
        add_grain(grain, image, image, image, np.random.default_rng(0))
