import numpy as np
import pytest

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import BlendSettings, GrainSettings, LabelFit, RefineSettings
from defectstudio.imaging.blending import blend
from defectstudio.imaging.compose import PlacedContent, compose

PASTE = BlendSettings(mode="alpha")
PLAIN = GrainSettings(strength=0)


def background(*shape, dtype=np.uint8):
    return np.random.default_rng(0).integers(97, 104, shape).astype(dtype)


def disk(side):
    rows, columns = np.ogrid[:side, :side]
    return (rows - (side - 1) / 2) ** 2 + (columns - (side - 1) / 2) ** 2 < (side / 2) ** 2


def dark(side, class_id=1, top=10, left=12, level=0.05, channels=(3,), seed=0):
    pixels = np.full((side, side, *channels), level, np.float32)
    return PlacedContent(class_id, pixels, disk(side), top, left, seed)


def test_image_label_and_painted_mask_of_one_defect():
    normal = background(60, 70, 3)
    before = normal.copy()

    made = compose(normal, [dark(20, class_id=7)], BlendSettings(), PLAIN, RefineSettings())

    placed = np.zeros((60, 70), dtype=bool)
    placed[10:30, 12:32] = disk(20)
    pixels = np.full((60, 70, 3), 0.05, np.float32)
    assert np.array_equal(made.image, blend(normal, pixels, placed))
    assert np.array_equal(made.painted, 7 * placed)
    assert np.array_equal(made.label, 7 * placed)
    assert np.array_equal(normal, before)
    assert made.image.dtype == normal.dtype and made.label.dtype == np.uint8


def test_no_defect_is_a_copy_with_empty_planes():
    normal = background(10, 12)

    made = compose(normal, [], BlendSettings(), PLAIN, RefineSettings())

    assert np.array_equal(made.image, normal) and not np.shares_memory(made.image, normal)
    assert not made.label.any() and not made.painted.any()


def test_colour_on_grey_is_luminance_and_grey_on_colour_is_repeated():
    red = np.zeros((8, 8, 3), np.float32)
    red[..., 0] = 1
    whole = np.ones((8, 8), dtype=bool)
    grey = np.full((8, 8), 0.5, np.float32)

    on_grey = compose(
        background(20, 20), [PlacedContent(1, red, whole, 4, 4, 0)], PASTE, PLAIN, RefineSettings()
    )
    on_colour = compose(
        background(20, 20, 3),
        [PlacedContent(1, grey, whole, 4, 4, 0)],
        PASTE,
        PLAIN,
        RefineSettings(),
    )
    one_plane = compose(
        background(20, 20, 3), [PlacedContent(1, grey[..., None], whole, 4, 4, 0)], PASTE,
        PLAIN, RefineSettings(),
    )  # fmt: skip

    assert np.all(on_grey.image[4:12, 4:12] == round(0.299 * 255))
    assert np.all(on_colour.image[4:12, 4:12] == 128)
    assert np.array_equal(one_plane.image, on_colour.image)


def test_later_defects_lie_over_earlier_ones():
    first = dark(20, class_id=1, top=10, left=10)
    second = dark(20, class_id=2, top=20, left=20, level=0.8)

    made = compose(background(60, 60, 3), [first, second], PASTE, PLAIN, RefineSettings())

    over = np.zeros((60, 60), dtype=bool)
    over[20:40, 20:40] = disk(20)
    under = np.zeros((60, 60), dtype=bool)
    under[10:30, 10:30] = disk(20)
    assert np.all(made.label[over] == 2) and np.all(made.label[under & ~over] == 1)
    assert np.array_equal(made.painted, made.label)
    assert np.all(made.image[over] == 204)


def test_a_later_content_that_looks_like_the_background_clears_the_label():
    normal = np.full((60, 60), 100, np.uint8)
    whole = np.ones((20, 20), dtype=bool)
    first = PlacedContent(1, np.zeros((20, 20), np.float32), whole, 10, 10, 0)
    second = PlacedContent(2, np.full((20, 20), 100 / 255, np.float32), whole, 10, 20, 0)

    made = compose(normal, [first, second], PASTE, PLAIN, RefineSettings())

    assert np.array_equal(np.unique(made.label), [0, 1])
    assert np.all(made.label[10:30, 10:20] == 1) and not made.label[:, 20:].any()
    assert np.all(made.painted[10:30, 20:40] == 2)


def test_content_that_shows_nothing_has_an_empty_label_and_keeps_its_painted_mask():
    normal = np.full((40, 40), 100, np.uint8)
    same = PlacedContent(3, np.full((9, 9), 100 / 255, np.float32), disk(9), 5, 5, 0)

    made = compose(normal, [same], BlendSettings(), PLAIN, RefineSettings())

    assert not made.label.any() and made.painted.any()


