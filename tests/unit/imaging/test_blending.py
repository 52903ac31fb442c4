from itertools import pairwise

import cv2
import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from defectstudio.domain.errors import ImageError, SettingError
from defectstudio.imaging.blending import blend, blend_patch
from defectstudio.imaging.masks import Box

QUICK = settings(max_examples=40, deadline=None, derandomize=True)
MODES = st.sampled_from(["improved", "poisson", "alpha"])
FULL = {"uint8": 255, "uint16": 65535, "float32": 1.0}


def noise(shape, dtype, seed):
    return (np.random.default_rng(seed).random(shape) * FULL[dtype]).astype(dtype)


def flat(shape, dtype, level):
    return np.full(shape, round(level * FULL[dtype]) if dtype != "float32" else level, dtype)


def disk(side, radius, centre=None):
    rows, columns = np.ogrid[:side, :side]
    row, column = centre or ((side - 1) / 2, (side - 1) / 2)
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


@st.composite
def scenes(draw):
    """(background, content, mask) of any depth, with or without channels, any topology."""
    dtype = draw(st.sampled_from(list(FULL)))
    height, width = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    shape = (height, width, *draw(st.sampled_from([(), (1,), (3,)])))
    seed = draw(st.integers(0, 999))
    if draw(st.booleans()):
        mask = draw(npst.arrays(bool, (height, width)))
    else:
        blobs = ndimage.gaussian_filter(np.random.default_rng(seed).random((height, width)), 2)
        mask = blobs >= np.quantile(blobs, draw(st.floats(0, 1)))
    return noise(shape, dtype, seed), noise(shape, dtype, seed + 1000), mask


@QUICK
@given(scenes(), MODES, st.integers(1, 8), st.integers(0, 5))
def test_outside_the_mask_every_bit_stays_and_inputs_are_not_changed(
    scene, mode, ramp_px, retention_px
):
    copies = [array.copy() for array in scene]
    background, _, mask = scene

    result = blend(*scene, mode=mode, ramp_px=ramp_px, retention_px=retention_px)

    assert result.dtype == background.dtype and result.shape == background.shape
    assert np.array_equal(result[~mask], background[~mask])
    assert np.isfinite(result).all()
    assert all(np.array_equal(one, other) for one, other in zip(scene, copies, strict=True))
    assert not np.shares_memory(result, background)


@QUICK
@given(scenes(), MODES, st.integers(0, 5))
def test_content_equal_to_the_background_changes_nothing(scene, mode, retention_px):
    background, _, mask = scene

    result = blend(background, background, mask, mode=mode, retention_px=retention_px)

    assert np.array_equal(result, background)


@QUICK
@given(scenes(), MODES, st.integers(0, 5))
def test_content_outside_its_mask_is_never_looked_at(scene, mode, retention_px):
    background, content, mask = scene
    other = np.where(mask.reshape(mask.shape + (1,) * (content.ndim - 2)), content, 0)
    if content.dtype == np.float32:
        other[~mask] = np.nan

    first = blend(background, content, mask, mode=mode, retention_px=retention_px)
    second = blend(background, other.astype(content.dtype), mask, mode=mode,
                   retention_px=retention_px)  # fmt: skip

    assert np.array_equal(first, second)


@QUICK
@given(scenes(), MODES, st.integers(-6, 6), st.integers(-6, 6))
def test_a_patch_holds_exactly_what_the_whole_blend_holds(scene, mode, top, left):
    background, content, mask = scene
    height, width = mask.shape
    far = np.zeros((height + 12, width + 12, *content.shape[2:]), dtype=content.dtype)
    far_mask = np.zeros(far.shape[:2], dtype=bool)
    far[6 + top : 6 + top + height, 6 + left : 6 + left + width] = content
    far_mask[6 + top : 6 + top + height, 6 + left : 6 + left + width] = mask
    inner = np.s_[6 : 6 + height, 6 : 6 + width]

    patch, box = blend_patch(background, content, mask, (top, left), mode=mode)
    whole = blend(background, far[inner], far_mask[inner], mode=mode)

    pasted = background.copy()
    pasted[box.slices] = patch
    assert np.array_equal(pasted, whole)
    assert patch.dtype == background.dtype


@QUICK
@given(scenes(), MODES, st.integers(0, 5))
def test_mirrored_and_turned_inputs_give_mirrored_and_turned_results(scene, mode, retention_px):
    result = blend(*scene, mode=mode, retention_px=retention_px)
    turned = blend(
        *(np.swapaxes(array[::-1], 0, 1) for array in scene), mode=mode, retention_px=retention_px
    )

    steps = np.abs(np.swapaxes(turned, 0, 1)[::-1].astype(np.float64) - result)
    assert steps.max(initial=0) <= max(0.001 * FULL[result.dtype.name], result.dtype != np.float32)


