"""The compiled core against its fallback, and that against a direct solve."""

import cv2
import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from defectstudio.domain.recipe import BlendSettings
from defectstudio.imaging import blending
from defectstudio.imaging.kernel import compiled, fallback, loading
from defectstudio.imaging.kernel.job import Job

QUICK = settings(max_examples=120, deadline=None, derandomize=True)
FULL = {np.uint8: 255, np.uint16: 65535, np.float32: 1.0}
needs_core = pytest.mark.skipif(
    loading.library() is None, reason="no compiled core: " + loading.status().found
)


def random(shape, dtype, seed):
    return (np.random.default_rng(seed).random(shape) * FULL[dtype]).astype(dtype)


@st.composite
def jobs(draw, most=60):
    """A blend of any depth, channels, topology and settings, with any sides at the border."""
    dtype = draw(st.sampled_from(list(FULL)))
    height, width = draw(st.integers(1, most)), draw(st.integers(1, most))
    seed, channels = draw(st.integers(0, 999)), draw(st.integers(1, 4))
    rng = np.random.default_rng(seed)
    kind = draw(st.sampled_from(["blobs", "noise", "any", "holes"]))
    if kind == "any":
        mask = draw(npst.arrays(bool, (height, width)))
    elif kind == "noise":
        mask = rng.random((height, width)) < draw(st.floats(0, 1))
    else:
        smooth = ndimage.gaussian_filter(rng.random((height, width)), draw(st.floats(0.5, 8)))
        mask = smooth >= np.quantile(smooth, draw(st.floats(0, 1)) if kind == "blobs" else 0.02)
    mask[rng.integers(height), rng.integers(width)] = True
    shape = (height, width, channels)
    content = np.float32 if draw(st.booleans()) else dtype
    background = random(shape, dtype, seed)
    chosen = BlendSettings(
        draw(st.sampled_from(["improved", "poisson", "alpha"])),
        draw(st.integers(1, 12)),
        draw(st.integers(0, 5)),
    )
    sides = tuple(draw(st.integers(0, 1)) for _ in range(4))
    return Job(background, random(shape, content, seed + 1), mask, background.copy(), sides, chosen)


def made_by(run, job):
    own = Job(job.background, job.content, job.mask, job.background.copy(), job.sides, job.settings)
    assert run(own)
    return own.out


def core(job):
    return compiled.run(loading.library(), [job], 1)[0]


def levels_apart(job):
    """Between the core's picture and the fallback's, in grey levels of 255."""
    apart = np.abs(made_by(core, job).astype(float) - made_by(fallback.run, job)).max()
    return apart * 255 / job.full


def core_offset(job):
    found = np.zeros(job.content.shape, np.float32)
    assert compiled.run(loading.library(), [job], 1, [found]) == [True]
    return found


@needs_core
@QUICK
@given(jobs())
def test_the_core_and_its_fallback_are_nowhere_more_than_a_grey_level_apart(job):
    assert levels_apart(job) <= 1


@needs_core
@pytest.mark.parametrize("mode", ["improved", "alpha"])
@pytest.mark.parametrize("dtype", list(FULL))
def test_where_nothing_is_solved_they_give_the_same_bits(dtype, mode):
    mask = np.random.default_rng(0).random((50, 60)) < 0.5
    background, content = random((50, 60, 3), dtype, 1), random((50, 60, 3), dtype, 2)

    job = Job(background, content, mask, background.copy(), (1, 1, 1, 1), BlendSettings(mode))

    assert levels_apart(job) == 0


@needs_core
@pytest.mark.parametrize("ramp_px", [1, 6, 20, 32])
@pytest.mark.parametrize("dtype", list(FULL))
def test_they_agree_far_inside_large_masks(dtype, ramp_px):
    rows, columns = np.ogrid[:340, :420]
    mask = ((rows - 170) / 165) ** 2 + ((columns - 210) / 205) ** 2 < 1
    mask &= ~((rows - 150) ** 2 + (columns - 90) ** 2 < 900)
    background = random((340, 420, 3), dtype, 1)
    content = ndimage.gaussian_filter(random((340, 420, 3), dtype, 2), (9, 9, 0))
    for mode in ("improved", "poisson"):
        job = Job(background, content, mask, background.copy(), (1, 1, 1, 0),
                  BlendSettings(mode, ramp_px, 2))  # fmt: skip
        assert levels_apart(job) <= 1


@pytest.mark.parametrize("mode", ["improved", "poisson"])
def test_the_fallback_gives_the_same_bits_wherever_its_arrays_lie_and_however_many_threads(mode):
    mask = ndimage.gaussian_filter(np.random.default_rng(3).random((90, 71)), 3) > 0.5
    scene = random((90, 71, 3), np.float32, 1), random((90, 71, 3), np.float32, 2)
    threads, found = cv2.getNumThreads(), []
    try:
        for number, gap in enumerate((0, 1, 3, 8)):
            cv2.setNumThreads(1 + number)
            room = np.zeros((2, scene[0].size + gap), np.float32)[:, gap:]
            moved = [row.reshape(90, 71, 3) for row in room]
            for own, image in zip(moved, scene, strict=True):
                own[...] = image
            job = Job(*moved, mask, moved[0].copy(), (1, 1, 1, 1), BlendSettings(mode))
            found.append(made_by(fallback.run, job))
    finally:
        cv2.setNumThreads(threads)

    assert all(np.array_equal(found[0], other) for other in found[1:])


