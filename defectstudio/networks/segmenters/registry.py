"""Segmenters by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn

from defectstudio.domain.segmenters import Architecture, SegmenterConfig
from defectstudio.networks.segmenters.buttonlab import Buttonlab
from defectstudio.networks.segmenters.encoders import Encoder, make_encoder
from defectstudio.networks.segmenters.peers import DeepLabV3Plus, EncoderDecoder, UNet

SEGMENTERS: Mapping[Architecture, Callable[[Encoder, int, int], nn.Module]] = {
    "unet": UNet,
    "deeplabv3plus": DeepLabV3Plus,
    "resnet": EncoderDecoder,
    "buttonlab": Buttonlab,
}


def make_segmenter(config: SegmenterConfig, outputs: int) -> tuple[nn.Module, str]:
    """The segmenter of a configuration with its first weights, which follow from its seed, and
    what a report says of its encoder. Raises CheckpointError for weights that do not fit."""
    torch.manual_seed(config.seed)
    encoder, source = make_encoder(
        config.encoder, pretrained=config.pretrained, weights=config.encoder_weights
    )
    return SEGMENTERS[config.arch](encoder, config.width, outputs), source
