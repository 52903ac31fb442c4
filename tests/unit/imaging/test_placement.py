import time

import numpy as np
import pytest

from defectstudio.domain.errors import ImageError
from defectstudio.domain.specs import PlacementSettings
from defectstudio.imaging import placement
from defectstudio.imaging.masks import bounding_box
from defectstudio.imaging.placement import Refusal, place


def legal_one_by_one(shape, allowed, occupied, settings):
    """Every legal (top, left), from the definition."""
    height, width = occupied.shape
    pixels, taken = np.argwhere(shape), np.argwhere(occupied)
    margin, legal = settings.edge_margin, set()
    for top in range(-shape.shape[0], height):
        for left in range(-shape.shape[1], width):
            rows, columns = (pixels + np.array((top, left))).T
            if min(rows.min(), columns.min()) < margin:
                continue
            if rows.max() >= height - margin or columns.max() >= width - margin:
                continue
            if allowed is not None and not allowed[rows, columns].all():
                continue
            apart = pixels[:, None] + np.array((top, left)) - taken
            if ((apart**2).sum(axis=2) > settings.gap**2).all():
                legal.add((top, left))
    return legal


def scene(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(6, 14, 2)
    shape = rng.random(rng.integers(1, 6, 2)) < 0.6
    shape.flat[0] = True
    allowed = None if seed % 3 == 0 else rng.random((height, width)) < rng.choice([0.6, 0.9, 0.98])
    occupied = rng.random((height, width)) < rng.choice([0, 0.02, 0.06])
    settings = PlacementSettings(gap=int(rng.integers(0, 4)), edge_margin=int(rng.integers(0, 3)))
    return shape, allowed, occupied, settings


@pytest.mark.parametrize("draws", [1, 256])
@pytest.mark.parametrize("seed", range(40))
def test_places_are_legal_and_refusals_name_the_reason(seed, draws, monkeypatch):
    monkeypatch.setattr(placement, "_DRAWS", draws)
    shape, allowed, occupied, settings = scene(seed)
    legal = legal_one_by_one(shape, allowed, occupied, settings)
    rng = np.random.default_rng(seed)

    found = {place(shape, allowed, occupied, occupied.shape, settings, rng) for _ in range(20)}

    if legal:
        assert found <= legal
        return
    inner = np.array(occupied.shape) - 2 * settings.edge_margin
    alone = legal_one_by_one(shape, allowed, np.zeros_like(occupied), settings)
    if np.any(inner < bounding_box(shape).shape):
        assert found == {Refusal.TOO_LARGE}
    elif alone:
        assert found == {Refusal.TOO_CLOSE}
    else:
        assert found == {Refusal.OUTSIDE_REGION}


@pytest.mark.parametrize("draws", [1, 256])
def test_every_legal_place_is_equally_likely(draws, monkeypatch):
    monkeypatch.setattr(placement, "_DRAWS", draws)
    allowed = np.zeros((14, 14), dtype=bool)
    allowed[2:6, 2:6] = allowed[8:13, 9:12] = True
    occupied = np.zeros_like(allowed)
    occupied[12, 10] = True
    shape, settings = np.ones((2, 2), dtype=bool), PlacementSettings(gap=1, edge_margin=1)
    rng = np.random.default_rng(0)

    counts = {}
    for _ in range(2600):
        found = place(shape, allowed, occupied, (14, 14), settings, rng)
        counts[found] = counts.get(found, 0) + 1

    legal = legal_one_by_one(shape, allowed, occupied, settings)
    assert set(counts) == legal
    # Chi-squared with len(legal) - 1 degrees of freedom; five standard deviations.
    mean = 2600 / len(legal)
    distance = sum((count - mean) ** 2 / mean for count in counts.values())
    assert distance < len(legal) + 5 * np.sqrt(2 * len(legal))


def test_the_same_seed_gives_the_same_place():
    shape, occupied = np.ones((5, 5), dtype=bool), np.zeros((90, 90), dtype=bool)

    def once(seed):
        rng = np.random.default_rng(seed)
        return place(shape, None, occupied, (90, 90), PlacementSettings(), rng)

    assert once(3) == once(3) != once(4)


def test_an_empty_rim_of_the_shape_may_hang_over_the_border():
    shape = np.zeros((9, 9), dtype=bool)
    shape[4, 4] = True
    one = np.zeros((3, 3), dtype=bool)

    found = place(
        shape, None, one, (3, 3), PlacementSettings(edge_margin=1), np.random.default_rng(0)
    )

    assert found == (1 - 4, 1 - 4)


def test_reasons():
    rng, settings = np.random.default_rng(0), PlacementSettings(gap=2, edge_margin=1)
    shape, free = np.ones((4, 4), dtype=bool), np.zeros((10, 10), dtype=bool)
    tall, spot = np.ones((9, 1), dtype=bool), free.copy()
    spot[4:6, 4:6] = True
    dotted = np.indices((10, 10)).sum(axis=0) % 2 == 0

    def tried(shape, allowed, occupied):
        return place(shape, allowed, occupied, (10, 10), settings, rng)

    assert tried(free, None, free) is Refusal.EMPTY_SHAPE
    assert tried(tall, None, free) is Refusal.TOO_LARGE
    assert tried(shape, free, free) is Refusal.OUTSIDE_REGION
    assert tried(shape, spot, free) is Refusal.OUTSIDE_REGION
    assert tried(shape, dotted, free) is Refusal.OUTSIDE_REGION
    assert tried(shape, None, spot) is Refusal.TOO_CLOSE
    assert tried(shape, ~free, spot) is Refusal.TOO_CLOSE


def test_planes_of_another_size_are_refused():
    shape, small = np.ones((2, 2), dtype=bool), np.ones((5, 5), dtype=bool)
    for allowed, occupied in ((None, small), (small, np.zeros((9, 9), dtype=bool))):
        with pytest.raises(ImageError, match="not 9 x 9"):
            place(shape, allowed, occupied, (9, 9), PlacementSettings(), np.random.default_rng(0))


def test_a_large_image_with_one_narrow_gap_takes_no_noticeable_time():
    allowed = np.zeros((3000, 3000), dtype=bool)
    allowed[20:25, :] = allowed[2500:2540, 2700:2760] = allowed[-9:, -9:] = True
    shape, occupied = np.ones((38, 58), dtype=bool), np.zeros_like(allowed)
    rng = np.random.default_rng(0)

    start = time.process_time()
    found = place(shape, allowed, occupied, allowed.shape, PlacementSettings(), rng)

    assert time.process_time() - start < 3
    assert 2500 <= found[0] <= 2502 and 2700 <= found[1] <= 2702
