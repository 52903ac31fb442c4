"""What segmenters learn from: crops that hold defects of every class as often, and void."""

from pathlib import Path

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import UserError
from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.domain.specs import Example
from defectstudio.imaging.reading import write_png
from defectstudio.networks.segmenters.tiled import padded
from defectstudio.training.crops import VOID, CropBatches, Scene, read_scene, targets


def scene(height=200, width=150, class_id=0, *, channels=3):
    """Grey noise with a small bright square of a class."""
    rng = np.random.default_rng(class_id)
    shape = (height, width, 3) if channels == 3 else (height, width)
    pixels = rng.integers(90, 110, shape, dtype=np.uint8)
    label = np.zeros((height, width), np.uint8)
    if class_id:
        label[120:128, 20:26] = class_id
        pixels[120:128, 20:26] = 255
    places = {class_id: np.flatnonzero(label == class_id)} if class_id else {}
    return Scene(pixels, label, places)


def batches(scenes=None, **settings):
    config = SegmenterConfig(**{"crop": 64, "batch": 16, "steps": 9, **settings})
    return CropBatches(scenes or [scene(), scene(class_id=3), scene(class_id=5)], [3, 5], config)


def test_a_step_is_the_same_whoever_asks():
    one, other = batches()[4], batches()[4]
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["image"], batches()[5]["image"])


def test_crops_hold_a_defect_of_every_class_as_often():
    scenes = [scene(class_id=3) for _ in range(9)] + [scene(class_id=5)]
    data = batches(scenes, balance=1.0, multiclass=True, batch=64)
    shown = data[0]["target"].amax(dim=(2, 3))
    assert (shown.sum(dim=1) == 1).all()
    assert 16 < int(shown[:, 0].sum()) < 48
    none = batches([scene(), scene(class_id=3)], balance=0.0, batch=64)[0]["target"]
    assert int(none.amax(dim=(1, 2, 3)).sum()) < 24


def test_what_is_bright_is_what_is_wanted_however_it_is_turned():
    batch = batches(balance=1.0)[0]
    bright = batch["image"].mean(dim=1) > 0.7
    assert torch.equal(bright, batch["target"][:, 0] > 0)
    assert batch["image"].min() >= 0 and batch["image"].max() <= 1
    plain = batches(balance=1.0, augment=False)[0]
    assert set(plain["image"].flatten().mul(255).round().int().tolist()) <= {*range(90, 110), 255}


def test_small_scenes_are_mirrored_and_grey_ones_repeated():
    data = batches([scene(40, 150), scene(class_id=3, channels=1)], augment=False)
    assert data.channels == 3 and data[0]["image"].shape == (16, 3, 64, 64)
    batch = data[0]
    small = [n for n, held in enumerate(batch["held"]) if not held[:, 40:].any()]
    assert 0 < len(small) < 16
    for n in small:
        assert torch.equal(batch["image"][n, :, 40:], batch["image"][n, :, 15:39].flip(1))
        assert not batch["target"][n, :, 40:].any()


def test_what_lies_below_and_to_the_right_is_seen_as_in_a_judgement():
    """padded() mirrors an image to multiples of 32; crops reach as far, and no further."""
    one = scene(70, 100, class_id=0)
    data = batches([one, scene(class_id=3)], balance=0.0, augment=False, batch=256)
    image = torch.from_numpy(one.pixels.transpose(2, 0, 1).copy())[None].float() / 255
    whole = padded(image)[0]
    assert whole.shape == (3, 96, 128)
    windows = whole.unfold(1, 64, 1).unfold(2, 64, 1).permute(1, 2, 0, 3, 4)
    batch, places = data[0], set()
    for crop, held in zip(batch["image"], batch["held"], strict=True):
        same = (windows - crop).abs().amax(dim=(2, 3, 4)) < 1e-6
        if same.any():
            top, left = same.nonzero()[0].tolist()
            places.add((top, left))
            inside = torch.zeros(64, 64)
            inside[: 70 - top, : 100 - left] = 1
            assert torch.equal(held[0], inside)
    # Around any pixel as often: the first and the last window are no rarities.
    assert {0, 32} <= {top for top, _ in places} and {0, 64} <= {left for _, left in places}


def test_void_is_not_held():
    held = scene(class_id=3)
    held.label[:60] = VOID
    data = batches([held], balance=0.0, augment=False)
    batch = data[0]
    assert 0 < float(batch["held"].mean()) < 1
    assert not (batch["target"] * (1 - batch["held"])).any()
    label = np.array([[0, 3, VOID, 5]], np.uint8)
    assert targets(label, [3, 5], multiclass=False).tolist() == [[[False, True, False, True]]]
    assert targets(label, [3, 5], multiclass=True)[1].tolist() == [[False, False, False, True]]


def test_scenes_are_read_and_a_label_of_another_size_refused(tmp_path: Path):
    image, label = tmp_path / "a.png", tmp_path / "b.png"
    write_png(image, scene(class_id=3).pixels)
    write_png(label, scene(class_id=3).label)
    read = read_scene(Example(image, label, "", "g"))
    assert list(read.places) == [3] and len(read.places[3]) == 48
    assert not read_scene(Example(image, None, "", "g")).label.any()
    write_png(label, np.zeros((9, 9), np.uint8))
    with pytest.raises(UserError, match="its label is 9x9, the picture 150x200"):
        read_scene(Example(image, label, "", "g"))


def test_without_a_defect_nothing_is_learned():
    with pytest.raises(UserError, match="shows a defect"):
        batches([scene()])
