import cv2
import numpy as np
import pytest
from scipy import ndimage

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import LabelFit, RefineSettings
from defectstudio.imaging.refinement import fit, refine

SHAPE = (60, 80)


def canvas(dtype=np.uint8):
    return np.full((*SHAPE, 3), np.iinfo(dtype).max // 2, dtype)


def changed(mask, dtype=np.uint8, share=0.1):
    image = canvas(dtype)
    image[mask, 1] += np.asarray(round(share * np.iinfo(dtype).max), dtype)
    return image


def square(top=20, left=30, side=16):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_visible_change_in_one_channel_is_the_label(dtype):
    refined = refine(canvas(dtype), changed(square(), dtype), square(), RefineSettings())

    assert np.array_equal(refined, square())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_threshold_is_a_share_of_the_full_range(dtype):
    image = changed(square(), dtype, share=0.05)

    assert refine(canvas(dtype), image, square(), RefineSettings(threshold=0.04)).any()
    assert not refine(canvas(dtype), image, square(), RefineSettings(threshold=0.06)).any()


def test_grey_images_and_darkening_count_alike():
    background = canvas()[..., 0]
    image = np.where(square(), background - 30, background).astype(np.uint8)

    assert np.array_equal(refine(background, image, square(), RefineSettings()), square())


def test_changes_far_from_the_painted_mask_are_not_labeled():
    everywhere = np.ones(SHAPE, dtype=bool)

    refined = refine(canvas(), changed(everywhere), square(), RefineSettings(dilate_px=2))

    rows, columns = np.nonzero(refined)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (18, 37, 28, 47)


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("end", [(50, 30), (30, 12), (10, 55)])
def test_a_thin_crack_stays_whole(width, end):
    drawn = np.zeros(SHAPE, dtype=np.uint8)
    cv2.line(drawn, (70, 8), end, 1, width)
    crack = drawn.astype(bool)

    assert np.array_equal(refine(canvas(), changed(crack), crack, RefineSettings()), crack)
    # The same crack inside a generously painted area.
    generous = ndimage.binary_dilation(crack, iterations=6)
    assert np.array_equal(refine(canvas(), changed(crack), generous, RefineSettings()), crack)


def test_specks_go_gaps_close_and_holes_fill():
    visible = square()
    visible[24:30, 35:41] = False
    visible[20:36, 31] = False
    visible[5, 5:7] = True
    painted = square() | (ndimage.binary_dilation(visible, iterations=2))

    assert np.array_equal(refine(canvas(), changed(visible), painted, RefineSettings()), square())


def test_a_painted_ring_keeps_its_hole():
    ring = square() & ~ndimage.binary_erosion(square(), iterations=5)

    for dilate_px in (0, 2, 9):
        settings = RefineSettings(dilate_px=dilate_px)
        assert np.array_equal(refine(canvas(), changed(ring), ring, settings), ring)


def test_a_tiny_defect_is_no_speck():
    dot = np.zeros(SHAPE, dtype=bool)
    dot[10, 10:12] = True

    assert np.array_equal(refine(canvas(), changed(dot), dot, RefineSettings()), dot)


def test_nothing_visible_gives_an_empty_label():
    assert not refine(canvas(), canvas(), square(), RefineSettings(threshold=0)).any()
    nothing = np.zeros(SHAPE, dtype=bool)
    assert not refine(canvas(), changed(square()), nothing, RefineSettings()).any()


@pytest.mark.parametrize(
    ("image", "painted", "reason"),
    [
        (canvas()[:9], square(), "cannot be compared"),
        (canvas(np.uint16), square(), "cannot be compared"),
        (canvas(), square()[:9], "does not fit"),
        (canvas(), square().astype(np.uint8), "does not fit"),
    ],
)
def test_what_does_not_fit_is_refused(image, painted, reason):
    with pytest.raises(ImageError, match=reason):
        refine(canvas(), image, painted, RefineSettings())


def test_float_images_are_refused():
    image = np.zeros(SHAPE, np.float32)
    with pytest.raises(ImageError, match="cannot be compared"):
        refine(image, image, square(), RefineSettings())


# --- noise


def noisy_canvas(sigma, dtype=np.uint8, seed=0):
    full = np.iinfo(dtype).max
    noise = np.random.default_rng(seed).normal(0, sigma, (*SHAPE, 3))
    return np.clip(np.rint(full / 2 + noise * full / 255), 0, full).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_noise_is_no_change(dtype):
    full = np.iinfo(dtype).max
    painted = square(5, 5, 50)
    sigma = 6 * full / 255
    image = np.where(painted[..., None], canvas(dtype), noisy_canvas(6, dtype))

    without = refine(noisy_canvas(6, dtype), image, painted, RefineSettings())
    label = refine(noisy_canvas(6, dtype), image, painted, RefineSettings(), sigma)

    assert without.sum() > 0.9 * painted.sum()
    assert label.sum() < 0.02 * painted.sum()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("sigma", [2, 5, 10])
def test_noise_makes_no_holes_and_no_specks(sigma, dtype):
    full = np.iinfo(dtype).max
    painted, defect = square(5, 5, 50), square(20, 20, 24)
    image = noisy_canvas(0, dtype)
    image[defect] -= np.asarray(round(6 * sigma * full / 255), dtype)
    image[~painted] = noisy_canvas(sigma, dtype)[~painted]

    noise = np.full(3, sigma * full / 255)
    label = refine(noisy_canvas(sigma, dtype), image, painted, RefineSettings(), noise)

    assert fit(label, defect).iou > 0.95
    assert ndimage.label(label)[1] == 1 and ndimage.label(~label)[1] == 1


def test_a_thin_crack_in_noise_stays_whole():
    drawn = np.zeros(SHAPE, dtype=np.uint8)
    cv2.line(drawn, (70, 8), (10, 55), 1, 1)
    crack = drawn.astype(bool)
    painted = ndimage.binary_dilation(crack, iterations=4)
    image = np.where(painted[..., None], canvas(), noisy_canvas(4))
    image[crack] -= 24

    label = refine(noisy_canvas(4), image, painted, RefineSettings(), 4.0)

    assert (label & crack).sum() > 0.97 * crack.sum()
    assert (label & ~crack).sum() < 0.2 * crack.sum()


def test_each_channel_has_its_own_noise():
    image = canvas()
    image[square(), 0] += 20
    image[square(20, 5), 2] += 20

    label = refine(
        canvas(), image, square() | square(20, 5), RefineSettings(), np.array([9.0, 9.0, 2.0])
    )

    assert np.array_equal(label, square(20, 5))


def test_the_threshold_rules_where_there_is_less_noise():
    image = changed(square(), share=0.05)

    assert refine(canvas(), image, square(), RefineSettings(threshold=0.04), 3.0).any()
    assert not refine(canvas(), image, square(), RefineSettings(threshold=0.04), 5.0).any()
    assert not refine(canvas(), image, square(), RefineSettings(threshold=0.06), 3.0).any()


# --- the fit of a label


def test_a_label_like_its_mask_fits():
    assert fit(square(), square()) == LabelFit(1.0, 0.0, 0, 0.0, 0.0)


def test_a_smaller_label_is_told_in_pixels():
    found = fit(square(22, 32, 12), square())

    assert (found.iou, found.unlabeled, found.outside) == (0.5625, 0.4375, 0)
    assert found.max_px == pytest.approx(8**0.5, abs=0.001)
    assert 2 <= found.mean_px < 2.1


def test_the_distance_is_that_of_scikit_image():
    from skimage.metrics import hausdorff_distance

    one, other = square(10, 20, 20), square(14, 30, 25)
    outlines = [mask & ~ndimage.binary_erosion(mask) for mask in (one, other)]

    assert fit(one, other).max_px == pytest.approx(hausdorff_distance(*outlines), abs=0.001)
    assert fit(one, other).outside == int((one & ~other).sum())
    assert fit(one, other).mean_px == fit(other, one).mean_px


def test_an_empty_label_has_no_outline():
    nothing = np.zeros(SHAPE, dtype=bool)

    assert fit(nothing, square()) == LabelFit(0.0, 1.0, 0, None, None)
    assert fit(square(), nothing) == LabelFit(0.0, 0.0, 256, None, None)
    assert fit(nothing, nothing) == LabelFit(1.0, 0.0, 0, None, None)


@pytest.mark.parametrize("own_noise", [0.0, 1.0])
def test_content_like_its_surface_gets_next_to_no_label_from_noise(own_noise):
    rows, columns = np.ogrid[:120, :120]
    painted = (rows - 60) ** 2 + (columns - 60) ** 2 < 45**2
    rng, shares = np.random.default_rng(4), []
    for sigma in (2.0, 6.0, 12.0):
        surface = np.clip(128 + rng.normal(0, sigma, (120, 120, 3)), 0, 255).astype(np.uint8)
        content = np.clip(128 + rng.normal(0, own_noise * sigma, surface.shape), 0, 255)
        blended = np.where(painted[..., None], content.astype(np.uint8), surface)
        label = refine(surface, blended, painted, RefineSettings(), noise=sigma)
        shares.append(label.sum() / painted.sum())

    assert max(shares) < 0.003 if own_noise else max(shares) == 0
