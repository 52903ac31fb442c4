"""Near-copies of training contents are recognised, wherever they lie and however many at once."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.tone import from_relative
from defectstudio.metrics.alignment import GREY
from defectstudio.networks.features.registry import FeatureNetwork
from defectstudio.synthesis.guard import Guard
from defectstudio.synthesis.known import BARS, CANVAS, Known

CPU = torch.device("cpu")
SIDE = 60
"""Of a content that fills its canvas but for the margin."""


def pattern(seed, channels=3):
    """A content of large spots (SIDE, SIDE, C) in [0, 1]."""
    spots = np.random.default_rng(seed).random((6, 6, channels)).astype(np.float32)
    return np.kron(spots, np.ones((SIDE // 6, SIDE // 6, 1), np.float32))


def shown(content, top=2, left=2):
    canvas = np.full((CANVAS, CANVAS, content.shape[2]), GREY, np.float32)
    mask = np.zeros((CANVAS, CANVAS), bool)
    where = np.s_[top : top + content.shape[0], left : left + content.shape[1]]
    canvas[where], mask[where] = content, True
    return canvas, mask


def stacked(*contents):
    canvases, masks = zip(*contents, strict=True)
    return np.stack(canvases), np.stack(masks)


def known(*classes, bars):
    """Each class is a tuple of seeds of its contents."""
    canvases, masks = stacked(*(shown(pattern(seed)) for own in classes for seed in own))
    index = np.repeat(np.arange(len(classes)), [len(own) for own in classes])
    return Known(np.rint(canvases * 255).astype(np.uint8), masks, index, np.array(bars, np.float32))


KNOWN = known((1, 2), (3,), bars=[(0.5, np.nan), (np.nan, np.nan)])
GUARD = Guard(KNOWN, "", CPU)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.sampled_from([1, 2]),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    top=st.integers(0, 4),
    left=st.integers(0, 4),
    light=st.floats(0.6, 1.0),
)
def test_a_copy_is_one_however_it_is_turned_moved_and_lit(seed, turns, mirrored, top, left, light):
    content = np.rot90(pattern(seed), turns) * np.float32(light)
    content = content[:, ::-1] if mirrored else content
    canvases, masks = stacked(shown(content, top, left))
    assert GUARD.nearness(0, canvases, masks)[0] < 1


@given(seed=st.integers(10, 10_000))
@settings(max_examples=25, deadline=None)
def test_another_content_and_one_of_another_class_are_none(seed):
    canvases, masks = stacked(shown(pattern(seed)), shown(pattern(3)))
    assert (GUARD.nearness(0, canvases, masks) > 1).all()


def test_without_another_part_there_is_no_bar_and_no_copy():
    assert np.isinf(GUARD.nearness(1, *stacked(shown(pattern(3)))))


def test_several_at_once_are_each_as_near_as_alone():
    contents = [shown(pattern(seed)) for seed in (1, 20, 2, 30)]
    several = GUARD.nearness(0, *stacked(*contents))
    alone = [GUARD.nearness(0, *stacked(one))[0] for one in contents]
    assert several == pytest.approx(alone, abs=1e-5)
    assert (several < 1).tolist() == [True, False, True, False]


@pytest.mark.parametrize("level", [60, 120])
def test_a_placed_content_is_seen_as_its_surface_makes_it_look(level):
    background = np.full((90, 100, 3), level, np.uint8)
    surface = np.full(3, level / 255, np.float32)
    own, other = (from_relative(pattern(seed) * 0.7, surface) for seed in (2, 40))
    mask = np.ones((SIDE, SIDE), bool)
    placed = [PlacedContent(1, pixels, mask, 10, 20, 0) for pixels in (own, other)]
    near = GUARD.near(0, placed, background)
    assert near[0] < 1 < near[1]


def test_a_copy_by_features_alone_is_one(monkeypatch):
    """By the colour, say, which the pattern does not tell."""

    class Colours(nn.Module):
        def forward(self, x):
            maps = torch.nn.functional.avg_pool2d(x, 8)
            return [maps], maps

    asked = []

    def load(name, device):
        asked.append(name)
        return FeatureNetwork(name, "0" * 64, Colours(), (0.5,) * 3, (0.25,) * 3, device)

    monkeypatch.setattr("defectstudio.synthesis.guard.load_features", load)
    red = np.zeros((SIDE, SIDE, 3), np.float32)
    red[..., 0] = 1
    canvases, masks = stacked(shown(red))
    stored = Known(
        np.rint(canvases * 255).astype(np.uint8),
        masks,
        np.array([0]),
        np.array([(1e-9, 0.1)], np.float32),
    )
    guard = Guard(stored, "colours", CPU)
    assert asked == []
    blue = np.ascontiguousarray(red[..., ::-1])
    found = guard.nearness(0, *stacked(shown(red, 0), shown(blue)))
    assert found[0] < 1 < found[1]
    guard.nearness(0, canvases, masks)
    assert asked == ["colours"]


def test_known_contents_are_packed_and_unpacked_and_must_be_whole():
    packed = KNOWN.pack()
    again = Known.unpack(packed)
    for name in vars(KNOWN):
        assert np.array_equal(getattr(again, name), getattr(KNOWN, name), equal_nan=name == "bars")
    assert sum(one.numel() * one.element_size() for one in packed.values()) < 3 * 13_000
    assert Known.unpack({"enc.weight": packed[BARS]}) is None
    del packed[BARS]
    with pytest.raises(RuntimeError, match="not whole"):
        Known.unpack(packed)
