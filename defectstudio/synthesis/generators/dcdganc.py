"""The sampler of DCDGANc and its ablations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.imaging.types import Mask, Unit
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import (
    KEY,
    Inputs,
    build_generator,
    unpack,
)
from defectstudio.synthesis.generators.canvas import Canvas, free_content
from defectstudio.synthesis.generators.content import Content, class_index, class_order


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
        canvas = Canvas(mask, self.config.height, self.config.width)
        return canvas.cut(self._run(index, seed, canvas.plane)[..., :-1])

    def _free(self, index: int, seed: int, mask: Mask) -> Content:
        window = np.ones((self.config.height, self.config.width), np.float32)
        return free_content(self._run(index, seed, window), mask)

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
