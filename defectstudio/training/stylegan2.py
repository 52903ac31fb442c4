"""The training task of StyleGAN2 in a few-shot configuration (Karras et al. 2020)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.generators import StyleGan2Config
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.baselines import losses
from defectstudio.networks.baselines.stylegan2 import Discriminator, Generator
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import KEY
from defectstudio.networks.ema import Ema
from defectstudio.training.augment import Augment
from defectstudio.training.contents import ContentBatches
from defectstudio.training.parts import (
    SHOWN,
    Batch,
    Log,
    finite,
    picture,
    put_back,
    state_of,
    step_rng,
    update,
)
from defectstudio.training.precision import autocast


class StyleGan2Task:
    """G, then D; R1 lazily (section 3.1), DiffAugment on all that D sees, the average of G kept."""

    def __init__(self, data: ContentBatches, device: torch.device) -> None:
        assert isinstance(data.config, StyleGan2Config)
        self.data, self.config, self.device = data, data.config, device
        c, self.classes = self.config, len(data.class_ids)
        torch.manual_seed(c.seed)
        self.g = Generator(c, data.channels, self.classes).to(device)
        self.d = Discriminator(c, data.channels, self.classes).to(device)
        self.ema = Ema(self.g, c.ema)
        self.opt_g = torch.optim.Adam(
            self.g.parameters(), lr=c.learning_rate, betas=(c.beta1, c.beta2)
        )
        # Lazy regularization makes n + 1 updates of n (appendix B): rate and memory follow.
        lazy = c.r1_every / (c.r1_every + 1)
        self.opt_d = torch.optim.Adam(
            self.d.parameters(), lr=lazy * c.learning_rate, betas=(c.beta1**lazy, c.beta2**lazy)
        )

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update G, then D, then D by R1 where it is its turn. Returns the losses by name."""
        c, rng = self.config, step_rng(self.config.seed, index)
        real, cls = batch["image"].to(self.device), batch["cls"].to(self.device)
        one_hot = functional.one_hot(cls, self.classes).float()
        with autocast(c.autocast, self.device):
            made, log_g = self._generator_loss(one_hot, rng)
        update(self.opt_g, log_g["adversarial"])
        self.ema.update(self.g, index)
        with autocast(c.autocast, self.device):
            log_d = self._discriminator_loss(real, made, one_hot, rng)
        update(self.opt_d, log_d["discriminator"])
        if index % c.r1_every == 0 and c.gamma:
            log_d["r1"] = self._penalty(real, one_hot, rng)
            update(self.opt_d, log_d["r1"])
        return finite({**log_g, **log_d}, index)

    def _generator_loss(self, one_hot: Tensor, rng: torch.Generator) -> tuple[Tensor, Log]:
        self.d.requires_grad_(False)
        made = self._make(self.g, one_hot, rng)
        logits = self.d(self._augment(made, rng), one_hot)
        self.d.requires_grad_(True)
        return made.detach(), {"adversarial": functional.softplus(-logits).mean()}

    def _discriminator_loss(
        self, real: Tensor, made: Tensor, one_hot: Tensor, rng: torch.Generator
    ) -> Log:
        right = functional.softplus(-self.d(self._augment(real, rng), one_hot)).mean()
        wrong = functional.softplus(self.d(self._augment(made, rng), one_hot)).mean()
        return {"discriminator": right + wrong}

    def _penalty(self, real: Tensor, one_hot: Tensor, rng: torch.Generator) -> Tensor:
        seen = self._augment(real, rng).detach().requires_grad_(True)
        weight = self.config.gamma / 2 * self.config.r1_every
        return weight * losses.r1(self.d(seen, one_hot), seen)

    def _make(self, net: Generator, one_hot: Tensor, rng: torch.Generator) -> Tensor:
        z = torch.randn(len(one_hot), self.config.nz, generator=rng).to(self.device)
        noise = draw_noise(net.noise_shapes(), len(one_hot), rng)
        out: Tensor = net(z, one_hot, [plane.to(self.device) for plane in noise], KEY)
        return out

    def _augment(self, image: Tensor, rng: torch.Generator) -> Tensor:
        if not self.config.diffaugment:
            return image
        return Augment(len(image), image.shape[2], image.shape[3], rng)(image)

    def state(self) -> dict[str, Tensor]:
        """Weights of G, D and the average of G, and the optimizers' moments."""
        return state_of(self._nets(), {"g": self.opt_g, "d": self.opt_d})

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put a `state()` back."""
        put_back(tensors, self._nets(), {"g": self.opt_g, "d": self.opt_d})

    def export(self) -> dict[str, Tensor]:
        """The tensors of the kept generator."""
        return self.ema.module.state_dict()

    @torch.no_grad()
    def preview(self) -> np.ndarray:
        """A row of real contents and a row of samples for every class; uint8 RGB (H, W, 3)."""
        rows = []
        for index in range(self.classes):
            rows.append(self.data.of_class(index, SHOWN)["image"])
            cls = torch.full((SHOWN,), index, device=self.device)
            one_hot = functional.one_hot(cls, self.classes).float()
            rows.append(self._make(self.ema.module, one_hot, torch.Generator().manual_seed(index)))
        return contact_sheet([[picture(x) for x in row] for row in rows], tile=96)

    def _nets(self) -> dict[str, nn.Module]:
        return {"g": self.g, "d": self.d, "ema": self.ema.module}