@needs_core
def test_the_number_of_threads_and_of_jobs_changes_no_bit():
    rng = np.random.default_rng(3)
    scenes = []
    for seed in range(12):
        smooth = ndimage.gaussian_filter(rng.random((90, 70)), 4)
        mask = smooth > np.median(smooth)
        scenes.append(
            (random((90, 70, 3), np.uint8, seed), random((90, 70, 3), np.uint8, 50 + seed), mask)
        )
    chosen = BlendSettings()

    alone = [blending.blend(*scene) for scene in scenes]

    for threads in (1, 2, 5):
        together = blending.blend_many(scenes, chosen, threads=threads)
        assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def direct(job):
    """Laplace(e) = 0 in the mask by a sparse direct solve in float64 (n, c), mode poisson."""
    rows = np.nonzero(job.mask)[0]
    number = np.full(np.add(job.mask.shape, 2), -1)
    number[1:-1, 1:-1][job.mask] = np.arange(len(rows))
    gap = job.background.astype(float) - job.content.astype(float) * job.scale
    padded, inside = np.pad(gap, ((1, 1), (1, 1), (0, 0))), np.pad(job.mask, 1)
    padded[~inside] = 0

    def neighbours(plane):
        wide = np.pad(plane, ((1, 1), (1, 1)) + ((0, 0),) * (plane.ndim - 2))
        return wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]

    image = np.ones_like(inside)
    image[[0, -1]] &= np.array(job.sides[:2], bool)[:, None]
    image[:, [0, -1]] &= np.array(job.sides[2:], bool)
    count = neighbours(inside.astype(float))
    ring = np.where((~inside & image)[..., None], neighbours(padded), 0)
    ring /= np.maximum(count, 1)[..., None]
    load = neighbours(ring)[inside]
    degree = neighbours((image | inside).astype(float))[inside]
    here, there = [], []
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        other = np.roll(number, step, axis)[1:-1, 1:-1][job.mask]
        here.append(np.flatnonzero(other >= 0))
        there.append(other[other >= 0])
    here, there = np.concatenate(here), np.concatenate(there)
    matrix = sparse.csc_array((-np.ones(len(here)), (here, there)), shape=(len(rows),) * 2)
    return splu(sparse.csc_matrix(matrix + sparse.diags_array(degree))).solve(load)


def held(job):
    """Whether any pixel of the mask has a given value beside it."""
    top, bottom, left, right = job.sides
    open_border = (
        (top and job.mask[0].any()) or (bottom and job.mask[-1].any())
        or (left and job.mask[:, 0].any()) or (right and job.mask[:, -1].any())
    )  # fmt: skip
    return open_border or not job.mask.all()


@pytest.mark.parametrize("offset", [pytest.param(core_offset, marks=needs_core), fallback.offset])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(job=jobs(most=50))
def test_the_membrane_is_within_half_a_grey_level_of_a_direct_solve(offset, job):
    job = Job(job.background, job.content, job.mask, job.out, job.sides, BlendSettings("poisson"))
    if not held(job):
        return
    found = offset(job)

    assert np.abs(found[job.mask] - direct(job)).max() * 255 / job.full < 0.5


@pytest.mark.parametrize("run", [pytest.param(core, marks=needs_core), fallback.run])
@pytest.mark.parametrize("mode", ["improved", "poisson"])
def test_nothing_outside_the_mask_is_looked_at(run, mode):
    mask = ndimage.gaussian_filter(np.random.default_rng(1).random((50, 60)), 4) > 0.5
    background, content = random((50, 60, 3), np.float32, 1), random((50, 60, 3), np.float32, 2)
    strange = [np.where(mask[..., None], image, np.nan) for image in (background, content)]

    made = [
        made_by(run, Job(*pair, mask, pair[0].copy(), (1, 1, 1, 1), BlendSettings(mode)))
        for pair in ((background, content), strange)
    ]

    assert np.array_equal(made[0][mask], made[1][mask])


@needs_core
def test_a_mask_of_any_bytes_but_zero_means_the_same():
    mask = np.random.default_rng(1).random((40, 50)) < 0.7
    background, content = random((40, 50, 3), np.uint8, 1), random((40, 50, 3), np.uint8, 2)
    odd = np.where(mask, np.random.default_rng(2).integers(1, 256, mask.shape), 0)

    result = blending.blend(background, content, odd.astype(np.uint8).view(bool))

    assert np.array_equal(result, blending.blend(background, content, mask))


@needs_core
def test_memory_that_is_reused_leaves_no_trace():
    def blended(side, seed):
        mask = ndimage.gaussian_filter(np.random.default_rng(seed).random((side, side)), 3) > 0.5
        return blending.blend(random((side, side, 3), np.uint8, seed),
                              random((side, side, 3), np.uint8, seed + 1), mask)  # fmt: skip

    first = blended(60, 1)
    for side in (300, 20, 150):
        blended(side, side)

    assert np.array_equal(blended(60, 1), first)
