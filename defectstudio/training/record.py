"""What a DCDGANc keeps of its training contents beside its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.networks.dcdganc.companions import logit
from defectstudio.networks.dcdganc.discriminator import Discriminator
from defectstudio.synthesis.generators.canvas import Canvas
from defectstudio.synthesis.record import Record, look
from defectstudio.training.contents import Content


def remember(
    by_class: Sequence[Sequence[Content]],
    config: DcdgancConfig,
    discriminator: Discriminator,
    device: torch.device,
) -> Record:
    """Descriptors of all contents, in the order of the one-hot code, and how real D finds each."""
    looks, classes, logits = [], [], []
    for index, own in enumerate(by_class):
        one_hot = torch.eye(len(by_class), device=device)[index : index + 1]
        for content in own:
            canvas = Canvas(content.mask, config.height, config.width, config.shrink)
            image = torch.from_numpy(canvas.image(content.pixels))[None].to(device)
            looks.append(look(content.pixels, content.mask))
            classes.append(index)
            logits.append(float(logit(discriminator, image, one_hot)))
    return Record(np.stack(looks), np.array(classes), np.array(logits, np.float32))
