"""The sampler of DCDGANc and its ablations."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
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
from defectstudio.synthesis.generators.content import Content, class_index, class_order

MARGIN = 4
"""Free pixels around a mask on its canvas."""


class Dcdganc:
    """A trained DCDGANc (SPEC section 1), one content at a time so that batches change nothing."""

    def __init__(
        self, card: GeneratorCard, tensors: Mapping[str, Tensor], device: torch.device
    ) -> None:
        assert isinstance(card.config, DcdgancConfig)
        self.card, self.config, self.device = card, card.config, device
        self.fills_mask = card.config.fills_mask
        ids = class_order(card)
        self.inputs = Inputs(ids, mask_source=self.fills_mask)
        self.net = build_generator(card.config, card.channels, len(ids)).to(device).eval()
        self.prior = unpack(self.net, tensors)

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:  # noqa: ARG002
        """Content for `mask` bool (h, w) of any size; masks larger than a canvas are drawn small.

        Mask source: the content fills the mask exactly. Constant source: the content falls where
        the generator likes inside the box; the raw mask is its watershed within the mask.
        The surface is not looked at. Raises CheckpointError for a class it does not know.
        """
        index = class_index(self.card, class_id)
        if self.fills_mask:
            return Content(self._fill(index, seed, mask), mask.copy())
        return self._free(index, seed, mask)

    def _fill(self, index: int, seed: int, mask: Mask) -> Unit:
        scale = min(1.0, self._limit() / max(mask.shape))
        small = _shrink(mask, scale)
        h, w = small.shape
        config = self.config
        height = max(config.height, canvas_side(h + 2 * MARGIN))
        width = max(config.width, canvas_side(w + 2 * MARGIN))
        top, left = (height - h) // 2, (width - w) // 2
        canvas = np.zeros((height, width), np.float32)
        canvas[top : top + h, left : left + w] = small
        made = self._run(index, seed, canvas)[top : top + h, left : left + w, :-1]
        inside = _spread(made, small)
        return inside if scale == 1.0 else _enlarge(inside, mask.shape)

    def _free(self, index: int, seed: int, mask: Mask) -> Content:
        config = self.config
        made = self._run(index, seed, np.ones((config.height, config.width), np.float32))
        alpha = made[..., -1:]
        # The network composes on the black key: undone, or the rim of the content were its shadow.
        held = alpha[..., 0] >= NEAR_KEY
        pixels = _spread(np.clip(made[..., :-1] / np.maximum(alpha, NEAR_KEY), 0, 1), held)
        if mask.shape != held.shape:
            pixels, alpha = _enlarge(pixels, mask.shape), _enlarge(alpha, mask.shape)
        return Content(pixels, raw_mask(pixels, alpha[..., 0]) & mask)

    def _limit(self) -> int:
        """The longest mask side drawn at its own resolution: twice the trained canvas."""
        return 2 * max(self.config.height, self.config.width) - 2 * MARGIN

    @torch.no_grad()
    def _run(self, index: int, seed: int, canvas: NDArray[np.float32]) -> Unit:
        """canvas (H, W) in {0, 1} -> content and alpha (H, W, C + 1) in [0, 1]."""
        rng = torch.Generator().manual_seed(seed)
        z = self.prior.style(index, torch.randn(self.config.nz, generator=rng))[None]
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