@pytest.mark.parametrize(("top", "left"), [(-8, -3), (50, 60), (-20, 5), (500, -500)])
def test_contents_may_hang_over_the_border_or_lie_beyond_it(top, left):
    normal = background(60, 70, 3)

    made = compose(normal, [dark(20, top=top, left=left)], BlendSettings(), PLAIN, RefineSettings())

    placed = np.zeros((160, 170), dtype=bool)
    if abs(top) < 100:
        placed[50 + top : 70 + top, 50 + left : 70 + left] = disk(20)
    assert np.array_equal(made.painted == 1, placed[50:110, 50:120])
    assert np.array_equal(made.image[made.painted == 0], normal[made.painted == 0])


def test_every_visible_pixel_is_labeled_and_no_label_leaves_the_raw_mask():
    normal = background(60, 60)
    raw = np.random.default_rng(1).random((30, 30)) < 0.8
    content = PlacedContent(4, np.zeros((30, 30), np.float32), raw, 10, 10, 0)

    made = compose(normal, [content], PASTE, PLAIN, RefineSettings(dilate_px=3))

    assert np.array_equal(made.label == 4, made.image != normal)
    assert np.array_equal(made.painted[10:40, 10:40] == 4, raw)


def test_sixteen_bit_backgrounds_stay_sixteen_bit():
    normal = background(40, 40, dtype=np.uint16) * np.uint16(300)

    made = compose(normal, [dark(15, channels=())], BlendSettings(), PLAIN, RefineSettings())

    assert made.image.dtype == np.uint16
    assert np.array_equal(made.image[made.painted == 0], normal[made.painted == 0])
    assert (made.label == 1).sum() == disk(15).sum()


@pytest.mark.parametrize("class_id", [0, 255])
def test_impossible_class_ids_are_refused(class_id):
    with pytest.raises(ImageError, match="no class id"):
        compose(
            background(40, 40, 3), [dark(9, class_id)], BlendSettings(), PLAIN, RefineSettings()
        )


# --- grain


def smooth_disk(seed=0, top=20, left=20):
    return PlacedContent(1, np.full((60, 60), 0.2, np.float32), disk(60), top, left, seed)


def grainy(dtype=np.uint8):
    values = np.random.default_rng(4).normal(120, 6, (100, 110))
    return np.rint(values * (np.iinfo(dtype).max / 255)).astype(dtype)


def roughness(image):
    return np.diff(image[30:70, 30:70].astype(float)).std()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_defect_is_as_noisy_as_its_background(dtype):
    normal = grainy(dtype)

    made = compose(normal, [smooth_disk()], BlendSettings(), GrainSettings(), RefineSettings())
    plain = compose(normal, [smooth_disk()], BlendSettings(), PLAIN, RefineSettings())

    assert roughness(plain.image) < 0.5 * roughness(normal)
    assert roughness(made.image) == pytest.approx(roughness(normal), rel=0.1)
    assert np.array_equal(made.image[made.painted == 0], normal[made.painted == 0])


def test_the_label_does_not_depend_on_the_grain():
    made, plain = (
        compose(grainy(), [smooth_disk()], BlendSettings(), grain, RefineSettings())
        for grain in (GrainSettings(), PLAIN)
    )

    assert np.array_equal(made.label, plain.label) and made.fits == plain.fits
    assert made.fits[0].iou > 0.9


def test_the_grain_is_the_defects_own():
    def image(*contents):
        return compose(grainy(), contents, BlendSettings(), GrainSettings(), RefineSettings()).image

    assert np.array_equal(image(smooth_disk(5)), image(smooth_disk(5)))
    assert not np.array_equal(image(smooth_disk(5)), image(smooth_disk(6)))
    # The same style twice is no copy of the grain.
    apart = [PlacedContent(1, np.full((30, 30), 0.2, np.float32), disk(30), 20, x, 5)
             for x in (10, 60)]  # fmt: skip
    twice = image(*apart)
    assert not np.array_equal(twice[30:40, 20:30], twice[30:40, 70:80])


def test_every_defect_has_its_fit():
    normal = np.full((60, 60), 100, np.uint8)
    whole = np.ones((20, 20), dtype=bool)
    half = np.full((20, 20), 100 / 255, np.float32)
    half[:, :10] = 0
    contents = [
        PlacedContent(1, np.zeros((20, 20), np.float32), whole, 2, 2, 0),
        PlacedContent(2, half, whole, 30, 30, 0),
        PlacedContent(3, half, whole, 500, 30, 0),
    ]

    made = compose(normal, contents, PASTE, GrainSettings(), RefineSettings())

    assert made.fits == (
        LabelFit(1.0, 0.0, 0, 0.0, 0.0),
        LabelFit(0.5, 0.5, 0, made.fits[1].mean_px, 10.0),
        LabelFit(1.0, 0.0, 0, None, None),
    )
    assert 2 < made.fits[1].mean_px < 5
    assert np.all(made.label[30:50, 30:40] == 2)
