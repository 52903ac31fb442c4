"""The sampler of DCDGANc and its ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from defectstudio.domain.errors import CheckpointError, ImageError, RecipeError
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import Style
from defectstudio.imaging.types import Mask, Unit
from defectstudio.networks.dcdganc.companions import Companions, logit
from defectstudio.networks.dcdganc.model import KEY, Inputs, build_generator, unpack
from defectstudio.networks.dcdganc.source import constant_map, mask_map
from defectstudio.synthesis import latents as ways
from defectstudio.synthesis.generators.canvas import Canvas, free_content
from defectstudio.synthesis.generators.content import Content, class_index, class_order
from defectstudio.synthesis.guard import Guard
from defectstudio.synthesis.known import Known
from defectstudio.synthesis.latents import Draw, Latent
from defectstudio.synthesis.record import Record

PLAIN = Style()


class Dcdganc:
    """A trained DCDGANc (SPEC section 1), one content at a time so that batches change nothing."""

    def __init__(
        self, card: GeneratorCard, tensors: Mapping[str, Tensor], device: torch.device
    ) -> None:
        assert isinstance(card.config, DcdgancConfig)
        self.card, self.config, self.device = card, card.config, device
        self.fills_mask = card.config.fills_mask
        ids = class_order(card)
        self.inputs = Inputs(ids, mask_source=self.fills_mask)
        self.net = build_generator(card.config, card.channels, len(ids)).to(device).eval()
        self.prior = unpack(self.net, tensors)
        self.companions = Companions(card.config, card.channels, len(ids), tensors, device)
        self.record = Record.unpack(tensors)
        known = Known.unpack(tensors)
        self.guard = Guard(known, card.config.learned_from, device) if known else None

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:  # noqa: ARG002
        """Content for `mask` bool (h, w) of any size; masks larger than a canvas are drawn small.

        Mask source: the content fills the mask exactly. Constant source: the content falls where
        the generator likes inside the box; the raw mask is its watershed within the mask.
        The surface is not looked at. Raises CheckpointError for a class it does not know.
        """
        return self.draw([self.latent(class_id, seed)], mask)[0]

    def styled(
        self, class_id: int, seeds: Sequence[int], style: Style, mask: Mask
    ) -> list[Content]:
        """As `generate`, one content a seed with the style changed, in one call of the network.

        Several at once may differ from single ones in their last bits. Raises CheckpointError for
        an unknown class and RecipeError for a style of another size.
        """
        return self.draw([self.latent(class_id, seed, style) for seed in seeds], mask)

    def latent(self, class_id: int, seed: int, style: Style = PLAIN) -> Latent:
        """What a content is made from. Raises as `styled`."""
        own = self._of_class(class_id, seed, style)
        if style.towards is None:
            return own
        other = self._of_class(style.towards.class_id, seed, style)
        return ways.between_classes(own, other, style.towards.amount, code_only=False)

    def _of_class(self, class_id: int, seed: int, style: Style) -> Latent:
        index, nz = class_index(self.card, class_id), self.config.nz
        own = Draw.of(seed, nz)
        if style.normal:
            if len(style.normal) != nz:
                raise RecipeError(
                    f"the style has {len(style.normal)} numbers, those of this generator {nz}",
                    remedy="Read the style with the generator that is to draw it.",
                )
            own = Draw(torch.tensor(style.normal), own.grains)
        fine = own
        if style.mix is not None:
            fine = own.mixed(Draw.of(style.mix.seed, nz), style.mix.amount)
            own = fine if style.mix.layers == "all" else own
        return Latent(
            self.inputs.eye[index],
            float(self.inputs.values[index]),
            ways.style_of(self.prior, index, own.normal, style.truncation),
            ways.style_of(self.prior, index, fine.normal, style.truncation),
            own.grains,
        )

    def draw(self, latents: Sequence[Latent], mask: Mask) -> list[Content]:
        """One content a latent for the same mask bool (h, w), in one call of the network."""
        if self.fills_mask:
            canvas = self._canvas(mask)
            made = self._run(latents, canvas.plane)
            return [Content(canvas.cut(one[..., :-1]), mask.copy()) for one in made]
        window = np.ones((self.config.height, self.config.width), np.float32)
        return [free_content(one, mask) for one in self._run(latents, window)]

    def encode(self, class_id: int, pixels: Unit, mask: Mask) -> tuple[float, ...]:
        """The style of a real content as the normal numbers of its class, for `Style.normal`.

        pixels float32 (h, w, C) in [0, 1] in the tone of the generator's configuration, mask bool
        (h, w). z is the encoder's mean (P1 section 2.2). Raises CheckpointError for an unknown
        class and for weights without an encoder, ImageError for an empty mask or other channels.
        """
        index = class_index(self.card, class_id)
        encoder = self.companions.encoder
        if encoder is None:
            raise CheckpointError(
                "the generator was trained before styles could be read: it holds no encoder",
                remedy="Train it again.",
            )
        with torch.no_grad():
            z = encoder(self.image(pixels, mask)[None].to(self.device))[0][0].cpu()
        return tuple(ways.normal_of(self.prior, index, z).tolist())

    def image(self, pixels: Unit, mask: Mask) -> Tensor:
        """A content as the networks see it: (C + 1, H, W), in [-1, 1] on the key, and alpha.

        Raises ImageError for an empty mask and for pixels of other channels than the generator's.
        """
        if not mask.any() or pixels.shape != (*mask.shape, self.card.channels):
            raise ImageError(
                f"a content {pixels.shape} under a mask of {int(mask.sum())} pixels cannot be read",
                remedy=f"Use a mask that is not empty and {self.card.channels} channel(s).",
            )
        return torch.from_numpy(self._canvas(mask).image(pixels))

    def looks_real(self, class_id: int, pixels: Unit, mask: Mask) -> float | None:
        """The discriminator's logit of a content, as in `encode`; None for weights without one."""
        judge = self.companions.discriminator
        if judge is None:
            return None
        index = torch.tensor([class_index(self.card, class_id)], device=self.device)
        image = self.image(pixels, mask)[None].to(self.device)
        return float(logit(judge, image, self.inputs.one_hot(index)))

    def _canvas(self, mask: Mask) -> Canvas:
        return Canvas(mask, self.config.height, self.config.width, self.config.shrink)

    @torch.no_grad()
    def _run(self, latents: Sequence[Latent], canvas: NDArray[np.float32]) -> list[Unit]:
        """canvas (H, W) in {0, 1} -> for each latent content and alpha (H, W, C + 1) in [0, 1]."""
        count = len(latents)
        values = torch.tensor([one.value for one in latents])
        plane = torch.from_numpy(canvas)[None, None].expand(count, -1, -1, -1)
        source = mask_map(values, plane) if self.fills_mask else constant_map(values, *canvas.shape)
        codes = torch.stack([torch.cat([one.code, one.z]) for one in latents]).to(self.device)
        planes = ways.noise(latents, self.net.noise_shapes(*canvas.shape))
        noise = [level.to(self.device) for level in planes]
        if all(torch.equal(one.z, one.fine) for one in latents):
            out = self.net(source.to(self.device), codes, noise, KEY)
        else:
            fine = torch.stack([torch.cat([one.code, one.fine]) for one in latents])
            with ways.fine_code(self.net, fine.to(self.device)):
                out = self.net(source.to(self.device), codes, noise, KEY)
        out = out.float().cpu()
        out[:, :-1] = (out[:, :-1] + 1) / 2
        return [np.ascontiguousarray(one) for one in out.permute(0, 2, 3, 1).numpy()]
