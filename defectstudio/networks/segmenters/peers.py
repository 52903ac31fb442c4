"""The peers of Buttonlab: decoders of segmentation-models-pytorch over the house's encoders."""

from __future__ import annotations

from itertools import pairwise

from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder
from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
from torch import Tensor, nn
from torch.nn import functional

from defectstudio.networks.segmenters.encoders import Encoder

RATES = 6, 12, 18
"""Of the atrous convolutions at 1/16 (Chen et al. 2018)."""


class UNet(nn.Module):
    """Ronneberger et al. 2015, as segmentation-models-pytorch has it, from `width` up."""

    def __init__(self, encoder: Encoder, width: int, outputs: int) -> None:
        super().__init__()
        self.encoder = encoder
        widths = [width * 2**n for n in (4, 3, 2, 1, 0)]
        self.decoder = UnetDecoder((3, *encoder.channels), widths)
        self.head = nn.Conv2d(width, outputs, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, C, H, W) in [0, 1] -> logits (B, outputs, H, W)."""
        logits: Tensor = self.head(self.decoder([image, *self.encoder(image)]))
        return logits


class DeepLabV3Plus(nn.Module):
    """Chen et al. 2018, as segmentation-models-pytorch has it, at an output stride of 16."""

    def __init__(self, encoder: Encoder, width: int, outputs: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = DeepLabV3PlusDecoder(
            (3, *encoder.channels[:4]), 4, width, RATES, 16, aspp_separable=True, aspp_dropout=0.1
        )
        self.head = nn.Conv2d(width, outputs, 1)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, C, H, W) in [0, 1] -> logits (B, outputs, H, W)."""
        logits = self.head(self.decoder([image, *self.encoder(image)[:4]]))
        return functional.interpolate(logits, scale_factor=4.0, mode="bilinear")


class EncoderDecoder(nn.Module):
    """The encoder-decoder "Res" of P1 section 3.1: no skips, the deepest map doubled five times."""

    def __init__(self, encoder: Encoder, width: int, outputs: int) -> None:
        super().__init__()
        self.encoder = encoder
        widths = [encoder.channels[-1], *(width * 2**n for n in (3, 2, 1, 0, 0))]
        self.decoder = nn.Sequential(
            *(_doubling(channels, out) for channels, out in pairwise(widths))
        )
        self.head = nn.Conv2d(width, outputs, 1)

    def forward(self, image: Tensor) -> Tensor:
        """image (B, C, H, W) in [0, 1] -> logits (B, outputs, H, W)."""
        logits: Tensor = self.head(self.decoder(self.encoder(image)[-1]))
        return logits


def _doubling(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Conv2d(channels, out, 3, padding=1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )
