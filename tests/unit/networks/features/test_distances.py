"""Pooled vectors and LPIPS-style distances against the definition, pair by pair."""

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import ImageError
from defectstudio.networks.features.distances import (
    BATCH,
    distance_name,
    pairwise,
    pooled,
    pooled_inside,
    unit_maps,
)
from defectstudio.networks.features.registry import load_features


def _pictures(n, channels=3, seed=0, side=32):
    return np.random.default_rng(seed).random((n, side, side, channels), np.float32)


def _masks(n, seed=0, side=32):
    return np.random.default_rng(seed).random((n, side, side)) > 0.6


def _by_loops(one, other, u=None, v=None, *, shared=False):
    found = np.zeros((len(one[0]), len(other[0])))
    for a, b in zip(one, other, strict=True):
        for i in range(len(a)):
            for j in range(len(b)):
                square = (a[i] - b[j]).square().sum(0)
                weight = torch.ones_like(square)
                if u is not None:
                    size = tuple(square.shape)
                    p, q = (
                        torch.nn.functional.interpolate(
                            torch.from_numpy(m)[None, None].float(), size, mode="area"
                        )[0, 0]
                        for m in (u[i], v[j])
                    )
                    weight = p * q if shared else p + q - p * q
                found[i, j] += float((square * weight).sum() / weight.sum())
    return found


def test_distances_are_those_of_the_definition(lite):
    one, other = unit_maps(lite, _pictures(3), 64), unit_maps(lite, _pictures(2, seed=1), 64)
    assert np.allclose(pairwise(one, other), _by_loops(one, other), atol=1e-5)
    u, v = _masks(3), _masks(2, seed=1)
    assert np.allclose(pairwise(one, other, (u, v)), _by_loops(one, other, u, v), atol=1e-5)
    both = pairwise(one, other, (u, v), shared=True)
    assert np.allclose(both, _by_loops(one, other, u, v, shared=True), atol=1e-5)


def test_masks_apart_share_nothing(lite):
    maps = unit_maps(lite, _pictures(2), 64)
    left = np.zeros((2, 32, 32), bool)
    left[:, :, :8] = True
    assert (
        pairwise(maps, maps, (left, left[:, :, ::-1].copy()), shared=True).tolist() == [[0, 0]] * 2
    )


def test_vectors_inside_are_means_over_the_mask(lite):
    """Of every depth; a full mask gives the mean of the whole map."""
    pictures, masks = _pictures(BATCH + 2), _masks(BATCH + 2)
    found = pooled_inside(lite, pictures, masks, 64)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (lite.mean, lite.std))
    inputs = torch.nn.functional.interpolate(
        torch.from_numpy(pictures[-1:]).permute(0, 3, 1, 2), (64, 64), mode="bilinear"
    )
    maps, _ = lite.net((inputs - mean) / std)
    wanted = []
    for each in maps:
        cells = (
            torch.from_numpy(masks[-1])
            .float()
            .view(each.shape[2], 32 // each.shape[2], each.shape[3], -1)
            .mean(dim=(1, 3))
            if each.shape[2] <= 32
            else None
        )
        assert cells is not None
        wanted.append((each[0] * cells).sum(dim=(1, 2)) / cells.sum())
    assert np.allclose(found[-1], torch.cat(wanted).numpy(), atol=1e-4)


def test_channels_have_unit_length(lite):
    for maps in unit_maps(lite, _pictures(2), 64):
        assert torch.allclose(maps.square().sum(1), torch.ones(1), atol=1e-4)


def test_equal_pictures_have_no_distance(lite):
    maps = unit_maps(lite, _pictures(3), 64)
    assert np.diag(pairwise(maps, maps)).max() < 1e-5
    assert pairwise(maps, maps).min() >= 0


def test_only_what_the_masks_cover_counts(lite):
    pictures = np.repeat(_pictures(1, side=128), 2, axis=0)
    pictures[1, :, 96:] = 0.5
    maps = unit_maps(lite, pictures, 128)
    left, right = np.zeros((2, 2, 128, 128), bool)
    left[:, :, :32], right[:, :, 96:] = True, True
    inside = pairwise(maps, maps, (right, right))[0, 1]
    outside = pairwise(maps, maps, (left, left))[0, 1]
    assert inside > 5 * outside


def test_empty_masks_have_no_distance(lite):
    maps = unit_maps(lite, _pictures(2), 64)
    empty = np.zeros((2, 32, 32), bool)
    assert pairwise(maps, maps, (empty, empty)).tolist() == [[0, 0], [0, 0]]


def test_grey_is_repeated(lite):
    grey = _pictures(2, channels=1)
    colour = np.repeat(grey, 3, axis=3)
    assert np.array_equal(pooled(lite, grey, 64), pooled(lite, colour, 64))
    assert np.array_equal(pooled(lite, grey[..., 0], 64), pooled(lite, colour, 64))


def test_the_same_pictures_the_same_bytes_whatever_else_is_asked_for(lite):
    pictures = _pictures(BATCH + 2)
    found = pooled(lite, pictures, 64)
    assert found.shape == (BATCH + 2, 1280)
    assert np.array_equal(found, pooled(lite, pictures, 64))
    assert np.allclose(found[:3], pooled(lite, pictures[:3], 64), atol=1e-4)


def test_vgg_gives_its_last_map(vgg16_file):
    network = load_features("vgg16-hed", torch.device("cpu"), weights=vgg16_file)
    pictures = _pictures(2)
    assert pooled(network, pictures, 32).shape == (2, 512)
    assert [m.shape[1] for m in unit_maps(network, pictures, 32)] == [64, 128, 256, 512, 512]
    assert distance_name(network) == "lpips-style distance, unweighted, vgg16-hed"


@pytest.mark.parametrize("shape", [(2, 8, 8, 2), (8, 8), (0, 8, 8, 3)])
def test_what_is_no_picture(lite, shape):
    with pytest.raises(ImageError, match="have no features"):
        pooled(lite, np.zeros(shape, np.float32), 64)
