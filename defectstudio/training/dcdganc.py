"""The training task of DCDGANc (P1 Table 1; SPEC section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.domain.generators import PROJECTED_ON, DcdgancConfig
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.networks.dcdganc import losses
from defectstudio.networks.dcdganc.companions import pack_companions
from defectstudio.networks.dcdganc.encoder import reparameterize
from defectstudio.networks.dcdganc.generator import draw_noise
from defectstudio.networks.dcdganc.model import (
    KEY,
    Inputs,
    build_discriminator,
    build_encoder,
    build_generator,
    pack,
)
from defectstudio.networks.dcdganc.prior import Prior, RunningPrior, aggregated, standard
from defectstudio.networks.dcdganc.projected import Judges, ProjectedDiscriminator
from defectstudio.networks.ema import Ema
from defectstudio.networks.features.registry import load_features
from defectstudio.synthesis.known import Known
from defectstudio.training import parallel
from defectstudio.training.augment import Augment
from defectstudio.training.contents import ContentBatches
from defectstudio.training.parallel import gathered, share
from defectstudio.training.parts import finite, picture, put_back, state_of, step_rng
from defectstudio.training.precision import autocast
from defectstudio.training.record import remember

PRIOR_DRAWS = 64
"""Contents encoded of every class to find its styles."""
FILTERS, PATCH, PATCHES = 32, 5, 512
"""Of the texture loss: filters a step, their side, and pixels compared an image."""
PREVIEW = 1 << 40
"""The batch that the preview grid shows, beyond any step."""

Batch = dict[str, Tensor]


class Seen(NamedTuple):
    """What the discriminators look at (`Judges.look`), of three kinds of images."""

    real: list[Tensor]
    recon: list[Tensor]
    sample: list[Tensor]


class DcdgancTask:
    """Networks, optimizers and one step. All randomness of a step follows from (seed, step).

    known: what the generator will know its training contents by.
    """

    def __init__(
        self, data: ContentBatches, device: torch.device, known: Known | None = None
    ) -> None:
        config, classes = data.config, len(data.class_ids)
        assert isinstance(config, DcdgancConfig)
        torch.manual_seed(config.seed)
        self.data, self.config, self.device, self.known = data, config, device, known
        self.inputs = Inputs(data.class_ids, mask_source=config.source == "mask")
        self.g = build_generator(config, data.channels, classes)
        self.e = build_encoder(config, data.channels)
        self.d = Judges(
            build_discriminator(config, data.channels, classes), self._projected(classes)
        )
        self.running = RunningPrior(classes, config.nz)
        for net in (self.g, self.e, self.d, self.running):
            net.to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.g, config.ema)
        betas = (config.beta1, config.beta2)
        self.opt = {
            name: torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=betas)
            for name, net in (("g", self.g), ("e", self.e), ("d", self.d))
        }

    def _projected(self, classes: int) -> ProjectedDiscriminator | None:
        if not self.config.projected:
            return None
        features = load_features(PROJECTED_ON, self.device)
        return ProjectedDiscriminator(features, classes, self.config.width_d)

    def step(self, index: int, batch: Batch) -> dict[str, float]:
        """Update E and G, then D (P1 Table 1). Returns the losses by name."""
        rng = step_rng(self.config.seed, index)
        image = share(batch["image"]).to(self.device, non_blocking=True)
        cls = share(batch["cls"]).to(self.device, non_blocking=True)
        augment = self._augment(image, rng)
        with self._autocast():
            seen, log_ge = self._generator_losses(image, cls, augment, rng)
        self._update(("g", "e"), log_ge["total"])
        self.ema.update(self.g, index)
        with self._autocast():
            log_d = self._discriminator_losses(seen, cls)
        if index % self.config.gp_every == 0 and self.config.lambda_gp:
            log_d |= self._penalty(seen.real[0], seen.sample[0], cls, rng)
        self._update(("d",), torch.stack(list(log_d.values())).sum())
        return finite({**log_ge, **log_d}, index)

    def _generator_losses(
        self, image: Tensor, cls: Tensor, augment: Augment | nn.Identity, rng: torch.Generator
    ) -> tuple[Seen, dict[str, Tensor]]:
        c = self.config
        self.d.requires_grad_(False)
        mu, log_variance = self.e(image)
        z_r = reparameterize(mu, log_variance, self._normal(len(image), rng))
        z_s = self._normal(len(image), rng)
        if c.prior == "posterior":
            z_s = self.running.draw(cls, z_s)
            self.running.update(*map(gathered, (cls, mu.float(), log_variance.float())))
        recon = self._generate(self.g, z_r, cls, image, rng)
        sample = self._generate(self.g, z_s, cls, image, rng)
        one_hot = self.inputs.one_hot(cls)
        seen = Seen(*(self.d.look(augment(x)) for x in (image, recon, sample)))
        real = self.d(seen.real, one_hot) if c.lambda_fm else []
        fake, other = (self.d(own, one_hot) for own in (seen.recon, seen.sample))
        log = {
            "adversarial": torch.stack([losses.fooling(j) for j in (*fake, *other)]).sum(),
            "reconstruction": c.lambda_p * self._reconstruction(image, recon),
            "kl": c.lambda_kl * losses.kl(mu, log_variance),
            "latent": c.lambda_l * losses.latent(z_s, self._mu_of(sample)),
        }
        if c.lambda_texture:
            log["texture"] = c.lambda_texture * self._texture(image, recon, rng)
        if c.lambda_fm:
            matching = [losses.feature_matching(*pair) for pair in zip(real, fake, strict=True)]
            log["feature_matching"] = c.lambda_fm * torch.stack(matching).sum()
        if c.classifies:
            other = share(gathered(image).roll(1, 0))
            elsewhere = augment(self._generate(self.g, z_s, cls, other, rng))
            logits = self.d.classify(self.d.look(elsewhere))
            log["class"] = c.lambda_cls * losses.class_margin(logits, cls)
        log["total"] = torch.stack(list(log.values())).sum()
        self.d.requires_grad_(True)
        return Seen(*([x.detach() for x in own] for own in seen)), log

    def _reconstruction(self, image: Tensor, recon: Tensor) -> Tensor:
        if self.config.coarse == 1 or not self.config.fills_mask:
            return losses.reconstruction(image, recon)
        return losses.coarse_reconstruction(image, recon, self.config.coarse)

    def _texture(self, image: Tensor, recon: Tensor, rng: torch.Generator) -> Tensor:
        filters = losses.draw_filters(FILTERS, image.shape[1] - 1, PATCH, rng)
        weights = gathered(image[:, -1].flatten(1)).cpu()
        positions = share(torch.multinomial(weights, PATCHES, replacement=True, generator=rng))
        return losses.texture(image, recon, filters.to(self.device), positions.to(self.device))

    def _mu_of(self, sample: Tensor) -> Tensor:
        """mu(E(I_s)) with E held still: the latent loss moves G only (P1 Table 1)."""
        self.e.requires_grad_(False)
        mu: Tensor = self.e(sample)[0]
        self.e.requires_grad_(True)
        return mu

    def _discriminator_losses(self, seen: Seen, cls: Tensor) -> dict[str, Tensor]:
        one_hot = self.inputs.one_hot(cls)
        judged = [self.d(own, one_hot) for own in seen]
        terms = [losses.judging(real, list(fakes)) for real, *fakes in zip(*judged, strict=True)]
        log = {"discriminator": torch.stack(terms).sum()}
        if self.config.classifies:
            log["classifier"] = functional.cross_entropy(self.d.classify(seen.real), cls)
        return log

    def _penalty(
        self, real: Tensor, fake: Tensor, cls: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """Lazy regularization: every n-th step with n times the weight (StyleGAN2)."""
        if self.config.penalty == "r1":
            value = losses.r1(self.d.patches, real, self.inputs.one_hot(cls))
        else:
            mix = torch.rand(len(real) * parallel.size(), 1, 1, 1, generator=rng)
            mix = share(mix).to(self.device)
            value = losses.gradient_penalty(
                self.d.patches, real, fake, self.inputs.one_hot(cls), mix
            )
        return {"gradient_penalty": self.config.lambda_gp * self.config.gp_every * value}

    def _generate(
        self, net: nn.Module, z: Tensor, cls: Tensor, image: Tensor, rng: torch.Generator
    ) -> Tensor:
        code = torch.cat([self.inputs.one_hot(cls), z], dim=1)
        shapes = self.g.noise_shapes(image.shape[2], image.shape[3])
        planes = draw_noise(shapes, len(z) * parallel.size(), rng)
        noise = [share(plane).to(self.device) for plane in planes]
        out: Tensor = net(self.inputs.source(cls, image[:, -1:]), code, noise, KEY)
        return out

    def _normal(self, batch: int, rng: torch.Generator) -> Tensor:
        rows = torch.randn(batch * parallel.size(), self.config.nz, generator=rng)
        return share(rows).to(self.device)

    def _augment(self, image: Tensor, rng: torch.Generator) -> Augment | nn.Identity:
        if not self.config.diffaugment:
            return nn.Identity()
        return Augment(len(image) * parallel.size(), image.shape[2], image.shape[3], rng)

    def _autocast(self) -> torch.autocast:
        return autocast(self.config.autocast, self.device)

    def _update(self, names: Sequence[str], loss: Tensor) -> None:
        for name in names:
            self.opt[name].zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        parallel.average(p.grad for name in names for p in self.opt[name].param_groups[0]["params"])
        for name in names:
            self.opt[name].step()

    def state(self) -> dict[str, Tensor]:
        """Weights of G, E, D and the average of G, and the optimizers' moments."""
        return state_of(self._networks(), self.opt)

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put a `state()` back."""
        put_back(tensors, self._networks(), self.opt)

    def export(self) -> dict[str, Tensor]:
        """The average of G and its prior, E and D to read and judge with, and what was seen."""
        seen = remember(self.data.by_class, self.config, self.d.patches, self.device).pack()
        drawn = pack(self.ema.module, self.prior())
        known = self.known.pack() if self.known else {}
        return {**drawn, **pack_companions(self.e, self.d.patches), **seen, **known}

    def _networks(self) -> dict[str, nn.Module]:
        return {
            "g": self.g,
            "e": self.e,
            "d": self.d,
            "ema": self.ema.module,
            "prior": self.running,
        }

    @torch.no_grad()
    def prior(self) -> Prior:
        """What styles are drawn from: see DcdgancConfig.prior."""
        classes = range(len(self.data.class_ids))
        if self.config.prior == "standard":
            return standard(len(classes), self.config.nz)
        drawn = [self.data.of_class(index, PRIOR_DRAWS)["image"] for index in classes]
        mu, log_variance = zip(*(self.e(image.to(self.device)) for image in drawn), strict=True)
        return aggregated([m.cpu() for m in mu], [v.cpu() for v in log_variance])

    @torch.no_grad()
    def preview(self) -> np.ndarray:
        """Rows: real contents, their reconstructions, three samples as they will be drawn.

        The same contents and the same normal numbers at every step; uint8 RGB (H, W, 3).
        """
        batch = self.data[PREVIEW]
        image, cls = batch["image"][:8].to(self.device), batch["cls"][:8].to(self.device)
        rng = torch.Generator().manual_seed(0)
        net, prior = self.ema.module, self.prior()
        rows = [image, self._generate(net, self.e(image)[0], cls, image, rng)]
        for _ in range(3):
            normal = torch.randn(len(image), self.config.nz, generator=rng)
            z = [prior.style(int(c), n) for c, n in zip(cls, normal, strict=True)]
            rows.append(self._generate(net, torch.stack(z).to(self.device), cls, image, rng))
        return contact_sheet([[picture(x) for x in row] for row in rows], tile=96)
