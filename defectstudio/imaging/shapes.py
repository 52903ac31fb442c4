"""Defect shapes: the parts of real label planes, and how they lay at the border of a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import UserError
from defectstudio.domain.specs import LabeledFile
from defectstudio.domain.spread import Fetch, in_place
from defectstudio.imaging.masks import Box, bounding_box, components, warp
from defectstudio.imaging.reading import read_label
from defectstudio.imaging.types import Label, Mask

JOIN_PX = 6
"""Parts of one class no farther apart than this are one defect (a broken crack is one crack)."""
MIN_AREA = 6
"""Smaller parts are label dust."""
OVER = 2
"""Pixels that a shape is too long for its borders, so that no rounding keeps it from them."""
NEAR = 0.06
"""Of a picture's side: what lies no farther from its border lies at the border."""


@dataclass(frozen=True)
class Edges:
    """The borders of a picture that a shape lies at: how many pixels its box is away from each,
    None from those that it has nothing to do with."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    @classmethod
    def of(cls, box: Box, shape: tuple[int, ...]) -> Edges:
        """Of a box in a picture of (height, width)."""
        height, width = shape
        gaps = box.top, height - box.bottom, box.left, width - box.right
        sides = height, height, width, width
        pairs = zip(gaps, sides, strict=True)
        return cls(*(gap if gap <= NEAR * side else None for gap, side in pairs))

    def mirrored(self) -> Edges:
        """Left for right."""
        return Edges(self.top, self.bottom, self.right, self.left)

    def upside_down(self) -> Edges:
        """Top for bottom."""
        return Edges(self.bottom, self.top, self.left, self.right)

    def scaled(self, factor: float) -> Edges:
        """In a picture of other size."""
        gaps = self.top, self.bottom, self.left, self.right
        return Edges(*(None if gap is None else round(gap * factor) for gap in gaps))


FREE = Edges()
"""Those of a shape that lies anywhere."""


@dataclass(frozen=True)
class Shape:
    """The mask (h, w) of a defect, and the borders that it lies at."""

    mask: Mask
    edges: Edges = FREE

    def warped(self, rng: np.random.Generator, *, scale: float, turn: float, flip: bool) -> Shape:
        """The shape scaled, turned by up to `turn` degrees and mirrored or not.

        One that lies at a border is not turned, but mirrored both ways with its borders.
        """
        mask, edges = self.mask, self.edges
        angle = float(rng.uniform(-turn, turn))
        flipped = bool(rng.integers(2)) and flip
        if edges == FREE:
            return Shape(warp(mask, scale=scale, angle=angle, flip=flipped))
        if bool(rng.integers(2)) and flip:
            mask, edges = mask[::-1], edges.upside_down()
        edges = edges.mirrored() if flipped else edges
        return Shape(warp(mask, scale=scale, angle=0.0, flip=flipped), edges)

    def scale_across(self, size: tuple[int, int], scale: float, most: float) -> float:
        """The scale, or the larger one at which a shape that crossed its own picture from border
        to border crosses one of (height, width), too, where that is at most `most`: a smaller one
        would end in a straight cut."""
        e, (height, width) = self.edges, self.mask.shape
        for near, far, length, side in (
            (e.top, e.bottom, height, size[0]),
            (e.left, e.right, width, size[1]),
        ):
            if near is not None and far is not None:
                across = (side + OVER - near - far) / length
                scale = max(scale, across) if across <= most else scale
        return scale

    def cut_to(self, size: tuple[int, int]) -> Shape:
        """The shape without what a picture of (height, width) has no room for, where it crossed
        its own from border to border."""
        e, (height, width) = self.edges, self.mask.shape
        rows = _kept(e.top, e.bottom, size[0], height)
        columns = _kept(e.left, e.right, size[1], width)
        cut = self.mask[rows, columns]
        box = bounding_box(cut)
        return Shape(np.ascontiguousarray(cut[box.slices] if box else cut), e)


def _kept(near: int | None, far: int | None, side: int, length: int) -> slice:
    """What is kept of a length between the two ends of a side: the part at the nearer one."""
    if near is None or far is None:
        return slice(None)
    room = max(1, side - min(near, far))
    return slice(room) if near <= far else slice(max(0, length - room), None)


def parts(mask: Mask) -> Iterator[tuple[Box, Mask]]:
    """The defects of one class's mask (H, W): the box and the mask (h, w) within it."""
    for own, box in components(mask, JOIN_PX):
        if own.sum() >= MIN_AREA:
            yield box, own


def shapes_in(label: Label, class_id: int) -> list[Shape]:
    """Those of a class in a label plane (H, W)."""
    found = parts(label == class_id)
    return [Shape(mask, Edges.of(box, label.shape)) for box, mask in found]


def shapes_by_class(
    files: Sequence[LabeledFile], class_ids: Sequence[int], fetch: Fetch = in_place
) -> dict[int, list[Shape]]:
    """Every class's shapes in the order of the files. Raises UserError for a class without any."""
    shapes: dict[int, list[Shape]] = {class_id: [] for class_id in class_ids}
    for file in files:
        with fetch(file.label) as here:
            label = read_label(here)
        for class_id in class_ids:
            shapes[class_id] += shapes_in(label, class_id)
    for class_id, own in shapes.items():
        if not own:
            raise UserError(
                f"class {class_id} has no labeled defect to take shapes from",
                remedy="Pass a painted mask with --mask, or label an image of this class.",
            )
    return shapes
