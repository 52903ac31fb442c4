"""Segmenters: which there are, and how one is trained (SPEC sections 3 and 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.run_config import Autocast

Architecture = Literal["unet", "deeplabv3plus", "resnet", "buttonlab"]
EncoderName = Literal["efficientnet-lite0", "resnet18", "resnet34", "resnet50"]
Crop = Annotated[int, Bounds(64, 2048)]

WEIGHTS, CARD = "segmenter.safetensors", "segmenter.json"
"""The files in a segmenter's folder."""


@dataclass(frozen=True)
class SegmenterConfig:
    """A segmenter and its training.

    arch: U-Net, DeepLabv3+, a ResNet encoder-decoder without skips, or Buttonlab. encoder: of the
    first three and Buttonlab's backbone; pretrained: EfficientNet-Lite0 with its ImageNet weights;
    encoder_weights: a safetensors file for the others, else they begin at random. width: of the
    decoder. multiclass: one output a class, else one for all defects. crop: side of the squares
    that it is trained on; Buttonlab's branch sees half of that. balance: share of the crops
    that hold a defect, every class as often. synthetic_share: of the defects, how many are made
    ones where there are both. augment: turned and mirrored crops of changing brightness and noise.
    """

    arch: Architecture = "unet"
    encoder: EncoderName = "efficientnet-lite0"
    pretrained: bool = True
    encoder_weights: str = ""
    width: Annotated[int, Bounds(8, 512)] = 32
    multiclass: bool = False
    crop: Crop = 256
    batch: Annotated[int, Bounds(1, 256)] = 8
    steps: Annotated[int, Bounds(1, 10_000_000)] = 300
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 1e-3
    balance: Annotated[float, Bounds(0.0, 1.0)] = 0.5
    synthetic_share: Annotated[float, Bounds(0.0, 1.0)] = 0.5
    augment: bool = True
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    autocast: Autocast = "auto"
    checkpoint_every: Annotated[int, Bounds(1, 1_000_000)] = 100
    preview_every: Annotated[int, Bounds(1, 1_000_000)] = 50
    deterministic: bool = False


@dataclass(frozen=True)
class SegmenterCard:
    """`segmenter.json` beside `segmenter.safetensors`.

    classes: class id -> name, in the order of its outputs where it has one a class. channels: of
    the images it was trained on. encoder: where its first weights came from. threshold: the
    probability from which on a pixel is a defect, kept from validation, or 0.5 where there was
    none. trained_on: SHA-256 of every real image that was seen, the validation images among them;
    real, made: how many of the training images were which.
    """

    config: SegmenterConfig
    channels: Literal[1, 3]
    classes: dict[int, str]
    encoder: str
    threshold: float
    real: int
    made: int
    trained_on: tuple[str, ...]
    weights_sha256: str
    versions: dict[str, str]
    format: Literal[1] = 1


SEGMENTER_PRESETS: dict[str, dict[str, Any]] = {
    "recommended": {},
    "buttonlab": {
        "arch": "buttonlab",
        "encoder": "resnet50",
        "pretrained": False,
        "width": 256,
        "learning_rate": 2e-3,
        "steps": 120 * 100,
    },
}
"""Settings by name: the defaults, and what P2 states of Buttonlab (120 epochs, of 100 batches)."""
