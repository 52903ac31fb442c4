"""Single layers of a feature network by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from defectstudio.domain.errors import SettingError
from defectstudio.networks.features.registry import FeatureNetwork
from defectstudio.networks.features.vgg import Vgg

STRIDES = ("stride2", "stride4", "stride8", "stride16", "stride32")
"""Of EfficientNet-Lite0: its maps by the factor that they are smaller."""
IMAGE = "image"
"""Of every network: what it is asked about, as brightness and two differences of colours. These
vary little and are seen at once: they are enlarged."""
CHROMA = 4.0
OPPONENTS = (
    (3**-0.5, 3**-0.5, 3**-0.5),
    (CHROMA * 2**-0.5, 0.0, -CHROMA * 2**-0.5),
    (CHROMA * 6**-0.5, -2 * CHROMA * 6**-0.5, CHROMA * 6**-0.5),
)


@dataclass(frozen=True)
class Usual:
    """Layers that a loss asks unless told otherwise (SPEC section 4)."""

    content: tuple[str, ...]
    style: tuple[str, ...]
    hist: tuple[str, ...]


_RELUS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
_VGG = Usual(("relu2_2",), _RELUS, (IMAGE, *_RELUS))
_STRIDED = Usual(("stride4",), STRIDES[:4], (IMAGE, *STRIDES[:4]))


def usual(network: FeatureNetwork) -> Usual:
    """The usual layers of the network."""
    return _VGG if isinstance(network.net, Vgg) else _STRIDED


def named(network: FeatureNetwork, text: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """The layers of a text with commas, or the others where it is empty.

    Raises SettingError for a name that the network has not.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    known = _names(network.net)
    for name in names:
        if name not in known:
            raise SettingError(
                f"{network.name} has no layer of this name",
                subject=name,
                remedy=f"It has {', '.join(known)}.",
            )
    return names or otherwise


class Layers:
    """Maps of some layers of a network, which are computed no deeper than they lie."""

    def __init__(self, network: FeatureNetwork, names: Sequence[str]) -> None:
        self.network, self.names = network, tuple(dict.fromkeys(names))
        known = _names(network.net)
        self.depth = max(known.index(name) for name in self.names)
        self.mean = torch.tensor(network.mean, device=network.device).view(1, 3, 1, 1)
        self.opponents = torch.tensor(OPPONENTS, device=network.device)
        self.std = torch.tensor(network.std, device=network.device).view(1, 3, 1, 1)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """image (B, 1 or 3, H, W) in [0, 1] -> float32 (B, C, h, w) by name."""
        image = image.expand(-1, 3, -1, -1)
        x = (image - self.mean) / self.std
        x = x.contiguous(memory_format=torch.channels_last)
        net = self.network.net
        if not isinstance(net, Vgg):
            maps = {IMAGE: self._opponent(image), **dict(zip(STRIDES, net(x)[0], strict=True))}
            return {name: maps[name].float() for name in self.names}
        found, names = {IMAGE: self._opponent(image)}, iter(_names(net)[1 : self.depth + 1])
        relus = _relus(net)[: self.depth]
        for number, layer in enumerate(net.features[: relus[-1] + 1 if relus else 0]):
            x = layer(x)
            if number in relus and (name := next(names)) in self.names:
                found[name] = x.float()
        return {name: found[name] for name in self.names}

    def _opponent(self, image: Tensor) -> Tensor:
        return torch.einsum("oc,bchw->bohw", self.opponents, image)


def _relus(net: Vgg) -> list[int]:
    return [n for n, layer in enumerate(net.features) if isinstance(layer, nn.ReLU)]


def _names(net: nn.Module) -> tuple[str, ...]:
    """Of a VGG relu1_1 to relu5_3 (VGG-19: relu5_4), in order; of others the strides. First the
    image."""
    if not isinstance(net, Vgg):
        return IMAGE, *STRIDES
    names, block, place = [IMAGE], 1, 0
    for layer in net.features:
        if isinstance(layer, nn.MaxPool2d):
            block, place = block + 1, 0
        elif isinstance(layer, nn.ReLU):
            place += 1
            names.append(f"relu{block}_{place}")
    return tuple(names)
