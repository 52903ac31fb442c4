import cv2
import numpy as np
import pytest
from scipy import ndimage

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import RefineSettings
from defectstudio.imaging.refinement import refine

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
