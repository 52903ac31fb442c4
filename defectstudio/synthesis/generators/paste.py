"""The control `paste`: real training contents laid into the painted mask; nothing is learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectstudio.domain.generators import GeneratorCard, PasteConfig
from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import Mask, Unit
from defectstudio.synthesis.generators.canvas import spread
from defectstudio.synthesis.generators.content import Content, class_index

JITTER_DEG = 10.0
"""A content's axis is turned to the mask's, and by up to this much away from it."""
JITTER_SCALE = 1.15
"""A content is scaled at random between this and its inverse."""
LEAST = 16
"""Uncovered pixels that are worth another piece."""
SEAM = 1.5
"""Standard deviation in pixels of the step from one piece to the next."""
SETTINGS = "settings"


@dataclass(frozen=True)
class Piece:
    """A real content: pixels float32 (h, w, C) in [0, 1], outside its mask the nearest inside."""

    pixels: Unit
    mask: Mask


@dataclass(frozen=True)
class Laid:
    """A piece flipped, and its map to a painted mask's box; mask (h, w): where it lies there;
    cover: how much of the painted mask it covers, 0..1."""

    piece: Piece
    to_mask: NDArray[np.float64]
    mask: Mask
    cover: float

    def pixels(self) -> Unit:
        """(h, w, C)."""
        moved = _moved(self.piece.pixels, self.to_mask, self.mask.shape)
        return moved.reshape(*self.mask.shape, -1)


def packed(pieces: Sequence[tuple[int, Unit, Mask]], config: PasteConfig) -> dict[str, Tensor]:
    """The tensors of `generator.safetensors`: class index, pixels and mask of every content.

    pieces: (class index, pixels (h, w, C) in [0, 1], mask (h, w)). The settings are among the
    tensors, so that a hash of the weights names all that a content depends on.
    """
    numbers = [config.candidates, config.pieces, config.scale_max, config.brightness]
    tensors = {SETTINGS: torch.tensor([*map(float, numbers), float(config.tone == "relative")])}
    for n, (index, pixels, mask) in enumerate(pieces):
        # Half precision is finer than a grey level and halves the file.
        tensors[f"{n:06d}.{index}.pixels"] = torch.from_numpy(spread(pixels, mask)).half()
        tensors[f"{n:06d}.{index}.mask"] = torch.from_numpy(mask.astype(np.uint8))
    return tensors


class Paste:
    """Real contents of a class in any painted mask.

    As strong and fair as it can be made: the content fills the painted mask exactly, so that
    labels, places and shapes are those of every other generator and only the pixels differ. Of
    some contents drawn at random, flipped, turned along the mask and scaled, the one that covers
    the mask best is taken; it is enlarged up to `scale_max` to cover the mask's box, mirrored
    beyond that. What its own mask leaves uncovered is covered part by part in the same way, and
    what is left after the last piece takes the nearest content pixel.
    """

    def __init__(
        self,
        card: GeneratorCard,
        tensors: Mapping[str, Tensor],
        device: torch.device,  # noqa: ARG002
    ) -> None:
        assert isinstance(card.config, PasteConfig)
        self.card, self.config = card, card.config
        self.fills_mask = True
        self.pieces: list[list[Piece]] = [[] for _ in card.values]
        for name in sorted(tensors):
            if name.endswith(".mask"):
                pixels = tensors.get(name.replace(".mask", ".pixels"))
                if pixels is None or pixels.shape[2:] != (card.channels,):
                    raise RuntimeError(f"{name} has no pixels of {card.channels} channels")
                piece = Piece(pixels.float().numpy(), tensors[name].numpy() > 0)
                self.pieces[int(name.split(".")[1])].append(piece)
        if not all(self.pieces):
            raise RuntimeError("a class has no content")

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:  # noqa: ARG002
        """Content that fills `mask` bool (h, w), of any size.

        The surface is not looked at. Raises CheckpointError for a class it does not know.
        """
        index = class_index(self.card, class_id)
        rng = np.random.default_rng([seed, index])
        own = self.pieces[index]
        best = self._best(own, mask, rng)
        covered = best.mask & mask
        pixels = spread(best.pixels(), covered)
        factor = 1 + rng.uniform(-1, 1) * self.config.brightness
        for _ in range(1, self.config.pieces):
            box = _uncovered(mask & ~covered)
            if box is None:
                break
            rest = (mask & ~covered)[box.slices]
            best = self._best(own, rest, rng)
            gained = best.mask & rest
            if not gained.any():
                break
            covered[box.slices] |= gained
            over = spread(best.pixels(), gained)
            pixels[box.slices] = _joined(pixels[box.slices], over, gained)
        return Content(self._brighter(pixels, factor), mask.copy())

    def _best(self, own: Sequence[Piece], mask: Mask, rng: np.random.Generator) -> Laid:
        """Of some drawn contents, laid over the mask, the one that covers most of it."""
        drawn = [own[int(rng.integers(len(own)))] for _ in range(self.config.candidates)]
        laid = [_laid(piece, mask, self.config.scale_max, rng) for piece in drawn]
        return max(laid, key=lambda one: one.cover)

    def _brighter(self, pixels: Unit, factor: float) -> Unit:
        """Pixels of `factor` times the brightness, whatever the tone."""
        if self.config.tone == "absolute":
            return np.asarray(np.clip(pixels * factor, 0, 1), np.float32)
        # Relative tone is r^2 / (1 + r^2), see imaging.tone.
        ratio = pixels / np.maximum(1 - pixels, 1e-4) * factor**2
        return np.asarray(ratio / (1 + ratio), np.float32)


def _uncovered(rest: Mask) -> Box | None:
    """The box of the largest part of what is not covered; None where that is little.

    Not by `components`, which cuts out every crumb: 8 ms where 5 are enough at 128 px.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(rest.astype(np.uint8))
    if count == 1:
        return None
    left, top, width, height, area = map(int, stats[1:][stats[1:, cv2.CC_STAT_AREA].argmax()])
    return Box(top, left, height, width) if area >= LEAST else None


