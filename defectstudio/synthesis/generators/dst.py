"""The sampler of DST: histogram match, transfer network, fusion (P2 Algorithm 2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.transfer import REACH, DstConfig
from defectstudio.imaging.fusion import fused, gaussian_mask
from defectstudio.imaging.masks import Box
from defectstudio.imaging.tiling import Joined, feather, tiles
from defectstudio.imaging.types import Mask, Unit
from defectstudio.networks.features.registry import load_features
from defectstudio.networks.transfer_net.net import STRIDE, transfer_net
from defectstudio.networks.transfer_net.objective import (
    TERMS,
    Objective,
    Placement,
    Wanted,
    polished,
    total,
    weighted,
)
from defectstudio.synthesis.generators.content import Content, class_index
from defectstudio.synthesis.generators.references import References, matched

TILE, OVERLAP = 512, 160
"""Sides in pixels of the tiles of larger surfaces, which bound the memory, and what they share."""


class Dst:
    """A trained transfer network: the surface under the mask becomes a defect like a reference.

    The same place and seed give the same content; the seed draws the reference and the grain.
    """

    def __init__(
        self, card: GeneratorCard, tensors: Mapping[str, Tensor], device: torch.device
    ) -> None:
        assert isinstance(card.config, DstConfig)
        self.card, self.config, self.device = card, card.config, device
        self.fills_mask = True
        self.references = References(tensors, len(card.values), card.channels)
        if not {"codes", "weights"} <= tensors.keys():
            raise RuntimeError("the style codes or the weights of the losses are missing")
        self.codes = tensors["codes"].to(device)
        self.weights = dict(zip(TERMS, tensors["weights"].tolist(), strict=True))
        self.wanted: dict[int, Wanted] = defaultdict(lambda: Wanted({}, {}))
        for name, values in tensors.items():
            part, _, rest = name.partition(".")
            if part in ("hist", "gram"):
                number, layer = rest.split(".")
                wanted = self.wanted[int(number)]
                own = wanted.hist if part == "hist" else wanted.grams
                own[layer] = values.float().to(device)
        self._asked: Objective | None = None
        self.net = transfer_net(self.config, card.channels, self.codes)
        self.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        self.net.to(device).to(memory_format=torch.channels_last).eval()

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:
        """Content for `mask` bool (h, w) of the surface under its box and `config.context` around.

        Raises CheckpointError for a class it does not know.
        """
        return self.polished(class_id, seed, mask, surface, 0)

    def polished(
        self, class_id: int, seed: int, mask: Mask, surface: Unit, iterations: int
    ) -> Content:
        """As `generate`, its pixels then moved so many times down the losses of the training.

        Raises CheckpointError where the feature network of the training is missing.
        """
        values, number = self.references.drawn(class_index(self.card, class_id), seed)
        rows, columns = self.config.context(*mask.shape)
        wide = np.pad(mask, ((rows, rows), (columns, columns)))
        image = matched(surface, wide, values)
        made = self._transferred(image, wide, number, seed)
        if iterations and mask.any():
            made = self._polished(made, (surface, image, wide), number, iterations)
        inner = Box(rows, columns, *mask.shape).slices
        g = gaussian_mask(mask, self.config.fusion)
        return Content(fused(made[inner].clip(0, 1), surface[inner], g), mask.copy())

    def _polished(
        self, made: Unit, scene: tuple[Unit, Unit, Mask], number: int, iterations: int
    ) -> Unit:
        """scene: the surface, the matched image and the mask, all (h, w, ...) as `made`; large ones
        are refined in tiles, each by what of the mask it holds."""
        surface, image, mask = scene
        if max(mask.shape) <= TILE:
            return self._descended(made, scene, number, iterations)
        joined = Joined(made.shape)
        for box in tiles(mask.shape, TILE, OVERLAP):
            at = box.slices
            if mask[at].any():
                part = surface[at], image[at], mask[at]
                own = self._descended(made[at], part, number, iterations)
                joined.add(own, box, feather(box, mask.shape, OVERLAP, REACH))
        return joined.over(made)

    def _descended(
        self, made: Unit, scene: tuple[Unit, Unit, Mask], number: int, iterations: int
    ) -> Unit:
        surface, image, mask = scene
        objective = self._objective()
        g = gaussian_mask(mask, self.config.fusion)
        place = Placement(
            self._tensor(surface),
            self._tensor(image),
            self._tensor(mask[..., None].astype(np.float32)),
            self._tensor(g[..., None]),
            [self.wanted[number]],
        )
        rng = torch.Generator().manual_seed(0)

        def loss(x: Tensor) -> Tensor:
            return total(weighted(objective(x, place, rng), self.weights))

        found = polished(self._tensor(made.clip(0, 1)), place, loss, iterations)
        return np.ascontiguousarray(found[0].cpu().numpy().transpose(1, 2, 0))

    def _objective(self) -> Objective:
        """Its network is loaded when it is first asked."""
        if self._asked is None:
            try:
                network = load_features(self.config.features, self.device)
            except CheckpointError as error:
                remedy = f"{error.remedy} With polish 0 nothing is refined and none is needed."
                raise CheckpointError(error.reason, subject=error.subject, remedy=remedy) from error
            self._asked = Objective(network, self.config)
        return self._asked

    def _tensor(self, pixels: Unit) -> Tensor:
        planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
        return torch.from_numpy(planes)[None].to(self.device)

    def _transferred(self, image: Unit, mask: Mask, number: int, seed: int) -> Unit:
        """T(y) of y (h, w, C), of which large ones are made in tiles where the mask is."""
        grain = torch.randn(mask.shape, generator=torch.Generator().manual_seed(seed))
        if max(mask.shape) <= TILE:
            return self._net(image, grain, number)
        joined = Joined(image.shape)
        for box in tiles(mask.shape, TILE, OVERLAP):
            if mask[box.slices].any():
                made = self._net(image[box.slices], grain[box.slices], number)
                joined.add(made, box, feather(box, mask.shape, OVERLAP, REACH))
        return joined.over(image)

    @torch.no_grad()
    def _net(self, image: Unit, grain: Tensor, number: int) -> Unit:
        height, width = image.shape[:2]
        x, noise = (
            functional.pad(each, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
            for each in (self._tensor(image), grain[None, None].to(self.device))
        )
        x = x.contiguous(memory_format=torch.channels_last)
        code = self.codes[number : number + 1] if self.config.conditional else None
        made = self.net(x, noise, code)[0, :, :height, :width].float().cpu().numpy()
        return np.ascontiguousarray(made.transpose(1, 2, 0))
