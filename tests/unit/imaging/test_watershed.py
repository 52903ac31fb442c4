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
