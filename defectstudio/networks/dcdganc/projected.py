"""A discriminator on the features of a network that has seen a million pictures.

Sauer et al., Projected GANs converge faster, NeurIPS 2021: features are held still, small heads
at several depths judge them. A few dozen contents teach no network what a surface looks like.
Without the paper's random mixing of channels and scales; spectrally normed heads as there.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from defectstudio.networks.dcdganc.discriminator import Discriminator, Judgement
from defectstudio.networks.features.registry import FeatureNetwork
from defectstudio.networks.initial import SLOPE

SURFACE = 0.5
"""The grey around a content: in relative tone the surface itself."""
DEPTHS = 4
"""Maps that are judged, at strides 2 to 16."""
DEVIATION = 6.0
"""About that of the maps' values at pictures of surfaces, at every depth."""


class Head(nn.Module):
    """A map of logits from one map of features and alpha. The class joins as in a projection
    discriminator (Miyato and Koyama 2018, eq. 3), at every pixel."""

    def __init__(self, inputs: int, classes: int, width: int) -> None:
        super().__init__()
        self.first = spectral_norm(nn.Conv2d(inputs + 1, width, 1))
        self.second = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.last = spectral_norm(nn.Conv2d(width, 1, 1))
        self.classes = spectral_norm(nn.Linear(classes, width, bias=False))

    def forward(self, features: Tensor, alpha: Tensor, one_hot: Tensor) -> Tensor:
        """features (B, inputs, h, w), alpha (B, 1, h, w), one_hot (B, N) -> (B, 1, h, w)."""
        x = torch.cat([features, alpha], dim=1)
        for conv in (self.first, self.second):
            x = functional.leaky_relu(conv(x), SLOPE)
        own = self.classes(one_hot)[:, :, None, None]
        logits: Tensor = self.last(x) + (x * own).sum(dim=1, keepdim=True)
        return logits


class ProjectedDiscriminator(nn.Module):
    """Heads on the maps of a feature network, which is held still and no part of the weights.

    `look` and judging are apart, since a step judges what it looked at twice: once for the
    generator, once for the heads.
    """

    def __init__(self, features: FeatureNetwork, classes: int, width: int) -> None:
        super().__init__()
        self.maps_of = [features]  # in a list, so that it is no submodule
        _, *maps = self.look(torch.zeros(1, 2, 64, 64, device=features.device))
        self.heads = nn.ModuleList(Head(each.shape[1], classes, width) for each in maps)
        self.classes = nn.Linear(sum(each.shape[1] for each in maps), classes)

    def look(self, image: Tensor) -> list[Tensor]:
        """image (B, C + 1, H, W), content in [-1, 1] and alpha -> alpha and a map a depth."""
        network, alpha = self.maps_of[0], image[:, -1:]
        content = (image[:, :-1] + 1) / 2 * alpha + SURFACE * (1 - alpha)
        mean, std = (image.new_tensor(own).view(1, 3, 1, 1) for own in (network.mean, network.std))
        picture = ((content - mean) / std).contiguous(memory_format=torch.channels_last)
        maps, _ = network.net(picture)
        return [alpha, *(each / DEVIATION for each in maps[:DEPTHS])]

    def forward(self, seen: Sequence[Tensor], one_hot: Tensor) -> list[Judgement]:
        """What `look` saw, and one_hot (B, N) -> one Judgement a depth."""
        alpha, *maps = seen
        judgements = []
        for head, features in zip(self.heads, maps, strict=True):
            size = (features.shape[2], features.shape[3])
            logits = head(features, functional.adaptive_avg_pool2d(alpha, size), one_hot)
            weights = functional.adaptive_max_pool2d(alpha.detach().float(), size)
            judgements.append(Judgement(logits.float(), weights + 0.01, [features]))
        return judgements

    def classify(self, seen: Sequence[Tensor]) -> Tensor:
        """What `look` saw -> logits (B, N) of the classes, from the maps' means over the content:
        by texture and tone, whatever the shape."""
        alpha, *maps = seen
        means = []
        for features in maps:
            share = functional.adaptive_avg_pool2d(alpha, (features.shape[2], features.shape[3]))
            total = share.sum(dim=(2, 3)).clamp_min(1e-3)
            means.append((features * share).sum(dim=(2, 3)) / total)
        logits: Tensor = self.classes(torch.cat(means, dim=1).float())
        return logits


class Judges(nn.Module):
    """The discriminator of patches, and the projected one where there is one."""

    def __init__(self, patches: Discriminator, projected: ProjectedDiscriminator | None) -> None:
        super().__init__()
        self.patches, self.projected = patches, projected

    def look(self, image: Tensor) -> list[Tensor]:
        """What they judge: the image (B, C + 1, H, W) itself, and what the projected one sees."""
        return [image] if self.projected is None else [image, *self.projected.look(image)]

    def classify(self, seen: Sequence[Tensor]) -> Tensor:
        """What `look` saw -> logits (B, N) of the classes; only with a projected one."""
        assert self.projected is not None
        return self.projected.classify(seen[1:])

    def forward(self, seen: Sequence[Tensor], one_hot: Tensor) -> list[list[Judgement]]:
        """What `look` saw, and one_hot (B, N) -> the judgements of each."""
        image, *features = seen
        found = [self.patches(image, one_hot)]
        return found if self.projected is None else [*found, self.projected(features, one_hot)]