@QUICK
@given(scenes(), MODES, st.integers(0, 5))
def test_a_shift_of_both_images_shifts_the_result(scene, mode, retention_px):
    background, content, mask = (
        np.asarray(array / FULL[array.dtype.name], np.float32) if array.dtype != bool else array
        for array in scene
    )

    result = blend(background, content, mask, mode=mode, retention_px=retention_px)
    shifted = blend(background + 0.25, content + 0.25, mask, mode=mode, retention_px=retention_px)

    assert shifted - np.float32(0.25) == pytest.approx(result, abs=1e-5)


@QUICK
@given(scenes())
def test_plain_poisson_does_not_see_a_constant_added_to_a_connected_content(scene):
    background, content, _ = scene
    mask = disk(24, 8)[: background.shape[0], : background.shape[1]]
    if mask.all():
        mask[0, 0] = False
    background, content = (np.asarray(a / FULL[a.dtype.name], np.float32) for a in scene[:2])

    result = blend(background, content, mask, mode="poisson")
    shifted = blend(background, content + np.float32(0.3), mask, mode="poisson")

    assert shifted == pytest.approx(result, abs=2e-4)


@QUICK
@given(scenes(), MODES)
def test_the_order_of_channels_and_the_memory_layout_do_not_matter(scene, mode):
    background, content, mask = scene
    result = blend(*scene, mode=mode)

    fortran = blend(*(np.asfortranarray(array) for array in scene), mode=mode)

    assert np.array_equal(fortran, result)
    if background.ndim == 3:
        swapped = blend(background[..., ::-1], content[..., ::-1], mask, mode=mode)
        steps = np.abs(swapped[..., ::-1].astype(np.float64) - result).max(initial=0)
        assert steps <= (1e-4 if result.dtype == np.float32 else 1)


def loss_and_seam(result, background, content, mask):
    """Mean |out - I_d| where deeper than 8 px (or anywhere), and mean step over the rim."""
    core = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] > 8
    loss = np.abs(result.astype(float) - content)[core if core.any() else mask].mean()
    below = np.abs(np.diff(result.astype(float), axis=0))[mask[1:] != mask[:-1]]
    beside = np.abs(np.diff(result.astype(float), axis=1))[mask[:, 1:] != mask[:, :-1]]
    return loss, np.concatenate([below, beside]).mean()


@pytest.mark.parametrize("dtype", FULL)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_the_readings_keep_what_was_measured_of_them(dtype, channels):
    shape = (120, 120, *channels)
    background, content = flat(shape, dtype, 0.6), flat(shape, dtype, 0.4)
    mask = disk(120, 50)
    gap = float(background.flat[0]) - float(content.flat[0])

    def figures(**choice):
        result = blend(background, content, mask, **choice)
        loss, seam = loss_and_seam(result, background, content, mask)
        return loss / gap, seam / gap

    assert figures(mode="alpha") == pytest.approx((0, 1))
    assert figures(mode="poisson") == pytest.approx((1, 0), abs=0.02)
    kept = [figures(mode="improved", retention_px=k) for k in range(6)]
    losses, seams = zip(*kept, strict=True)
    # BLENDING: 38.9, 11.4 and 0 of 48.7 for a boundary at the rim, at 3 px and at 5 px.
    assert losses[0] == pytest.approx(0.8, abs=0.02)
    assert losses[3] == pytest.approx(0.24, abs=0.04)
    assert losses[5] == 0
    assert all(one > other for one, other in pairwise(losses))
    assert seams == pytest.approx([0.2] * 6, abs=0.01)


def test_a_crack_three_pixels_wide_keeps_its_contrast():
    background, content = np.full((80, 80), 180, np.uint8), np.full((80, 80), 60, np.uint8)
    drawn = np.zeros((80, 80), dtype=np.uint8)
    cv2.polylines(drawn, [np.array([[5, 5], [40, 30], [50, 70]], np.int32)], False, 1, 3)
    crack = drawn.astype(bool)

    result = blend(background, content, crack)

    assert (180 - result[crack]).mean() > 0.8 * 120
    assert result[crack].min() == 60
    plain = blend(background, content, crack, mode="poisson")
    assert (180 - plain[crack]).mean() < 0.05 * 120


def test_poisson_keeps_the_texture_of_the_content_and_the_tone_of_the_background():
    rows, columns = np.indices((64, 64))
    background = (80 + columns).astype(np.uint8)
    stripes = (20 * (rows % 8 < 4)).astype(np.uint8)
    mask = disk(64, 20)

    result = blend(background, stripes, mask, mode="poisson").astype(float)

    steps = np.diff(result, axis=0)[mask[1:] & mask[:-1]]
    wanted = np.diff(stripes.astype(float), axis=0)[mask[1:] & mask[:-1]]
    assert np.abs(steps - wanted).mean() < 1
    assert abs((result - background)[mask].mean()) < 4


