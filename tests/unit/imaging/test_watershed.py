import numpy as np
import pytest
from scipy import ndimage

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.watershed import raw_mask


def blob(shape=(64, 80), centre=(30, 40), radii=(14, 22)):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    row, column = (rows - centre[0]) / radii[0], (columns - centre[1]) / radii[1]
    return row**2 + column**2 < 1


def painted(mask, inside, key, noise=0.01, blur=0.7):
    """Content as a generator leaves it: soft rims and a slightly noisy key colour."""
    inside, key = np.broadcast_to(inside, 3), np.broadcast_to(key, 3)
    rng = np.random.default_rng(0)
    clean = np.where(mask[..., None], inside, key) + rng.normal(0, noise, (*mask.shape, 3))
    return np.clip(ndimage.gaussian_filter(clean, (blur, blur, 0)), 0, 1).astype(np.float32)


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize(
    ("inside", "key"),
    [
        (0.8, 0.0),
        (0.2, 0.0),
        (0.1, 1.0),
        ((0.5, 0.1, 0.1), 0.0),
        (0.05, 0.5),
        ((0.1, 0.9, 0.1), (0.0, 1.0, 0.0)),
    ],
)
def test_the_mask_of_a_defect_on_any_key_colour(inside, key):
    found = raw_mask(painted(blob(), inside, key), key=key)

    assert overlap(found, blob()) > 0.93


def test_dark_and_bright_parts_on_a_grey_key_both_count():
    dark, bright = blob(centre=(30, 20), radii=(12, 9)), blob(centre=(30, 58), radii=(12, 9))
    content = painted(dark, 0.1, 0.5) + painted(bright, 0.9, 0.5) - 0.5

    assert overlap(raw_mask(content, key=0.5), dark | bright) > 0.9


def test_alpha_decides_where_the_defect_has_the_key_colour():
    mask = blob()
    alpha = ndimage.gaussian_filter(mask.astype(np.float32), 1.0)
    black = np.zeros((*mask.shape, 3), np.float32)

    assert not raw_mask(black).any()
    assert overlap(raw_mask(black, alpha), mask) > 0.95


def test_a_thin_crack_is_found_whole():
    rows, columns = np.indices((64, 80))
    crack = np.abs(rows - 32 - 10 * np.sin(columns / 9)) < 1.2

    found = raw_mask(painted(crack, 0.7, 0.0, blur=0.3))

    assert (found & crack).sum() > 0.95 * crack.sum()
    assert found.sum() < 2 * crack.sum()


def test_grey_contents_are_read_alike():
    content = painted(blob(), 0.6, 0.0)[..., 0]

    assert overlap(raw_mask(content), blob()) > 0.93


def test_no_defect_is_an_empty_mask_and_a_full_one_is_full():
    faint = np.full((20, 20), 0.05, np.float32)
    faint[0] = 0

    assert not raw_mask(np.zeros((20, 20), np.float32)).any()
    assert not raw_mask(faint).any()
    assert raw_mask(np.full((20, 20), 0.5, np.float32)).all()


def test_holes_stay_holes():
    ring = blob(radii=(26, 34)) & ~blob(radii=(12, 16))

    assert overlap(raw_mask(painted(ring, 0.5, 0.0)), ring) > 0.93


def test_a_faint_defect_counts_beside_a_strong_one():
    strong, faint = blob(centre=(20, 20), radii=(12, 12)), blob(centre=(42, 58), radii=(12, 16))
    content = painted(strong, 0.9, 0.0) + painted(faint, 0.25, 0.0)

    assert overlap(raw_mask(np.clip(content, 0, 1)), strong | faint) > 0.93


def test_a_faint_alpha_is_doubt_and_not_defect():
    strong, doubt = blob(centre=(20, 20), radii=(12, 12)), blob(centre=(42, 58), radii=(12, 16))
    alpha = (0.9 * strong + 0.3 * doubt).astype(np.float32)

    assert overlap(raw_mask(np.zeros_like(alpha), alpha), strong) > 0.95
    assert overlap(raw_mask(np.zeros_like(alpha), np.float32(0.3) * doubt), doubt) > 0.95


