"""Trained generators, loaded once, that answer (class, seed, mask) with a content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.generators import CARD, WEIGHTS, GeneratorCard
from defectstudio.imaging.types import Mask, Unit
from defectstudio.imaging.watershed import NEAR_KEY, raw_mask
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import (
    KEY,
    Inputs,
    build_generator,
    canvas_side,
    unpack,
)
from defectstudio.networks.weights import load_tensors

MARGIN = 4
"""Free pixels around a mask on its canvas."""


@dataclass(frozen=True)
class Content:
    """What a generator made for one mask box: pixels float32 (h, w, C) in [0, 1] and its raw mask.

    pixels are in the tone of the generator's configuration, not yet on any surface;
    raw_mask bool (h, w) lies inside the painted mask.
    """

    pixels: Unit
    raw_mask: Mask


class ContentGenerator(Protocol):
    """Anything that fills a painted mask with defect content."""

    card: GeneratorCard

    def generate(self, class_id: int, seed: int, mask: Mask) -> Content:
        """Content for `mask` (h, w); `seed` names the style. The same call, the same bytes."""


def load_card(folder: Path) -> GeneratorCard:
    """Read `generator.json`. Raises CheckpointError when it is missing, damaged or too new."""
    path = folder / CARD
    try:
        return TypeAdapter(GeneratorCard).validate_json(path.read_bytes())
    except OSError as error:
        raise CheckpointError(
            "the generator's card is missing", subject=path, remedy="Train the generator again."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise CheckpointError(
            f"the generator's card is not valid ({first['msg']} at {first['loc']})",
            subject=path,
            remedy="Train the generator again, or update DefectStudio if the card is newer.",
        ) from error


def load_generator(folder: Path, device: torch.device) -> Dcdganc:
    """Load the generator in `folder`, its weights checked against the card's hash."""
    card = load_card(folder)
    path = folder / WEIGHTS
    if not path.exists() or sha256_file(path) != card.weights_sha256:
        raise CheckpointError(
            "the generator's weights are missing or not those of its card",
            subject=path,
            remedy="Train the generator again or copy its folder whole.",
        )
    return Dcdganc(card, path, device)


class Dcdganc:
    """A trained DCDGANc (SPEC section 1), one content at a time so that batches change nothing."""

    def __init__(self, card: GeneratorCard, weights: Path, device: torch.device) -> None:
        self.card, self.device = card, device
        ids = sorted(card.values, key=card.values.__getitem__)
        self.index = {class_id: n for n, class_id in enumerate(ids)}
        self.mask_source = card.config.source == "mask"
        self.inputs = Inputs(ids, mask_source=self.mask_source)
        self.net = build_generator(card.config, card.channels, len(ids)).to(device).eval()
        try:
            self.prior = unpack(self.net, load_tensors(weights))
        except RuntimeError as error:
            raise CheckpointError(
                "the weights do not fit the card's configuration",
                subject=weights,
                remedy="Copy the generator's folder whole.",
            ) from error

    def generate(self, class_id: int, seed: int, mask: Mask) -> Content:
        """Content for `mask` bool (h, w) of any size; masks larger than a canvas are drawn small.

        Mask source: the content fills the mask exactly. Constant source: the content falls where
        the generator likes inside the box; the raw mask is its watershed within the mask.
        Raises CheckpointError when the generator does not know the class.
        """
        if class_id not in self.index:
            raise CheckpointError(
                f"the generator does not know class {class_id}",
                remedy=f"It was trained on {', '.join(self.card.classes.values())}.",
            )
        if self.mask_source:
            return Content(self._fill(class_id, seed, mask), mask.copy())
        return self._free(class_id, seed, mask)

    def _fill(self, class_id: int, seed: int, mask: Mask) -> Unit:
        scale = min(1.0, self._limit() / max(mask.shape))
        small = _shrink(mask, scale)
        h, w = small.shape
        config = self.card.config
        height = max(config.height, canvas_side(h + 2 * MARGIN))
        width = max(config.width, canvas_side(w + 2 * MARGIN))
        top, left = (height - h) // 2, (width - w) // 2
        canvas = np.zeros((height, width), np.float32)
        canvas[top : top + h, left : left + w] = small
        made = self._run(class_id, seed, canvas)[top : top + h, left : left + w, :-1]
        inside = _spread(made, small)
        return inside if scale == 1.0 else _enlarge(inside, mask.shape)

    def _free(self, class_id: int, seed: int, mask: Mask) -> Content:
        config = self.card.config
        made = self._run(class_id, seed, np.ones((config.height, config.width), np.float32))
        alpha = made[..., -1:]
        # The network composes on the black key: undone, or the rim of the content were its shadow.
        held = alpha[..., 0] >= NEAR_KEY
        pixels = _spread(np.clip(made[..., :-1] / np.maximum(alpha, NEAR_KEY), 0, 1), held)
        if mask.shape != held.shape:
            pixels, alpha = _enlarge(pixels, mask.shape), _enlarge(alpha, mask.shape)
        return Content(pixels, raw_mask(pixels, alpha[..., 0]) & mask)

    def _limit(self) -> int:
        """The longest mask side drawn at its own resolution: twice the trained canvas."""
        return 2 * max(self.card.config.height, self.card.config.width) - 2 * MARGIN

    @torch.no_grad()
    def _run(self, class_id: int, seed: int, canvas: NDArray[np.float32]) -> Unit:
        """canvas (H, W) in {0, 1} -> content and alpha (H, W, C + 1) in [0, 1]."""
        rng = torch.Generator().manual_seed(seed)
        index = self.index[class_id]
        z = self.prior.style(index, torch.randn(self.card.config.nz, generator=rng))[None]
        noise = draw_noise(self.net.noise_shapes(*canvas.shape), 1, rng)
        cls = torch.tensor([index])
        source = self.inputs.source(cls, torch.from_numpy(canvas)[None, None])
        code = torch.cat([self.inputs.one_hot(cls), z], dim=1)
        noise = [plane.to(self.device) for plane in noise]
        out = self.net(source.to(self.device), code.to(self.device), noise, KEY)[0].float().cpu()
        out[:-1] = (out[:-1] + 1) / 2
        return np.ascontiguousarray(out.permute(1, 2, 0).numpy())


def _shrink(mask: Mask, scale: float) -> Mask:
    if scale == 1.0:
        return mask
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= min(0.4, float(soft.max())))


def _enlarge(pixels: Unit, shape: tuple[int, ...]) -> Unit:
    out = cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(out.reshape(*shape[:2], pixels.shape[2]), 0.0, 1.0)


def _spread(pixels: Unit, inside: Mask) -> Unit:
    """Outside the content the nearest content pixel, so that no rim of the key is resampled in."""
    if inside.all() or not inside.any():
        return np.ascontiguousarray(pixels)
    _, nearest = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros((int(nearest.max()) + 1, pixels.shape[2]), np.float32)
    values[nearest[inside]] = pixels[inside]
    return np.ascontiguousarray(values[nearest])
