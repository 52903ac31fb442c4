"""Crops of labeled images: what segmenters learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from defectstudio.domain.errors import UserError
from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.domain.specs import Example
from defectstudio.domain.spread import Fetch, in_place
from defectstudio.imaging.reading import read_image, read_label, to_unit
from defectstudio.imaging.types import Image, Label, Mask, Unit, planes
from defectstudio.networks.segmenters.encoders import STRIDES

GRAIN = STRIDES[-1]
"""Sides that a segmenter takes are multiples of it."""
VOID = 255
"""Label of pixels that count for nothing."""
GAIN, SHIFT, NOISE = 0.15, 0.05, 0.02
"""How far an augmented crop's contrast and brightness change, and its largest noise."""


@dataclass(frozen=True)
class Scene:
    """An image in its own depth and its label plane (H, W), 0 where it has none. places: of every
    class that it shows, the pixels' indices in the flat label. synthetic: it was made."""

    pixels: Image
    label: Label
    places: Mapping[int, NDArray[np.int64]]
    synthetic: bool = False


def labeled_scene(pixels: Image, label: Label, *, synthetic: bool = False) -> Scene:
    """Of an image and its label plane."""
    ids = np.unique(label[(label > 0) & (label < VOID)])
    places = {int(n): np.flatnonzero(label == n) for n in ids}
    return Scene(pixels, label, places, synthetic)


def read_scene(example: Example, fetch: Fetch = in_place) -> Scene:
    """Raises UserError where image and label differ in size."""
    with fetch(example.image) as here:
        pixels = read_image(here)
    if example.label is None:
        return Scene(pixels, np.zeros(pixels.shape[:2], np.uint8), {})
    with fetch(example.label) as here:
        label = read_label(here)
    if label.shape != pixels.shape[:2]:
        raise UserError(
            f"its label is {label.shape[1]}x{label.shape[0]}, the picture"
            f" {pixels.shape[1]}x{pixels.shape[0]}",
            subject=example.image,
            remedy="Import the image again with a mask of its own size.",
        )
    return labeled_scene(pixels, label)


def targets(label: Label, class_ids: Sequence[int], *, multiclass: bool) -> Mask:
    """What a segmenter is to say of a label plane (H, W): (outputs, H, W), an output a class, or
    one for any defect."""
    if multiclass:
        return np.stack([label == class_id for class_id in class_ids])
    return ((label > 0) & (label < VOID))[None]


class CropBatches(Dataset[dict[str, Tensor]]):
    """Item `step` is the batch of that step: (seed, step) decide all.

    image (B, C, S, S) in [0, 1], target (B, outputs, S, S) and held (B, 1, S, S) of 0 and 1: what
    is not held is void.
    """

    def __init__(
        self, scenes: Sequence[Scene], class_ids: Sequence[int], config: SegmenterConfig
    ) -> None:
        self.scenes, self.class_ids, self.config = list(scenes), list(class_ids), config
        self.channels = max(planes(scene.pixels).shape[2] for scene in scenes)
        self._real = [scene for scene in self.scenes if not scene.synthetic] or self.scenes
        self._showing = {
            (class_id, synthetic): own
            for class_id in self.class_ids
            for synthetic in (False, True)
            if (
                own := [s for s in self.scenes if class_id in s.places and s.synthetic == synthetic]
            )
        }
        self._shown = sorted({class_id for class_id, _ in self._showing})
        if not self._shown:
            raise UserError(
                "no image for the segmenter shows a defect",
                remedy="Label some images of the training split, or make samples.",
            )

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.config.seed, step, 5])
        drawn = [self._draw(rng) for _ in range(self.config.batch)]
        image, target, held = (np.stack(own) for own in zip(*drawn, strict=True))
        return {
            "image": torch.from_numpy(image),
            "target": torch.from_numpy(target),
            "held": torch.from_numpy(held),
        }

    def _draw(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        scene, place = self._place(rng)
        pixels, label = self._cut(scene, place, rng)
        if self.config.augment:
            pixels, label = _augmented(pixels, label, rng)
        wanted = targets(label, self.class_ids, multiclass=self.config.multiclass)
        image = np.ascontiguousarray(pixels.transpose(2, 0, 1))
        return image, wanted.astype(np.float32), (label < VOID)[None].astype(np.float32)

    def _place(self, rng: np.random.Generator) -> tuple[Scene, tuple[int, int] | None]:
        """A scene, and a pixel of a defect that the crop must hold, or None."""
        if rng.random() >= self.config.balance:
            return self._real[int(rng.integers(len(self._real)))], None
        class_id = self._shown[int(rng.integers(len(self._shown)))]
        synthetic = bool(rng.random() < self.config.synthetic_share)
        own = self._showing.get((class_id, synthetic)) or self._showing[class_id, not synthetic]
        scene = own[int(rng.integers(len(own)))]
        places = scene.places[class_id]
        row, column = divmod(int(places[int(rng.integers(len(places)))]), scene.label.shape[1])
        return scene, (row, column)

    def _cut(
        self, scene: Scene, place: tuple[int, int] | None, rng: np.random.Generator
    ) -> tuple[Unit, Label]:
        """A square of the scene, mirrored below and to the right as a segmenter is shown it when it
        is judged; what is mirrored counts for nothing.

        Around any pixel as often, then moved inside: the border of a part, which looks like a
        defect, is seen as often as its middle.
        """
        side = self.config.crop
        origin = []
        for axis, length in enumerate(scene.label.shape):
            last = max(0, -(-length // GRAIN) * GRAIN - side)
            low, high = (-side // 2, length - side // 2) if place is None else (0, last)
            if place is not None:
                low, high = max(low, place[axis] - side + 1), min(high, place[axis])
            drawn = int(rng.integers(low, max(low, high) + 1))
            origin.append(min(max(drawn, 0), last))
        top, left = origin
        pixels = planes(scene.pixels[top : top + side, left : left + side])
        label = scene.label[top : top + side, left : left + side]
        missing = [(0, side - length) for length in label.shape]
        pixels = np.pad(to_unit(pixels), [*missing, (0, 0)], mode="reflect")
        wide = np.broadcast_to(pixels, (side, side, self.channels))
        label = np.pad(label, missing, constant_values=VOID)
        return np.asarray(wide, np.float32), label


def _augmented(pixels: Unit, label: Label, rng: np.random.Generator) -> tuple[Unit, Label]:
    turns, flip = int(rng.integers(4)), bool(rng.integers(2))
    step = -1 if flip else 1
    pixels, label = np.rot90(pixels, turns)[:, ::step], np.rot90(label, turns)[:, ::step]
    gain, shift = 1 + rng.uniform(-GAIN, GAIN), rng.uniform(-SHIFT, SHIFT)
    grain = rng.normal(0, rng.uniform(0, NOISE), pixels.shape)
    changed: Unit = np.clip(pixels * gain + shift + grain, 0, 1).astype(np.float32)
    return changed, label
