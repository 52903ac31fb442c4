"""Hyper-parameters of the generators and what a trained generator says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds

WEIGHTS, CARD = "generator.safetensors", "generator.json"
"""The two files of a generator's folder."""

Source = Literal["mask", "constant"]
Tone = Literal["relative", "absolute"]
PriorKind = Literal["posterior", "standard"]


@dataclass(frozen=True)
class DcdgancConfig:
    """DCDGANc (P1 section 2.2; SPEC section 1).

    The defaults are a few-shot preset for a CPU; the paper has source "constant", 256x256, batch
    20, gp_every 1, lambda_fm 0, no augmentation, prior "standard" and tone "absolute". Weights of
    the losses carry the paper's names. prior: what a style is drawn from,
    the paper's N(0, I) or the Gaussian of its class that the encoder's posterior adds up to.
    tone: contents relative to the surface around them (imaging.tone), or in absolute grey levels
    as in the paper.
    """

    source: Source = "mask"
    height: Annotated[int, Bounds(64, 256)] = 64
    width: Annotated[int, Bounds(64, 256)] = 64
    prior: PriorKind = "posterior"
    tone: Tone = "relative"
    nz: Annotated[int, Bounds(4, 256)] = 16
    width_g: Annotated[int, Bounds(8, 512)] = 48
    width_d: Annotated[int, Bounds(8, 512)] = 32
    width_e: Annotated[int, Bounds(8, 512)] = 32
    steps: Annotated[int, Bounds(1, 10_000_000)] = 1500
    batch: Annotated[int, Bounds(1, 512)] = 16
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 5e-4
    beta1: Annotated[float, Bounds(0.0, 0.999)] = 0.5
    beta2: Annotated[float, Bounds(0.0, 0.9999)] = 0.999
    lambda_p: Annotated[float, Bounds(0.0, 1e6)] = 10.0
    lambda_l: Annotated[float, Bounds(0.0, 1e6)] = 1.0
    lambda_kl: Annotated[float, Bounds(0.0, 1e6)] = 0.01
    lambda_fm: Annotated[float, Bounds(0.0, 1e6)] = 5.0
    lambda_gp: Annotated[float, Bounds(0.0, 1e6)] = 10.0
    gp_every: Annotated[int, Bounds(1, 64)] = 4
    ema: Annotated[float, Bounds(0.0, 0.99999)] = 0.995
    diffaugment: bool = True
    scales: Annotated[int, Bounds(1, 3)] = 2
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    checkpoint_every: Annotated[int, Bounds(1, 1_000_000)] = 100
    preview_every: Annotated[int, Bounds(1, 1_000_000)] = 50
    autocast: bool = True
    deterministic: bool = False


@dataclass(frozen=True)
class GeneratorCard:
    """`generator.json` beside `generator.safetensors`.

    classes: class id -> name. values: class id -> constant of eq. (1); their order is that of the
    one-hot code. trained_on: SHA-256 of every image whose contents were seen; `split`
    names the part.
    """

    kind: Literal["dcdganc"]
    config: DcdgancConfig
    channels: Literal[1, 3]
    classes: dict[int, str]
    values: dict[int, float]
    step: int
    trained_on: tuple[str, ...]
    split: str
    weights_sha256: str
    versions: dict[str, str]
    note: str = ""
    format: Literal[1] = 1
