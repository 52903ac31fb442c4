"""Defect contents for training: cut from labeled images, drawn as a function of the step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from defectstudio.domain.errors import UserError
from defectstudio.domain.run_config import LearningConfig, Tone
from defectstudio.domain.specs import LabeledFile
from defectstudio.imaging.masks import Box, bounding_box, dilate
from defectstudio.imaging.reading import read_image, read_label, to_unit
from defectstudio.imaging.shapes import parts
from defectstudio.imaging.tone import surround, to_relative
from defectstudio.imaging.types import Image, Label, Mask


@dataclass(frozen=True)
class Content:
    """One defect cut out: pixels float32 (h, w, C) in [0, 1], in absolute or relative tone,
    mask bool (h, w), class id."""

    pixels: NDArray[np.float32]
    mask: NDArray[np.bool_]
    class_id: int


STRETCHED, STRETCH = 0.5, 0.3
"""Share of contents that are stretched, and the logarithm of the most that they are."""
CUT, LEAST_SHARE, LEAST_KEPT = 0.2, 0.2, 30
"""Share of contents that are cut, and the least part and pixels that must be left of them."""

Relabel = Callable[[LabeledFile, Image, Label], Label]
"""Another label plane (H, W) for an image."""


def cut_contents(
    files: Sequence[LabeledFile],
    class_ids: Sequence[int],
    tone: Tone,
    widen: Mapping[int, int] = MappingProxyType({}),
    relabel: Relabel | None = None,
) -> list[Content]:
    """All defect contents of the files, one per group of near components of a class.

    widen: by class id, how many pixels its masks are dilated (RunConfig.dilate). Raises UserError
    for a class without a pixel.
    """
    contents: list[Content] = []
    for file in files:
        image, label = read_image(file.image), read_label(file.label)
        label = label if relabel is None else relabel(file, image, label)
        contents += [c for _, c in cut_image(image, label, class_ids, tone, widen)]
    missing = set(class_ids) - {c.class_id for c in contents}
    if missing or not contents:
        raise UserError(
            f"no defect pixels of class id {sorted(missing)} in the training split",
            remedy="Label an image of the class in the training split, or leave the class out.",
        )
    return _same_channels(contents)


def cut_image(
    image: Image,
    label: Label,
    class_ids: Sequence[int],
    tone: Tone,
    widen: Mapping[int, int] = MappingProxyType({}),
) -> Iterator[tuple[Box, Content]]:
    """The contents of an image (H, W) or (H, W, 3) by its label plane (H, W), and their boxes.

    widen: as in `cut_contents`; no mask grows over another class.
    """
    for class_id in class_ids:
        for tight, part in parts(label == class_id):
            box, mask = widened(tight, part, label, widen.get(class_id, 0))
            pixels = to_unit(image[box.slices]).reshape(*box.shape, -1)
            if tone == "relative":
                level = surround(image, mask, (box.top, box.left), ignored=label > 0)
                pixels = to_relative(pixels, level)
            yield box, Content(pixels, mask, class_id)


def widened(box: Box, mask: Mask, label: Label, px: int) -> tuple[Box, Mask]:
    """The mask (h, w) in its box dilated over what is no defect, and its box in the image."""
    wide = box.grown(px).clipped(label.shape)
    inner = box.moved(-wide.top, -wide.left)
    grown = np.zeros(wide.shape, bool)
    grown[inner.slices] = mask
    return wide, dilate(grown, px) & ((label[wide.slices] == 0) | grown)


def _same_channels(contents: list[Content]) -> list[Content]:
    channels = max(c.pixels.shape[2] for c in contents)
    return [
        Content(np.repeat(c.pixels, channels // c.pixels.shape[2], axis=2), c.mask, c.class_id)
        for c in contents
    ]


def place_on_canvas(
    content: Content, scale: float, height: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The content scaled onto a canvas: pixels (H, W, C) in [0, 1], mask (H, W).

    What fits is placed at random inside; what does not is a crop around a random defect pixel.
    """
    h, w = content.mask.shape
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    pixels = cv2.resize(content.pixels, size, interpolation=how).reshape(size[1], size[0], -1)
    soft = cv2.resize(content.mask.astype(np.float32), size, interpolation=how)
    mask = soft >= min(0.4, float(soft.max()))
    rows = np.flatnonzero(mask.any(axis=1))
    row = int(rng.choice(rows))
    col = int(rng.choice(np.flatnonzero(mask[row])))
    top = _origin(mask.shape[0], height, row, rng)
    left = _origin(mask.shape[1], width, col, rng)
    canvas = np.zeros((height, width, pixels.shape[2]), np.float32)
    inside = np.zeros((height, width), bool)
    src_r, dst_r = _overlap(top, mask.shape[0], height)
    src_c, dst_c = _overlap(left, mask.shape[1], width)
    canvas[dst_r, dst_c] = pixels[src_r, src_c]
    inside[dst_r, dst_c] = mask[src_r, src_c]
    return canvas, inside


def _origin(length: int, canvas: int, pixel: int, rng: np.random.Generator) -> int:
    """Where the content's first row lies on the canvas, may be negative."""
    if length <= canvas:
        return int(rng.integers(0, canvas - length + 1))
    wanted = int(rng.integers(0, canvas)) - pixel
    return min(0, max(canvas - length, wanted))


def _overlap(start: int, length: int, canvas: int) -> tuple[slice, slice]:
    first, last = max(0, start), min(canvas, start + length)
    return slice(first - start, last - start), slice(first, last)


