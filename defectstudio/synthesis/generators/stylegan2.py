"""The sampler of StyleGAN2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from defectstudio.domain.generators import GeneratorCard, StyleGan2Config
from defectstudio.imaging.types import Mask, Unit
from defectstudio.networks.baselines.stylegan2 import Generator
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import KEY
from defectstudio.synthesis.generators.canvas import free_content
from defectstudio.synthesis.generators.content import Content, class_index


class StyleGan2:
    """A trained StyleGAN2: content of its own shape, the mask is the window it falls in."""

    def __init__(
        self, card: GeneratorCard, tensors: Mapping[str, Tensor], device: torch.device
    ) -> None:
        assert isinstance(card.config, StyleGan2Config)
        self.card, self.config, self.device = card, card.config, device
        self.fills_mask = False
        self.net = Generator(card.config, card.channels, len(card.values)).to(device).eval()
        self.net.load_state_dict(dict(tensors))

    @torch.no_grad()
    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:  # noqa: ARG002
        """Content in the window `mask` bool (h, w); the canvas is resized to it.

        The surface is not looked at. Raises CheckpointError for a class it does not know.
        """
        rng = torch.Generator().manual_seed(seed)
        one_hot = torch.zeros(1, len(self.card.values))
        one_hot[0, class_index(self.card, class_id)] = 1
        z = torch.randn(1, self.config.nz, generator=rng)
        noise = [plane.to(self.device) for plane in draw_noise(self.net.noise_shapes(), 1, rng)]
        out = self.net(z.to(self.device), one_hot.to(self.device), noise, KEY)[0].float().cpu()
        out[:-1] = (out[:-1] + 1) / 2
        return free_content(np.ascontiguousarray(out.permute(1, 2, 0).numpy()), mask)
