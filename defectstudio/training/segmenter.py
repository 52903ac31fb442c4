"""The training task of segmenters (SPEC sections 3 and 5)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from defectstudio.imaging.masks import Box
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.segmenters.buttonlab import GRAIN, Buttonlab
from defectstudio.networks.segmenters.registry import make_segmenter
from defectstudio.training.crops import CropBatches
from defectstudio.training.parallel import share, share_norms, summed
from defectstudio.training.parts import (
    Batch,
    finite,
    put_back,
    set_rate,
    state_of,
    step_rng,
    update,
)
from defectstudio.training.precision import autocast

DECAY = 0.9
"""Of the learning rate."""
BEYOND = 1 << 40
"""Step of the batch that no training step sees: shown."""


class SegmenterTask:
    """One segmenter, Adam, and one step. All randomness follows from (seed, step)."""

    def __init__(self, data: CropBatches, device: torch.device) -> None:
        self.data, self.config, self.device = data, data.config, device
        outputs = len(data.class_ids) if self.config.multiclass else 1
        net, self.encoder = make_segmenter(self.config, outputs)
        self.net = net.to(device).to(memory_format=torch.channels_last)
        share_norms(self.net)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=self.config.learning_rate)

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update the segmenter."""
        set_rate(self.opt, self.config.learning_rate, index, self.config.steps, DECAY)
        self.net.train()
        image, target, held = (self._on(share(batch[name])) for name in ("image", "target", "held"))
        with autocast(self.config.autocast, self.device):
            if isinstance(self.net, Buttonlab):
                crop = drawn_crop(self.config.crop, step_rng(self.config.seed, index))
                target, held = (x[..., *crop.slices] for x in (target, held))
                logits = self.net(image, crop)
            else:
                logits = self.net(image)
        log = {
            "crossentropy": crossentropy(logits.float(), target, held),
            "dice": dice(logits.float(), target, held),
        }
        update(self.opt, log["crossentropy"] + log["dice"])
        return finite({name: value.detach() for name, value in log.items()}, index)

    def _on(self, x: Tensor) -> Tensor:
        x = x.to(self.device, non_blocking=True)
        return x.contiguous(memory_format=torch.channels_last)

    def state(self) -> dict[str, Tensor]:
        """The network and the optimizer's moments."""
        return state_of({"net": self.net}, {"net": self.opt})

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put a `state()` back."""
        put_back(tensors, {"net": self.net}, {"net": self.opt})

    def export(self) -> dict[str, Tensor]:
        """The network."""
        return dict(self.net.state_dict())

    @torch.no_grad()
    def preview(self) -> np.ndarray:
        """Rows: images, what they show, what the segmenter says; uint8 RGB (H, W, 3)."""
        batch = self.data[BEYOND]
        self.net.eval()
        said = torch.sigmoid(self.net(self._on(batch["image"]))).amax(dim=1, keepdim=True)
        rows = batch["image"], batch["target"].amax(dim=1, keepdim=True), said
        return contact_sheet([[_picture(one) for one in row] for row in rows], tile=96)


def drawn_crop(side: int, rng: torch.Generator) -> Box:
    """Half the side, at a random place: what Buttonlab's branch sees."""
    size = max(GRAIN, side // 2 // GRAIN * GRAIN)
    places = (side - size) // GRAIN + 1
    top, left = (GRAIN * int(torch.randint(places, (), generator=rng)) for _ in range(2))
    return Box(top, left, size, size)


def crossentropy(logits: Tensor, target: Tensor, held: Tensor) -> Tensor:
    """Binary, mean over outputs and held pixels: logits, target (B, K, H, W), held (B, 1, H, W)."""
    every = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return summed((every * held).sum()) / (summed(held.sum()) * logits.shape[1]).clamp_min(1)


def dice(logits: Tensor, target: Tensor, held: Tensor) -> Tensor:
    """1 - Dice of the whole batch, mean over outputs: what is rare counts as much as what is not
    (Milletari et al. 2016)."""
    said = torch.sigmoid(logits) * held
    real = target * held
    both = summed((said * real).sum(dim=(0, 2, 3)))
    either = summed(said.sum(dim=(0, 2, 3)) + real.sum(dim=(0, 2, 3)))
    return (1 - (2 * both + 1) / (either + 1)).mean()


def _picture(image: Tensor) -> np.ndarray:
    rgb = image.float().cpu().expand(3, -1, -1).permute(1, 2, 0).numpy()
    return np.asarray(np.round(rgb.clip(0, 1) * 255), np.uint8)
