import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.exposure import match_histograms

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.histogram import match

TYPES = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def image(shape, dtype, centre=0.4, seed=0):
    values = np.clip(np.random.default_rng(seed).normal(centre, 0.12, shape), 0, 1) * TYPES[dtype]
    return values.astype(dtype) if dtype is np.float32 else np.rint(values).astype(dtype)


def whole(of):
    return np.ones(of.shape[:2], dtype=bool)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_on_full_masks_it_is_the_matching_of_scikit_image(dtype, channels):
    source = image((80, 90, *channels), dtype)
    reference = image((120, 100, *channels), dtype, centre=0.6, seed=1)

    found = match(source, whole(source), reference, whole(reference))

    axis = -1 if channels else None
    theirs = match_histograms(source.astype(float), reference.astype(float), channel_axis=axis)
    step = TYPES[dtype] / 255
    assert found.dtype == dtype and found.shape == source.shape
    apart = np.abs(found - theirs)
    # They take a value's upper quantile, we its mean: a difference of one rank, seen at the tails.
    assert np.mean(apart) < 0.6 * step and np.quantile(apart, 0.99) < 1.5 * step


@pytest.mark.parametrize("dtype", TYPES)
def test_only_masked_pixels_change_and_the_inputs_do_not(dtype):
    source, reference = image((40, 50, 3), dtype), image((30, 20, 3), dtype, 0.8, 1)
    mask = np.random.default_rng(2).random((40, 50)) < 0.3
    before = source.copy(), reference.copy()

    found = match(source, mask, reference, whole(reference))

    assert np.array_equal(found[~mask], source[~mask])
    assert (found[mask] != source[mask]).mean() > 0.9
    assert np.array_equal(source, before[0]) and np.array_equal(reference, before[1])


def test_the_reference_outside_its_mask_does_not_count():
    source, reference = image((40, 50), np.uint8), image((30, 20), np.uint8, 0.7, 1)
    mask = np.zeros((30, 20), dtype=bool)
    mask[5:15] = True
    other = np.where(mask, reference, 0).astype(np.uint8)

    found = [match(source, whole(source), one, mask) for one in (reference, other)]

    assert np.array_equal(*found)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 200), dtype=st.sampled_from([*TYPES]))
def test_values_without_ties_take_the_reference_exactly(seed, size, dtype):
    rng = np.random.default_rng(seed)
    source = rng.permutation(size).astype(dtype).reshape(1, size)
    if dtype is np.float32:
        source /= 200
    reference = (rng.random((size, 1)) * TYPES[dtype]).astype(dtype)

    found = match(source, whole(source), reference, whole(reference))

    assert np.array_equal(np.sort(found.ravel()), np.sort(reference.ravel()))
    order = np.argsort(source.ravel())
    assert np.all(np.diff(found.ravel()[order].astype(float)) >= 0)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shapes=st.tuples(*[st.tuples(st.integers(1, 12), st.integers(1, 12))] * 2),
    levels=st.integers(1, 256),
    dtype=st.sampled_from([*TYPES]),
)
def test_mean_order_and_range_hold_for_any_ties(seed, shapes, levels, dtype):
    rng = np.random.default_rng(seed)
    source, reference = (
        (rng.integers(0, levels, shape) / 256 * TYPES[dtype]).astype(dtype) for shape in shapes
    )

    found = match(source, whole(source), reference, whole(reference))

    rounding = 0.5 if dtype is not np.float32 else 1e-6
    assert abs(found.mean(dtype=float) - reference.mean(dtype=float)) <= rounding
    assert reference.min() <= found.min() and found.max() <= reference.max()
    pairs = np.unique(np.stack([source.ravel(), found.ravel()]), axis=1)
    assert len(np.unique(pairs[0])) == pairs.shape[1]  # equal values stay equal
    assert np.all(np.diff(pairs[1].astype(float)) >= 0)


@pytest.mark.parametrize("dtype", TYPES)
def test_an_image_matched_to_itself_is_unchanged(dtype):
    source = image((40, 50, 3), dtype)
    mask = np.random.default_rng(3).random((40, 50)) < 0.5

    assert np.array_equal(match(source, mask, source, mask), source)


def test_one_pixel_on_either_side():
    source, reference = image((20, 20), np.uint8), image((9, 9), np.uint8, 0.8, 1)
    mine, theirs = np.zeros((20, 20), dtype=bool), np.zeros((9, 9), dtype=bool)
    mine[3, 4] = theirs[5, 6] = True

    assert match(source, mine, reference, whole(reference))[3, 4] == round(reference.mean())
    assert np.all(match(source, whole(source), reference, theirs) == reference[5, 6])
    assert match(source, mine, reference, theirs)[3, 4] == reference[5, 6]


@pytest.mark.parametrize("depth", TYPES)
@pytest.mark.parametrize("dtype", TYPES)
def test_depths_meet_at_their_full_range(dtype, depth):
    source, reference = image((40, 50), dtype), image((30, 20), depth, 0.7, 1)

    found = match(source, whole(source), reference, whole(reference))

    assert found.dtype == dtype
    mean = found.mean(dtype=float) / TYPES[dtype]
    assert mean == pytest.approx(reference.mean(dtype=float) / TYPES[depth], abs=0.002)


GREY, COLOUR = image((8, 9), np.uint8), image((8, 9, 3), np.uint8)
MASK = np.ones((8, 9), dtype=bool)


@pytest.mark.parametrize(
    ("source", "source_mask", "reference", "reference_mask", "reason"),
    [
        (GREY, MASK, COLOUR, MASK, "3 channels does not fit a source of 1"),
        (COLOUR, MASK, GREY, MASK, "1 channels does not fit a source of 3"),
        (GREY, ~MASK, GREY, MASK, "mask of the source is empty"),
        (GREY, MASK, GREY, ~MASK, "mask of the reference is empty"),
        (GREY, MASK[:7], GREY, MASK, "does not fit the source"),
        (GREY, MASK, GREY, GREY, "does not fit the reference"),
        (GREY.astype(np.int32), MASK, GREY, MASK, "the source is int32"),
        (GREY, MASK, GREY[0], MASK, "the reference is uint8"),
        (np.full((8, 9), np.nan, np.float32), MASK, GREY, MASK, "no numbers"),
    ],
)
def test_what_does_not_fit_is_refused(source, source_mask, reference, reference_mask, reason):
    with pytest.raises(ImageError, match=reason):
        match(source, source_mask, reference, reference_mask)