def test_a_defect_that_leaves_the_picture_keeps_its_contrast_at_the_border():
    background, content = np.full((60, 60), 200, np.uint8), np.full((60, 60), 80, np.uint8)
    mask = disk(60, 25, centre=(30, 0))

    result = blend(background, content, mask)

    assert np.abs(result[30, :15].astype(int) - result[30, 5]).max() <= 3
    # The whole frame has no rim at all: the content as it is, in every mode.
    everywhere = np.ones_like(mask)
    for mode in ("improved", "poisson", "alpha"):
        assert np.array_equal(blend(background, content, everywhere, mode=mode), content)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_content_in_unit_range_means_the_same_as_in_the_background_depth(dtype):
    background, content = noise((40, 50, 3), dtype, 1), noise((40, 50, 3), dtype, 2)
    mask = disk(50, 18)[:40]

    unit = (content / FULL[dtype]).astype(np.float32)
    steps = blend(background, unit, mask).astype(int) - blend(background, content, mask)

    assert np.abs(steps).max() <= 1


def test_integers_are_clipped_not_wrapped():
    background, content = np.full((40, 40), 250, np.uint8), np.full((40, 40), 100, np.uint8)
    content[18:22, 18:22] = 255
    result = blend(background, content, disk(40, 15), mode="poisson")

    assert result[20, 20] == 255
    assert result.min() > 200


def test_sixteen_bits_are_not_cut_to_eight():
    background = np.full((60, 60), 30_000, np.uint16)
    rows, columns = np.indices((60, 60))
    content = (30_100 + rows * 2 + columns).astype(np.uint16)

    result = blend(background, content, disk(60, 25))

    assert np.unique(result).size > 60
    assert np.abs(result.astype(int) - 30_000).max() < 300


def test_an_empty_or_far_mask_gives_an_empty_patch():
    background, content = np.zeros((20, 20, 3), np.uint8), np.ones((5, 5, 3), np.uint8)

    empty, box = blend_patch(background, content, np.zeros((5, 5), dtype=bool), (3, 3))
    far, far_box = blend_patch(background, content, np.ones((5, 5), dtype=bool), (-50, 90))

    assert box == far_box == Box(0, 0, 0, 0)
    assert empty.shape == far.shape == (0, 0, 3)


def test_a_patch_reads_no_more_of_the_background_than_the_ring_of_its_box():
    background = np.full((60, 60), 0.5, np.float32)
    content, mask = noise((20, 20), "float32", 3), disk(20, 9)
    poisoned = np.full_like(background, np.nan)
    poisoned[19:41, 19:41] = 0.5

    for mode in ("improved", "poisson", "alpha"):
        clean, box = blend_patch(background, content, mask, (20, 20), mode=mode)
        patch, same = blend_patch(poisoned, content, mask, (20, 20), mode=mode)
        assert box == same and np.array_equal(patch, clean)


def test_the_number_of_threads_changes_no_bit():
    background, content = noise((200, 220, 3), "uint16", 1), noise((200, 220, 3), "uint16", 2)
    mask = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(200, 220)), 4) > 0
    threads = cv2.getNumThreads()
    try:
        results = []
        for count in (1, 2, 4):
            cv2.setNumThreads(count)
            results.append(blend(background, content, mask))
    finally:
        cv2.setNumThreads(threads)

    assert np.array_equal(results[0], results[1]) and np.array_equal(results[0], results[2])


GREY = np.zeros((8, 9), np.uint8)
COLOUR = np.zeros((8, 9, 3), np.uint8)
SOME = np.ones((8, 9), dtype=bool)


@pytest.mark.parametrize(
    ("background", "content", "mask", "reason"),
    [
        (GREY, GREY[:4], SOME, "differ"),
        (GREY, GREY, SOME[:4], "differ"),
        (GREY, GREY.astype(np.float64), SOME, "float64 cannot be blended"),
        (GREY.astype(np.int32), GREY.astype(np.int32), SOME, "int32 cannot be blended"),
        (GREY, GREY.astype(np.uint16), SOME, "uint16 cannot be blended"),
        (GREY, GREY, SOME.astype(np.uint8), "a mask uint8"),
        (GREY[None, None], GREY[None, None], SOME[:1, :1], "does not fit a background"),
        (GREY, np.full(GREY.shape, np.nan, np.float32), SOME, "no numbers"),
    ],
)
def test_what_does_not_fit_is_refused(background, content, mask, reason):
    with pytest.raises(ImageError, match=reason):
        blend(background, content, mask)


def test_patches_of_other_shapes_are_refused():
    with pytest.raises(ImageError, match="does not fit a background"):
        blend_patch(COLOUR, GREY, SOME, (0, 0))
    with pytest.raises(ImageError, match="does not fit a content"):
        blend_patch(GREY, GREY, SOME[:3], (0, 0))


@pytest.mark.parametrize("choice", [{"mode": "magic"}, {"ramp_px": 0}, {"retention_px": 6}])
def test_settings_that_do_not_exist_are_refused(choice):
    with pytest.raises(SettingError, match="no blending"):
        blend(GREY, GREY, SOME, **choice)