@pytest.mark.parametrize("inside", [0.2, 0.8])
def test_every_part_is_found_and_they_stay_apart(inside):
    parts = [
        blob(centre=(12, 12), radii=(8, 8)),
        blob(centre=(45, 20), radii=(10, 6)),
        blob(centre=(30, 60), radii=(20, 10)),
    ]

    found = raw_mask(painted(np.any(parts, axis=0), inside, 0.0))

    assert overlap(found, np.any(parts, axis=0)) > 0.95
    assert ndimage.label(found)[1] == len(parts)


@pytest.mark.parametrize(("inside", "key"), [(0.8, 0.0), (0.1, 1.0), (0.05, 0.5), (0.9, 0.5)])
@pytest.mark.parametrize("noise", [0.02, 0.05])
def test_a_noisy_key_is_no_defect(noise, inside, key):
    found = raw_mask(painted(blob(), inside, key, noise=noise, blur=0.0), key=key)

    assert overlap(found, blob()) > 0.97
    assert ndimage.label(found, np.ones((3, 3)))[1] == 1


CRACKS = {
    "diagonal": lambda rows, columns: rows == columns,
    "row": lambda rows, columns: rows == 20,
    "border": lambda rows, columns: rows == 0,
    "wave": lambda rows, columns: np.rint(32 + 10 * np.sin(columns / 9)) == rows,
}


@pytest.mark.parametrize("name", CRACKS)
@pytest.mark.parametrize("inside", [0.2, 0.7])
def test_a_crack_of_one_pixel_is_found_exactly(name, inside):
    crack = CRACKS[name](*np.indices((64, 80)))

    assert np.array_equal(raw_mask(painted(crack, inside, 0.0, noise=0.0, blur=0.01)), crack)
    assert np.array_equal(raw_mask(painted(crack, inside, 1.0, noise=0.0, blur=0.01), key=1), crack)
    noisy = raw_mask(painted(crack, inside, 0.0, noise=0.02, blur=0.01))
    assert noisy[crack].all() and noisy.sum() < 1.2 * crack.sum()
    alpha = crack.astype(np.float32)
    assert np.array_equal(raw_mask(np.zeros_like(alpha), alpha), crack)


@pytest.mark.parametrize("side", [1, 2, 3, 8])
@pytest.mark.parametrize("where", [np.s_[:1, :1], np.s_[:, :], np.s_[:2], np.s_[-1:]])
def test_tiny_canvases(side, where):
    mask = np.zeros((side, side), dtype=bool)
    mask[where] = True

    assert np.array_equal(raw_mask(painted(mask, 0.7, 0.0, blur=0.01)), mask)
    assert np.array_equal(raw_mask(painted(mask, 0.2, 1.0, blur=0.01), key=1.0), mask)
    assert np.array_equal(raw_mask(np.zeros(mask.shape, np.float32), mask.astype(np.float32)), mask)


@pytest.mark.parametrize("centre", [(0, 40), (63, 79), (30, -4)])
@pytest.mark.parametrize(("inside", "key"), [(0.7, 0.0), (0.2, 1.0)])
def test_a_defect_may_touch_the_border(centre, inside, key):
    mask = blob(centre=centre, radii=(20, 24))

    assert overlap(raw_mask(painted(mask, inside, key), key=key), mask) > 0.95


def test_the_content_is_not_changed():
    content = painted(blob(), 0.5, 0.0)
    before = content.copy()

    raw_mask(content)

    assert np.array_equal(content, before)


def test_what_does_not_fit_is_refused():
    content = np.zeros((8, 9, 3), np.float32)
    with pytest.raises(ImageError, match="alpha"):
        raw_mask(content, np.zeros((8, 8), np.float32))
    with pytest.raises(ImageError, match="key colour"):
        raw_mask(content, key=(0.0, 1.0))
    with pytest.raises(ImageError, match="key colour"):
        raw_mask(content[0, 0])
