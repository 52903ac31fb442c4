"""The training task of StarGAN (Choi et al. 2018, section 3)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.generators import StarGanConfig
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.baselines import losses
from defectstudio.networks.baselines.stargan import (
    NORMAL,
    Critic,
    build_generator,
    mixed,
    one_hot,
)
from defectstudio.networks.dcdganc.model import KEY
from defectstudio.networks.ema import Ema
from defectstudio.training.parts import (
    PREVIEW,
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
from defectstudio.training.surfaces import SurfaceBatches


class StarGanTask:
    """D at every step, G at every `critic`-th (section 4.4).

    Domains are the normal surface and the classes; an image's own and its target are drawn
    evenly among them. The learning rate falls linearly to 0 over the second half.
    """

    def __init__(self, data: SurfaceBatches, device: torch.device) -> None:
        assert isinstance(data.config, StarGanConfig)
        self.data, self.config, self.device = data, data.config, device
        c, self.classes = self.config, len(data.class_ids)
        torch.manual_seed(c.seed)
        self.g = build_generator(c, data.channels, self.classes).to(device)
        self.d = Critic(data.channels, self.classes + 1, c).to(device)
        self.ema = Ema(self.g, c.ema)
        betas = c.beta1, c.beta2
        self.opt_g = torch.optim.Adam(self.g.parameters(), lr=c.learning_rate, betas=betas)
        self.opt_d = torch.optim.Adam(self.d.parameters(), lr=c.learning_rate, betas=betas)

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update D, and G where it is its turn. Returns the losses by name."""
        c, rng = self.config, step_rng(self.config.seed, index)
        image, domain = self._drawn(batch, rng)
        target = torch.randint(self.classes + 1, domain.shape, generator=rng).to(self.device)
        for optimizer in (self.opt_g, self.opt_d):
            rate = c.learning_rate * min(1.0, 2 - 2 * index / c.steps)
            optimizer.param_groups[0]["lr"] = rate
        with autocast(c.autocast, self.device), torch.no_grad():
            made = self._translate(self.g, image, target)
        with autocast(c.autocast, self.device):
            log = self._critic_losses(image, domain, made)
        if index % c.gp_every == 0 and c.lambda_gp:
            log["gradient_penalty"] = self._penalty(image, made, rng)
        update(self.opt_d, torch.stack(list(log.values())).sum())
        if (index + 1) % c.critic == 0:
            with autocast(c.autocast, self.device):
                log_g = self._generator_losses(image, domain, target)
            update(self.opt_g, torch.stack(list(log_g.values())).sum())
            self.ema.update(self.g, index // c.critic)
            log |= log_g
        return finite(log, index)

    def _drawn(self, batch: Batch, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images and their domains, the normal surface as often as any class."""
        normal = torch.rand(len(batch["cls"]), generator=rng) < 1 / (self.classes + 1)
        image = torch.where(normal[:, None, None, None], batch["surface"], batch["image"])
        domain = torch.where(normal, NORMAL, batch["cls"] + 1)
        return image.to(self.device), domain.to(self.device)

    def _critic_losses(self, image: Tensor, domain: Tensor, made: Tensor) -> Log:
        """Eqs. 1, 2 and 5 for D: the adversarial term is Wasserstein's."""
        real, logits = self.d(image)
        return {
            "critic": self.d(made)[0].mean() - real.mean(),
            "real_class": self.config.lambda_cls * functional.cross_entropy(logits, domain),
        }

    def _penalty(self, image: Tensor, made: Tensor, rng: torch.Generator) -> Tensor:
        """Eq. 8, lazily: every n-th step with n times the weight (StyleGAN2)."""
        mix = torch.rand(len(image), 1, 1, 1, generator=rng).to(self.device)
        between = mixed(image, made, mix)
        value = losses.one_lipschitz(self.d(between)[0], between)
        return self.config.lambda_gp * self.config.gp_every * value

    def _generator_losses(self, image: Tensor, domain: Tensor, target: Tensor) -> Log:
        """Eqs. 3, 4 and 6 for G."""
        self.d.requires_grad_(False)
        made = self._translate(self.g, image, target)
        score, logits = self.d(made)
        back = self._translate(self.g, made, domain)
        self.d.requires_grad_(True)
        return {
            "adversarial": -score.mean(),
            "made_class": self.config.lambda_cls * functional.cross_entropy(logits, target),
            "reconstruction": self.config.lambda_rec * losses.l1(image, back),
        }

    def _translate(self, net: nn.Module, image: Tensor, domain: Tensor) -> Tensor:
        out: Tensor = net(image, one_hot(domain, self.classes), KEY)
        return out

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
        """Rows: normal surfaces, then what every class makes of them; uint8 RGB (H, W, 3)."""
        surface = self.data[PREVIEW]["surface"][:SHOWN].to(self.device)
        rows = [surface]
        for domain in range(1, self.classes + 1):
            target = torch.full((len(surface),), domain, device=self.device)
            rows.append(self._translate(self.ema.module, surface, target))
        return contact_sheet([[picture(x) for x in row] for row in rows], tile=96)

    def _nets(self) -> dict[str, nn.Module]:
        return {"g": self.g, "d": self.d, "ema": self.ema.module}
