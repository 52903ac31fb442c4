"""Distances of textures, of references and regions of any size."""

import numpy as np
import pytest
import torch

from defectstudio.evaluation.textures import Distances, Textures, mean, ratio
from defectstudio.networks.features.registry import load_features
from defectstudio.training.references import Reference


@pytest.fixture(scope="module")
def network():
    return load_features("efficientnet-lite0", torch.device("cpu"))


def striped(shape, period):
    wave = 0.5 + 0.4 * np.sin(np.arange(shape[1]) * 2 * np.pi / period)
    return np.broadcast_to(wave[None, :, None], (*shape, 3)).astype(np.float32)


def test_the_same_texture_is_nearer_than_another(network):
    mask = np.zeros((96, 96), bool)
    mask[32:64, 32:64] = True
    textures = Textures(network, [Reference(1, striped((96, 96), 6).copy(), mask)])
    wide = np.zeros((160, 160), bool)
    wide[40:120, 50:110] = True
    found = {}
    for period in (6, 24):
        image = np.round(striped((160, 160), period) * 255).astype(np.uint8)
        maps = textures.maps(image, wide)
        found[period] = textures.distances(maps, maps, wide, 0)
    for name in ("stride2", "stride16"):
        assert found[6].hist[name] < 0.5 * found[24].hist[name]
    for name in ("stride2", "stride4", "stride8", "stride16"):
        assert found[6].gram_reference[name] < 0.5 * found[24].gram_reference[name]
        assert found[6].gram_surface[name] == 0  # it was held against itself


def test_means_are_by_layer_and_ratios_of_their_sums():
    one, other = (Distances({"a": v, "b": 2 * v}, {"a": v}, {"a": 0.0}) for v in (1.0, 3.0))
    both = mean([one, other])
    assert both.hist == {"a": 2.0, "b": 4.0} and both.gram_reference == {"a": 2.0}
    assert ratio({"a": 1.0, "b": 1.0}, both.hist) == pytest.approx(2 / 6)
