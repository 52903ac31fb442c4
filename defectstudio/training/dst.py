"""The training task of DST (P2 section 3.1; SPEC section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.ema import Ema
from defectstudio.networks.features.registry import load_features
from defectstudio.networks.transfer_net.losses import thinned
from defectstudio.networks.transfer_net.net import TransferNet, transfer_net
from defectstudio.networks.transfer_net.objective import (
    TERMS,
    Objective,
    Placement,
    Wanted,
    total,
    weighted,
)
from defectstudio.synthesis.generators.references import packed
from defectstudio.training.parts import (
    Batch,
    finite,
    put_back,
    set_rate,
    state_of,
    step_rng,
)
from defectstudio.training.placements import PlacementBatches
from defectstudio.training.precision import autocast
from defectstudio.training.references import Reference

KEPT = 256
"""Values of a feature channel that a generator keeps of a reference."""
LIMIT = 2.0
"""Of a placement's gradient, in units of that of its terms together."""
MEASURED, NOISE = 6, 0.05
"""Batches that gradient norms are measured on, and the noise there: of the matched image itself
the content loss is 0."""
PAPER = {"content": 1e5, "style": 2.5e-4, "hist": 10.0, "texture": 0.0, "tv": 1.0}
"""Weights of P2 section 4, whose gradient norms are logged beside ours."""
BEYOND = 1 << 40
"""Steps of the batches that no training step sees: measured and shown."""
SHOWN = 6
"""Columns of the preview grid."""