class ContentBatches(Dataset[dict[str, Tensor]]):
    """Item `step` is the batch of that step, whoever asks and whenever: (seed, step) decide all.

    image (B, C + 1, H, W): content in [-1, 1] on the key (black), and alpha; cls (B,) the index
    of the class. Classes are drawn evenly; contents are flipped, turned by 90 degrees and scaled
    between their own size and fitting the canvas. Half of them are stretched along a random
    axis, and some are cut to the shape of another content: few contents come in few shapes, and
    a shape that always has one content is learned by heart.
    """

    def __init__(
        self, contents: Sequence[Content], class_ids: Sequence[int], config: LearningConfig
    ) -> None:
        self.by_class = [[c for c in contents if c.class_id == i] for i in class_ids]
        self.class_ids, self.config = tuple(class_ids), config
        self.channels = contents[0].pixels.shape[2]

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.config.seed, step])
        drawn = [self._draw(rng) for _ in range(self.config.batch)]
        return {
            "image": torch.from_numpy(np.stack([image for image, _ in drawn])),
            "cls": torch.tensor([index for _, index in drawn]),
        }

    def of_class(self, index: int, count: int) -> dict[str, Tensor]:
        """A batch of one class alone, beside those of the steps."""
        rng = np.random.default_rng([self.config.seed, index, count, 1])
        own = self.by_class[index]
        drawn = [self._turned(own, rng) for _ in range(count)]
        images = [self._image(c, self._scale(c.mask.shape, rng), rng) for c in drawn]
        image = torch.from_numpy(np.stack(images))
        return {"image": image, "cls": torch.full((count,), index)}

    def draw(self, index: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """One content of the class `index` and its alpha, (C + 1, H, W), as in a batch."""
        own = self.by_class[index]
        content = self._turned(own, rng)
        if rng.random() < STRETCHED:
            content = stretched(content, rng)
        if rng.random() < CUT:
            content = cut_to(content, self._any(rng), rng)
        return self._image(content, self._scale(content.mask.shape, rng), rng)

    def _turned(self, contents: Sequence[Content], rng: np.random.Generator) -> Content:
        """One of the contents, mirrored and turned: on an oriented surface by half turns."""
        content = contents[int(rng.integers(len(contents)))]
        turns = 2 * int(rng.integers(2)) if self.config.keeps_direction else int(rng.integers(4))
        step = -1 if rng.integers(2) else 1
        pixels, mask = (np.rot90(x, turns)[:, ::step] for x in (content.pixels, content.mask))
        return Content(np.ascontiguousarray(pixels), np.ascontiguousarray(mask), content.class_id)

    def _any(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """The mask of one content, of any class."""
        own = self.by_class[int(rng.integers(len(self.by_class)))]
        return own[int(rng.integers(len(own)))].mask

    def _draw(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], int]:
        index = int(rng.integers(len(self.by_class)))
        return self.draw(index, rng), index

    def _scale(self, shape: tuple[int, int], rng: np.random.Generator) -> float:
        fit = 0.94 * min(self.config.height / shape[0], self.config.width / shape[1])
        if fit >= 1:
            return float(min(fit, rng.uniform(0.85, 1.25)))
        return float(np.exp(rng.uniform(np.log(fit), 0.0))) if rng.random() < 0.5 else fit

    def _image(
        self, content: Content, scale: float, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        pixels, mask = place_on_canvas(content, scale, self.config.height, self.config.width, rng)
        image = np.where(mask[..., None], pixels * 2 - 1, np.float32(-1.0))
        both = np.concatenate([image, mask[..., None].astype(np.float32)], axis=2)
        return np.ascontiguousarray(both.transpose(2, 0, 1), dtype=np.float32)


def stretched(content: Content, rng: np.random.Generator) -> Content:
    """The content stretched along a random axis, its area kept; lines keep about their direction,
    since the direction of a surface's grain means something."""
    axis = _rotation(rng.uniform(-np.pi, np.pi))
    stretch = np.exp(rng.uniform(-STRETCH, STRETCH))
    matrix = axis @ np.diag([stretch, 1 / stretch]) @ axis.T
    h, w = content.mask.shape
    corners = matrix @ np.array([[-w, w, -w, w], [-h, -h, h, h]]) / 2
    size = np.ceil(corners.max(axis=1) - corners.min(axis=1)).astype(int) + 2
    offset = (size - 1) / 2 - matrix @ np.array([(w - 1) / 2, (h - 1) / 2])
    affine = np.column_stack([matrix, offset])
    # Pixels are carried with their mask, so that no rim takes the colour of what is outside.
    held = content.mask.astype(np.float32)
    sums = _carried(content.pixels * held[..., None], affine, size)
    cover = _carried(held, affine, size)
    mask = cover >= min(0.5, float(cover.max()))
    pixels = sums.reshape(*mask.shape, -1) / np.maximum(cover, 1e-6)[..., None]
    return Content(np.clip(pixels, 0, 1), mask, content.class_id)


def cut_to(content: Content, shape: NDArray[np.bool_], rng: np.random.Generator) -> Content:
    """The content's part under a mask (h, w), scaled to its box; all of it where that is little."""
    turned = np.rot90(shape, int(rng.integers(4))).astype(np.uint8)
    h, w = content.mask.shape
    mask = content.mask & (cv2.resize(turned, (w, h), interpolation=cv2.INTER_NEAREST) > 0)
    box = bounding_box(mask)
    if box is None or mask.sum() < max(LEAST_KEPT, LEAST_SHARE * content.mask.sum()):
        return content
    return Content(content.pixels[box.slices], mask[box.slices], content.class_id)


def _rotation(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _carried(
    plane: NDArray[np.float32], affine: NDArray[np.float64], size: NDArray[np.int64]
) -> NDArray[np.float32]:
    moved = cv2.warpAffine(plane, affine, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR)
    return np.asarray(moved, np.float32)