def _joined(under: Unit, over: Unit, where: Mask) -> Unit:
    """Pixels of `over` where the mask is, softly, else of `under`; all (h, w, ...)."""
    soft = cv2.GaussianBlur(where.astype(np.float32), (0, 0), SEAM, borderType=cv2.BORDER_REFLECT)
    return np.asarray(under + (over - under) * soft[..., None], np.float32)


def _laid(piece: Piece, mask: Mask, scale_max: float, rng: np.random.Generator) -> Laid:
    """A piece flipped, turned and scaled over the box of `mask`, its middle on the box's."""
    step = -1 if rng.integers(2) else 1
    own = Piece(piece.pixels[:, ::step], piece.mask[:, ::step])
    turn = _axis(mask) - _axis(own.mask) + np.deg2rad(rng.uniform(-JITTER_DEG, JITTER_DEG))
    turn += np.pi * int(rng.integers(2))
    jitter = float(np.exp(rng.uniform(-1, 1) * np.log(JITTER_SCALE)))
    rows, columns = _turned(own.mask.shape, turn)
    wanted = max(mask.shape[0] / rows, mask.shape[1] / columns)
    scale = min(scale_max, max(jitter, wanted))
    to_mask = _affine(own.mask.shape, mask.shape, turn, scale)
    inside: Mask = _moved(own.mask, to_mask, mask.shape) >= 0.5
    cover = float((inside & mask).sum() / max(1, mask.sum()))
    return Laid(own, to_mask, inside, cover)


def _moved(plane: Unit | Mask, to_mask: NDArray[np.float64], shape: tuple[int, ...]) -> Unit:
    """A plane (h, w) or (h, w, C) over a box of that height and width, mirrored beyond its end."""
    moved = cv2.warpAffine(
        np.ascontiguousarray(plane, np.float32), to_mask, (shape[1], shape[0]),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    return np.asarray(moved, np.float32)


def _axis(mask: Mask) -> float:
    """Angle of the long axis of a mask in radians, counted as in `_affine`; 0 for an empty one."""
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return 0.0
    y, x = rows - rows.mean(), columns - columns.mean()
    return float(0.5 * np.arctan2(2 * (x * y).mean(), (x * x).mean() - (y * y).mean()))


def _turned(shape: tuple[int, ...], angle: float) -> tuple[float, float]:
    """Height and width of the box around a turned box."""
    sine, cosine = abs(np.sin(angle)), abs(np.cos(angle))
    return shape[0] * cosine + shape[1] * sine, shape[0] * sine + shape[1] * cosine


def _affine(
    source: tuple[int, ...], target: tuple[int, ...], angle: float, scale: float
) -> NDArray[np.float64]:
    """2 x 3 map of (column, row): turned about the middles, then scaled."""
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middles = [np.array([(s[1] - 1) / 2, (s[0] - 1) / 2]) for s in (source, target)]
    return np.column_stack([linear, middles[1] - linear @ middles[0]])
