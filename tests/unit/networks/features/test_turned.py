"""Feature distances in every orientation."""

import numpy as np
import pytest
import torch
from torch import nn

from defectstudio.metrics.alignment import orientations, overlap
from defectstudio.networks.features import turned
from defectstudio.networks.features.distances import pairwise, unit_maps
from defectstudio.networks.features.registry import FeatureNetwork
from defectstudio.networks.features.turned import least_distances, to_maps

SIDE = 16


@pytest.fixture(scope="module")
def network():
    class One(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)

        def forward(self, x):
            maps = self.conv(x).relu()
            return [maps], maps

    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = One().requires_grad_(False)
    return FeatureNetwork("one", "0" * 64, net, (0.5,) * 3, (0.25,) * 3, torch.device("cpu"))


def contents(count, seed):
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, SIDE, SIDE), bool)
    masks[:, 3:12, 4:14] = True
    return rng.random((count, SIDE, SIDE, 3), np.float32), masks


def test_the_least_over_the_orientations_of_the_first(network):
    one, other = contents(2, 0), contents(3, 1)
    found = least_distances(network, SIDE, one, other)
    maps = unit_maps(network, other[0], SIDE)
    ways = [
        pairwise(unit_maps(network, pixels, SIDE), maps, (masks, other[1]), shared=True)
        for pixels, masks in zip(*map(orientations, one), strict=True)
    ]
    assert len(ways) == 8
    assert np.allclose(found, np.min(ways, axis=0), atol=1e-6)
    assert np.array_equal(to_maps(network, SIDE, one, maps, other[1]), found)


def test_a_turned_and_mirrored_content_has_no_distance_to_itself(network):
    pixels, masks = contents(1, 3)
    copy = tuple(np.ascontiguousarray(np.rot90(x, 1, (1, 2))[:, ::-1]) for x in (pixels, masks))
    assert least_distances(network, SIDE, copy, (pixels, masks)).item() == pytest.approx(
        0, abs=1e-5
    )


def test_parts_are_put_together(network, monkeypatch):
    one, other = contents(5, 4), contents(4, 5)
    whole = least_distances(network, SIDE, one, other)
    monkeypatch.setattr(turned, "MAPPED", 2)
    assert np.allclose(least_distances(network, SIDE, one, other), whole, atol=1e-6)


def test_what_shares_too_little_is_as_far_as_any(network):
    pixels, masks = contents(2, 6)
    masks[1] = False
    masks[1, 0, 0] = True
    assert not overlap(masks[1:], masks[:1]).any()
    found = least_distances(network, SIDE, (pixels, masks), (pixels[:1], masks[:1]))
    assert found[1, 0] == found[0, 0]
    alone = least_distances(network, SIDE, (pixels[1:], masks[1:]), (pixels[:1], masks[:1]))
    assert alone.item() == 1
