"""The samplers of CycleGAN and StarGAN, which translate the normal surface under the mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from defectstudio.domain.generators import CycleGanConfig, GeneratorCard, StarGanConfig
from defectstudio.imaging.types import Mask, Unit
from defectstudio.networks.baselines.cyclegan import SurfaceToDefect
from defectstudio.networks.baselines.stargan import build_generator, one_hot
from defectstudio.networks.dcdganc.model import KEY
from defectstudio.synthesis.generators.canvas import Canvas
from defectstudio.synthesis.generators.content import Content, class_index

Translate = Callable[[Tensor, int], Tensor]
"""(surface and mask (1, C + 1, H, W) on the key, class index) -> content and mask."""


class Translator:
    """A network that makes defect content of the surface under the mask, and of nothing else.

    There is no style: the same place gives the same content whatever the seed, as P1 section
    3.4 remarks of CycleGAN.
    """

    def __init__(self, card: GeneratorCard, translate: Translate, device: torch.device) -> None:
        self.card, self.translate, self.device = card, translate, device
        self.fills_mask = True

    @torch.no_grad()
    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:  # noqa: ARG002
        """Content that fills `mask` bool (h, w); masks larger than a canvas are drawn small.

        surface: float32 (h, w, C) in [0, 1]. Raises CheckpointError for a class it does not know.
        """
        index = class_index(self.card, class_id)
        canvas = Canvas(mask, self.card.config.height, self.card.config.width)
        seen = canvas.put(surface) * 2 - 1
        given = np.concatenate([seen, canvas.plane[..., None]], axis=2).transpose(2, 0, 1)
        image = torch.from_numpy(np.ascontiguousarray(given))[None].to(self.device)
        made = (self.translate(image, index)[0, :-1].float().cpu() + 1) / 2
        return Content(canvas.cut(made.permute(1, 2, 0).numpy()), mask.copy())


def cyclegan(
    card: GeneratorCard, tensors: Mapping[str, Tensor], device: torch.device
) -> Translator:
    """A trained CycleGAN: the generator of the class. RuntimeError when the tensors do not fit."""
    assert isinstance(card.config, CycleGanConfig)
    net = SurfaceToDefect(card.config, card.channels, len(card.values)).to(device).eval()
    net.load_state_dict(dict(tensors))
    return Translator(card, lambda image, index: net(image, index, KEY), device)


def stargan(card: GeneratorCard, tensors: Mapping[str, Tensor], device: torch.device) -> Translator:
    """A trained StarGAN: to the domain of the class. RuntimeError when the tensors do not fit."""
    assert isinstance(card.config, StarGanConfig)
    classes = len(card.values)
    net = build_generator(card.config, card.channels, classes).to(device).eval()
    net.load_state_dict(dict(tensors))

    def translate(image: Tensor, index: int) -> Tensor:
        domain = torch.tensor([index + 1], device=device)
        made: Tensor = net(image, one_hot(domain, classes), KEY)
        return made

    return Translator(card, translate, device)
