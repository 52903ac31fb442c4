"""Where DST learns: placements on normal surfaces, histogram-matched."""

import cv2
import numpy as np
import torch

from defectstudio.domain.transfer import DstConfig
from defectstudio.imaging.histogram import match
from defectstudio.training.placements import PlacementBatches
from defectstudio.training.references import Reference


def batches(shape=(400, 30), **settings):
    """Red defects of a mask larger than the canvas, on grey crops."""
    rng = np.random.default_rng(0)
    mask = np.zeros((464, 94), bool)
    mask[32 : 32 + shape[0], 32 : 32 + shape[1]] = True
    pixels = rng.uniform(0, 0.1, (464, 94, 3)).astype(np.float32)
    pixels[mask, 0] += 0.8
    crops = [rng.integers(100, 150, (152, 152, 3), dtype=np.uint8) for _ in range(3)]
    config = DstConfig(height=128, width=128, batch=2, **settings)
    return PlacementBatches([Reference(4, pixels, mask)], crops, [4], config)


def test_a_step_is_the_same_whoever_asks():
    one, other = batches(), batches()
    assert all(torch.equal(one[7][key], other[7][key]) for key in one[7])
    assert not torch.equal(one[7]["mask"], one[8]["mask"])


def test_a_placement_is_matched_inside_its_mask_alone():
    data = batches()
    for step in range(20):
        batch = data[step]
        surface, matched, mask, g = (
            batch[n].numpy() for n in ("surface", "matched", "mask", "fusion")
        )
        inside = mask > 0
        assert inside.any(axis=(1, 2, 3)).all()
        assert set(np.unique(mask)) <= {0, 1} and not g[~inside].any()
        outside = np.broadcast_to(~inside, surface.shape)
        assert np.array_equal(surface[outside], matched[outside])
        reference = data.references[0]
        for n in range(2):
            by_hand = match(
                np.ascontiguousarray(surface[n].transpose(1, 2, 0)),
                inside[n, 0], reference.pixels, reference.mask,
            )  # fmt: skip
            assert np.array_equal(matched[n].transpose(1, 2, 0), by_hand)
            assert matched[n, 0][inside[n, 0]].min() > 0.7


def test_masks_are_those_of_the_reference_and_procedural_ones_and_fit():
    data = batches(shape=(90, 30))
    areas = [float(m.sum()) for step in range(30) for m in data[step]["mask"]]
    assert max(areas) < 0.82 * 128 * 128 and min(areas) >= 1
    assert len(set(areas)) > 30
    relative = batches(tone="relative")[0]
    assert abs(float(relative["surface"].mean()) - 0.5) < 0.05


def test_drawn_shapes_are_as_thick_as_the_reference():
    """A disc of 60 px at scales from 0.3: no line of a few pixels among the drawn ones."""
    data = batches(shape=(60, 60))
    rows, columns = np.indices((60, 60)) - 29.5
    data.masks = [rows**2 + columns**2 < 30**2]
    thickest = [
        cv2.distanceTransform(np.pad(m[0].numpy(), 1).astype(np.uint8), cv2.DIST_L2, 5).max()
        for step in range(40)
        for m in data[step]["mask"]
    ]
    assert min(thickest) > 0.9 * 0.3 * 30
