"""Images of any size, whole and in tiles."""

import numpy as np
import pytest
import torch
from torch import nn

from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.networks.segmenters import tiled
from defectstudio.networks.segmenters.registry import make_segmenter
from defectstudio.networks.segmenters.tiled import padded, predicted

CPU = torch.device("cpu")


def image(height, width, channels=3):
    return np.random.default_rng(0).random((height, width, channels)).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (17, 40), (64, 33), (96, 64)])
def test_an_image_of_any_size_has_logits_of_its_size(shape):
    config = SegmenterConfig(width=8, pretrained=False)
    net = make_segmenter(config, 2)[0].eval()
    assert predicted(net, image(*shape, 1), CPU).shape == (*shape, 2)


def test_padding_mirrors_and_keeps_the_image():
    x = torch.arange(40 * 33, dtype=torch.float32).view(1, 1, 40, 33)
    wide = padded(x)
    assert wide.shape == (1, 1, 64, 64) and torch.equal(wide[..., :40, :33], x)
    assert torch.equal(wide[..., 40, :33], x[..., 38, :])
    assert padded(torch.rand(1, 1, 1, 5)).shape == (1, 1, 32, 32)


def test_tiles_are_the_whole_image_where_no_seam_reaches(monkeypatch):
    """A net that sees 8 px far: with a margin of 8 tiles are no different anywhere."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 9, padding=4), nn.ReLU(), nn.Conv2d(4, 2, 9, padding=4))
    x = image(160, 224)
    whole = predicted(net, x, CPU)
    monkeypatch.setattr(tiled, "TILE", 64)
    monkeypatch.setattr(tiled, "OVERLAP", 32)
    monkeypatch.setattr(tiled, "MARGIN", 8)
    assert np.allclose(predicted(net, x, CPU), whole, atol=1e-5)
    monkeypatch.setattr(tiled, "MARGIN", 0)
    assert not np.allclose(predicted(net, x, CPU), whole, atol=1e-3)


def test_tiles_of_a_deep_net_are_near_the_whole_image_away_from_seams(monkeypatch):
    config = SegmenterConfig(width=8, pretrained=True)
    net = make_segmenter(config, 1)[0].eval()
    x = image(160, 288)
    whole = predicted(net, x, CPU)
    monkeypatch.setattr(tiled, "TILE", 160)
    monkeypatch.setattr(tiled, "OVERLAP", 96)
    apart = np.abs(predicted(net, x, CPU) - whole)
    assert apart[:, :20].max() < 0.3 * whole.std() and apart.mean() < 0.2 * whole.std()
