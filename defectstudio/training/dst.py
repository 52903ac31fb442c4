"""The training task of DST (P2 section 3.1; SPEC section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.ema import Ema
from defectstudio.networks.features.layers import Layers, named, usual
from defectstudio.networks.features.registry import load_features
from defectstudio.networks.transfer_net import losses
from defectstudio.networks.transfer_net.net import TransferNet
from defectstudio.networks.transfer_net.regions import around_masks, style_code
from defectstudio.synthesis.generators.references import packed
from defectstudio.training.parts import (
    Batch,
    Log,
    finite,
    put_back,
    state_of,
    step_rng,
)
from defectstudio.training.placements import PlacementBatches
from defectstudio.training.precision import autocast
from defectstudio.training.references import Reference

TERMS = ("content", "style", "hist", "tv")
LIMIT = 2.0
"""Of a placement's gradient, in units of that of its terms together."""
MEASURED, NOISE = 6, 0.05
"""Batches that gradient norms are measured on, and the noise there: of the matched image itself
the content loss is 0."""
PAPER = {"content": 1e5, "style": 2.5e-4, "hist": 10.0, "tv": 1.0}
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
        own = usual(network)
        self.content_layers = named(network, c.content_layers, own.content)
        self.style_layers = named(network, c.style_layers, own.style)
        self.hist_layers = named(network, c.hist_layers, own.hist)
        self.shallow = Layers(network, self.content_layers)
        self.styles = Layers(network, self.style_layers)
        self.all = Layers(network, (*self.content_layers, *self.style_layers, *self.hist_layers))
        described = [self._described(reference) for reference in data.references]
        self.wanted = [wanted for wanted, _ in described]
        self.codes = torch.stack([code for _, code in described])
        length = self.codes.shape[1] if c.conditional else 0
        self.net = TransferNet(data.channels, c.width_t, c.blocks, code=length, residual=c.residual)
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

    @torch.no_grad()
    def _described(self, reference: Reference) -> tuple[dict[str, Tensor], Tensor]:
        """Feature quantiles of H[M] by layer, and its style code (K,): see `style_code`."""
        pixels = torch.from_numpy(reference.pixels.transpose(2, 0, 1).copy())[None]
        mask = torch.from_numpy(reference.mask)[None, None].float().to(self.device)
        maps = self.all(pixels.to(self.device))
        wanted = {
            name: losses.quantiles(
                maps[name][0],
                losses.at_scale(mask, maps[name].shape[2:])[0],
                self.config.hist_pixels,
            )
            for name in self.hist_layers
        }
        return wanted, style_code([maps[name][0] for name in self.style_layers], mask)

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update the transfer network."""
        rng = step_rng(self.config.seed, index)
        batch = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        with autocast(self.config.autocast, self.device):
            made = self._transferred(self.net, batch)
            log = self._losses(made, batch, rng)
        weighted = {name: self.weights[name] * value for name, value in log.items()}
        (pull,) = torch.autograd.grad(_sum(weighted.values()), made)
        self.opt.zero_grad(set_to_none=True)
        torch.autograd.backward(made, self._limited(pull))
        self.opt.step()
        self.ema.update(self.net, index)
        return finite(weighted, index)

    def _limited(self, pull: Tensor) -> Tensor:
        """The gradient (B, C, H, W) by the image; with balanced weights no placement pulls harder
        than LIMIT: that by a few masked pixels is many times the usual one."""
        if not self.config.balance:
            return pull
        norm = pull.flatten(1).norm(dim=1) * len(pull)
        limited: Tensor = pull * (self.limit / norm.clamp_min(self.limit))[:, None, None, None]
        return limited

    def _transferred(self, net: TransferNet, batch: Batch) -> Tensor:
        """g T(y) + (1 - g) S."""
        code = self.codes[batch["reference"]] if self.config.conditional else None
        made: Tensor = net(batch["matched"], code)
        return torch.lerp(batch["surface"], made, batch["fusion"].expand_as(made))

    def _losses(self, made: Tensor, batch: Batch, rng: torch.Generator) -> Log:
        """Eqs. (1), (2), (4), (5) in L, unweighted."""
        mask = batch["mask"]
        made, matched, surface, inside = around_masks(
            made, batch["matched"], batch["surface"], mask
        )
        maps = self.all(made)
        with torch.no_grad():
            wanted = self.shallow(matched)
            style = self.styles(surface)
        masks = {name: losses.at_scale(inside, x.shape[2:]) for name, x in maps.items()}
        references = batch["reference"].tolist()
        return {
            "content": _sum(
                losses.content(maps[n], wanted[n], masks[n]) for n in self.content_layers
            ),
            "style": _sum(
                losses.style(losses.gram(maps[n], masks[n]), losses.gram(style[n], masks[n]))
                for n in self.style_layers
            ),
            "hist": _sum(
                losses.histogram(
                    maps[n],
                    masks[n],
                    [self.wanted[r][n] for r in references],
                    self.config.hist_pixels,
                    rng,
                )
                for n in self.hist_layers
            ),
            "tv": losses.total_variation(made, inside),
        }

    def _gradient_norms(self) -> dict[str, float]:
        """Norm of every term's gradient by the image near the matched one, median of batches."""
        found: dict[str, list[float]] = {name: [] for name in TERMS}
        for n in range(MEASURED):
            rng = step_rng(self.config.seed, BEYOND + n)
            batch = {k: v.to(self.device) for k, v in self.data[BEYOND + n].items()}
            noise = torch.randn(batch["matched"].shape, generator=rng).to(self.device)
            made = (batch["matched"] + NOISE * noise * batch["mask"]).requires_grad_(True)
            for name, value in self._losses(made, batch, rng).items():
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
        return {**net, **packed(kept, self.config), "codes": self.codes.cpu()}

    @torch.no_grad()
    def preview(self) -> np.ndarray:
        """Rows: references, normal surfaces, histogram match, DST; uint8 RGB (H, W, 3)."""
        columns = []
        for n in range(SHOWN):
            batch = {k: v[:1].to(self.device) for k, v in self.data[BEYOND + n].items()}
            made = self._transferred(self.ema.module, batch)
            reference = self.data.references[int(batch["reference"])].pixels
            own = [
                batch[name][0].cpu().numpy().transpose(1, 2, 0) for name in ("surface", "matched")
            ]
            columns.append([reference, *own, made[0].float().cpu().numpy().transpose(1, 2, 0)])
        return contact_sheet(
            [[_picture(column[row]) for column in columns] for row in range(4)], tile=128
        )


def _sum(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(terms)).sum()


def _list(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())


def _picture(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 1 or 3) in about [0, 1] -> uint8 RGB, at most 128 pixels a side."""
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    return np.round(rgb.clip(0, 1) * 255).astype(np.uint8)