class DstTask:
    """One transfer network, Adam, and one step. All randomness follows from (seed, step)."""

    def __init__(
        self,
        data: PlacementBatches,
        device: torch.device,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.data, self.config, self.device = data, data.config, device
        c = self.config
        torch.manual_seed(c.seed)
        network = load_features(c.features, device, download=c.download)
        self.objective = Objective(network, c)
        described = [self._described(reference) for reference in data.references]
        self.wanted = [wanted for wanted, _ in described]
        self.codes = torch.stack([code for _, code in described])
        self.net = transfer_net(c, data.channels, self.codes)
        self.net.to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.net, c.ema)
        self.opt = torch.optim.Adam(
            self.net.parameters(), lr=c.learning_rate, betas=(c.beta1, c.beta2)
        )
        norms = self._gradient_norms()
        self.weights = {name: getattr(c, f"w_{name}") for name in TERMS}
        self.limit = LIMIT * math.hypot(*self.weights.values())
        if c.balance:
            self.weights = {name: w / norms[name] for name, w in self.weights.items()}
        log(f"losses on {network.name} ({network.sha256[:12]})")
        log(f"gradient norms of {_list(norms)}")
        log(f"with the paper's weights: {_list({n: PAPER[n] * norms[n] for n in TERMS})}")
        log(
            f"with the weights of this run: {_list({n: self.weights[n] * norms[n] for n in TERMS})}"
        )

    def _described(self, reference: Reference) -> tuple[Wanted, Tensor]:
        pixels = torch.from_numpy(reference.pixels.transpose(2, 0, 1).copy())[None]
        mask = torch.from_numpy(reference.mask)[None, None].float()
        return self.objective.described(pixels.to(self.device), mask.to(self.device))

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update the transfer network."""
        c = self.config
        set_rate(self.opt, c.learning_rate, index, c.steps, c.decay)
        rng = step_rng(self.config.seed, index)
        with autocast(self.config.autocast, self.device):
            made, place = self._transferred(self.net, batch, rng)
        # The losses in full precision, in which their gradients were measured.
        log = weighted(self.objective(made.float(), place, rng), self.weights)
        (pull,) = torch.autograd.grad(total(log), made)
        self.opt.zero_grad(set_to_none=True)
        torch.autograd.backward(made, self._limited(pull))
        self.opt.step()
        self.ema.update(self.net, index)
        return finite(log, index)

    def _limited(self, pull: Tensor) -> Tensor:
        """The gradient (B, C, H, W) by the image; with balanced weights no placement pulls harder
        than `limit`: that by a few masked pixels is many times the usual one."""
        if not self.config.balance:
            return pull
        norm = pull.flatten(1).norm(dim=1) * len(pull)
        limited: Tensor = pull * (self.limit / norm.clamp_min(self.limit))[:, None, None, None]
        return limited

    def _transferred(
        self, net: TransferNet, batch: Batch, rng: torch.Generator
    ) -> tuple[Tensor, Placement]:
        """The fused image, and what it was made for."""
        place = self._placement(batch)
        grain = torch.randn(place.mask.shape, generator=rng).to(self.device)
        code = self.codes[batch["reference"]] if self.config.conditional else None
        return place.fused(net(place.matched, grain, code)), place

    def _placement(self, batch: Batch) -> Placement:
        surface, matched, mask, fusion = (
            batch[name].to(self.device, non_blocking=True)
            for name in ("surface", "matched", "mask", "fusion")
        )
        wanted = [self.wanted[n] for n in batch["reference"].tolist()]
        return Placement(surface, matched, mask, fusion, wanted)

    def _gradient_norms(self) -> dict[str, float]:
        """Norm of every term's gradient by the image near the matched one, median of batches."""
        found: dict[str, list[float]] = {name: [] for name in TERMS}
        for n in range(MEASURED):
            rng = step_rng(self.config.seed, BEYOND + n)
            place = self._placement(self.data[BEYOND + n])
            noise = torch.randn(place.matched.shape, generator=rng).to(self.device)
            made = (place.matched + NOISE * noise * place.mask).requires_grad_(True)
            for name, value in self.objective(made, place, rng).items():
                (grad,) = torch.autograd.grad(value, made, retain_graph=True)
                found[name].append(float(grad.norm()))
        return {name: max(float(np.median(own)), 1e-12) for name, own in found.items()}

    def state(self) -> dict[str, Tensor]:
        """The network, its average, and the optimizer's moments."""
        return state_of({"t": self.net, "ema": self.ema.module}, {"t": self.opt})

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put a `state()` back."""
        put_back(tensors, {"t": self.net, "ema": self.ema.module}, {"t": self.opt})

    def export(self) -> dict[str, Tensor]:
        """The average of the network, the references and their style codes."""
        ids = list(self.data.class_ids)
        kept = [(ids.index(r.class_id), r.pixels, r.mask) for r in self.data.references]
        net = {f"net.{name}": value for name, value in self.ema.module.state_dict().items()}
        weights = torch.tensor([self.weights[name] for name in TERMS])
        wanted = {
            f"{part}.{n:04d}.{layer}": values.cpu()
            for n, one in enumerate(self.wanted)
            for part, own in (("hist", _thinned(one.hist)), ("gram", one.grams))
            for layer, values in own.items()
        }
        own = {"codes": self.codes.cpu(), "weights": weights}
        return {**net, **packed(kept, self.config), **wanted, **own}

    @torch.no_grad()
    def preview(self) -> np.ndarray:
        """Rows: references, normal surfaces, histogram match, DST; uint8 RGB (H, W, 3)."""
        columns = []
        for n in range(SHOWN):
            batch = {name: own[:1] for name, own in self.data[BEYOND + n].items()}
            rng = step_rng(self.config.seed, BEYOND + n)
            made, _ = self._transferred(self.ema.module, batch, rng)
            reference = self.data.references[int(batch["reference"])].pixels
            own = [batch[name][0].numpy().transpose(1, 2, 0) for name in ("surface", "matched")]
            columns.append([reference, *own, made[0].float().cpu().numpy().transpose(1, 2, 0)])
        return contact_sheet(
            [[_picture(column[row]) for column in columns] for row in range(4)], tile=128
        )


def _thinned(hist: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {layer: thinned(values, KEPT).half() for layer, values in hist.items()}


def _list(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())


def _picture(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 1 or 3) in about [0, 1] -> uint8 RGB."""
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    return np.round(rgb.clip(0, 1) * 255).astype(np.uint8)
