"""The training task of CycleGAN, one a class (Zhu et al. 2017, sections 3 and 4)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from defectstudio.domain.generators import CycleGanConfig
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.baselines import losses
from defectstudio.networks.baselines.cyclegan import Cycle, SurfaceToDefect
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


class CycleGanTask:
    """One CycleGAN a class, each updated at every N-th step.

    CycleGAN translates between two domains and knows no classes; P1 trains one a defect. To stay
    one model within one budget, the classes share the steps evenly: step n is of class n % N.
    The learning rate falls linearly to 0 over the second half (section 4).
    """

    def __init__(self, data: SurfaceBatches, device: torch.device) -> None:
        assert isinstance(data.config, CycleGanConfig)
        self.data, self.config, self.device = data, data.config, device
        c, classes = self.config, len(data.class_ids)
        torch.manual_seed(c.seed)
        self.cycles = [Cycle(c, data.channels).to(device) for _ in range(classes)]
        self.kept = [Ema(cycle.g, c.ema) for cycle in self.cycles]
        self.opt_g = [self._adam(cycle.g, cycle.f) for cycle in self.cycles]
        self.opt_d = [self._adam(cycle.d_a, cycle.d_b) for cycle in self.cycles]

    def _adam(self, *nets: nn.Module) -> torch.optim.Adam:
        c = self.config
        weights = [weight for net in nets for weight in net.parameters()]
        return torch.optim.Adam(weights, lr=c.learning_rate, betas=(c.beta1, c.beta2))

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update both generators of a class, then both discriminators."""
        own = index % len(self.cycles)
        cycle, rng = self.cycles[own], step_rng(self.config.seed, index)
        a, b = (batch[name].to(self.device) for name in ("surface", "image"))
        for optimizer in (self.opt_g[own], self.opt_d[own]):
            optimizer.param_groups[0]["lr"] = self._rate(index)
        with autocast(self.config.autocast, self.device):
            made_a, made_b, log_g = self._generator_losses(cycle, a, b)
        update(self.opt_g[own], torch.stack(list(log_g.values())).sum())
        self.kept[own].update(cycle.g, index // len(self.cycles))
        made_a, made_b = cycle.pool_a.swap(made_a, rng), cycle.pool_b.swap(made_b, rng)
        with autocast(self.config.autocast, self.device):
            log_d = {
                "discriminator_a": _judging(cycle.d_a, a, made_a),
                "discriminator_b": _judging(cycle.d_b, b, made_b),
            }
        update(self.opt_d[own], torch.stack(list(log_d.values())).sum())
        return finite({**log_g, **log_d}, index)

    def _rate(self, index: int) -> float:
        return self.config.learning_rate * min(1.0, 2 - 2 * index / self.config.steps)

    def _generator_losses(self, cycle: Cycle, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Log]:
        c = self.config
        for net in (cycle.d_a, cycle.d_b):
            net.requires_grad_(False)
        made_b, made_a = cycle.g(a, None, KEY), cycle.f(b, None, KEY)
        cycled = losses.l1(a, cycle.f(made_b, None, KEY)) + losses.l1(b, cycle.g(made_a, None, KEY))
        log = {
            "adversarial": losses.least_squares(cycle.d_b(made_b), 1.0, made_b[:, -1:])
            + losses.least_squares(cycle.d_a(made_a), 1.0, made_a[:, -1:]),
            "cycle": c.lambda_cycle * cycled,
        }
        if c.lambda_identity:
            same = losses.l1(b, cycle.g(b, None, KEY)) + losses.l1(a, cycle.f(a, None, KEY))
            log["identity"] = c.lambda_identity * same
        for net in (cycle.d_a, cycle.d_b):
            net.requires_grad_(True)
        return made_a, made_b, log

    def state(self) -> dict[str, Tensor]:
        """Networks and pools of every class, the kept averages, the optimizers' moments."""
        return state_of(self._nets(), self._optimizers())

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put a `state()` back."""
        put_back(tensors, self._nets(), self._optimizers())

    def export(self) -> dict[str, Tensor]:
        """The tensors of a SurfaceToDefect."""
        kept = SurfaceToDefect(self.config, self.data.channels, len(self.kept))
        for net, ema in zip(kept.classes, self.kept, strict=True):
            net.load_state_dict(ema.module.state_dict())
        return kept.state_dict()

    @torch.no_grad()
    def preview(self) -> np.ndarray:
        """A pair of rows a class: normal surfaces, and the contents made of them; uint8 RGB."""
        rows = []
        for index, ema in enumerate(self.kept):
            batch = self.data[PREVIEW - PREVIEW % len(self.kept) + index]
            surface = batch["surface"][:SHOWN].to(self.device)
            rows += [surface, ema.module(surface, None, KEY)]
        return contact_sheet([[picture(x) for x in row] for row in rows], tile=96)

    def _nets(self) -> dict[str, nn.Module]:
        cycles = {f"cycle.{n}": cycle for n, cycle in enumerate(self.cycles)}
        return {**cycles, **{f"kept.{n}": ema.module for n, ema in enumerate(self.kept)}}

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        both = {"g": self.opt_g, "d": self.opt_d}
        return {f"{name}.{n}": opt for name, own in both.items() for n, opt in enumerate(own)}


def _judging(net: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """Half of both errors: the discriminator learns at half the generator's rate (section 4)."""
    right = losses.least_squares(net(real), 1.0, real[:, -1:])
    wrong = losses.least_squares(net(made), 0.0, made[:, -1:])
    return 0.5 * (right + wrong)
