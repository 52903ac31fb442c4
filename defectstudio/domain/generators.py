"""Hyper-parameters of the generators and what a trained generator says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.run_config import LearningConfig, RunConfig
from defectstudio.domain.transfer import DstConfig, HistmatchConfig

WEIGHTS, CARD = "generator.safetensors", "generator.json"
"""The two files of a generator's folder."""

PROJECTED_ON = "efficientnet-lite0"
"""The feature network of the projected discriminator; its weights come with DefectStudio."""

Kind = Literal[
    "dcdganc",
    "adain",
    "instancenorm",
    "cyclegan",
    "stargan",
    "stylegan2",
    "dst",
    "histmatch",
    "paste",
    "procedural",
]
Source = Literal["mask", "constant"]
PriorKind = Literal["posterior", "standard"]
Penalty = Literal["r1", "wgan"]


@dataclass(frozen=True)
class DcdgancConfig(LearningConfig):
    """DCDGANc (P1 section 2.2; SPEC section 1) and its ablations AdaIN and InstanceNorm (P1 3.4).

    The defaults are a few-shot preset for a CPU; PRESETS["paper"] has the paper's. Weights of
    the losses carry the paper's names. prior: what a style is drawn from,
    the paper's N(0, I) or the Gaussian of its class that the encoder's posterior adds up to.
    coarse: side in pixels of the means that the reconstruction compares, 1 for single pixels;
    lambda_texture: weight of the distance of patch distributions, which has the rest;
    penalty: on the discriminator's gradient, R1 or the paper's WGAN-GP, of weight lambda_gp,
    every gp_every steps; lambda_fm: weight of feature matching. projected: whether a second
    discriminator judges the features of a network that has seen many pictures; lambda_cls: weight
    of being taken for one's class by those features in the masks of other contents. shrink: of
    the scale at which a mask that is larger than the canvas would fit it, the power that it is
    drawn at; contents are trained at the power 3/4 in the mean (ContentBatches).
    kind "adain" and "instancenorm": the same network with OD-SPADE replaced.
    """

    kind: Literal["dcdganc", "adain", "instancenorm"] = "dcdganc"
    batch: Annotated[int, Bounds(1, 512)] = 8
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 1e-3
    source: Source = "mask"
    prior: PriorKind = "posterior"
    nz: Annotated[int, Bounds(4, 256)] = 16
    width_g: Annotated[int, Bounds(8, 512)] = 32
    width_d: Annotated[int, Bounds(8, 512)] = 48
    width_e: Annotated[int, Bounds(8, 512)] = 32
    lambda_p: Annotated[float, Bounds(0.0, 1e6)] = 10.0
    lambda_l: Annotated[float, Bounds(0.0, 1e6)] = 1.0
    lambda_kl: Annotated[float, Bounds(0.0, 1e6)] = 0.01
    lambda_texture: Annotated[float, Bounds(0.0, 1e6)] = 20.0
    coarse: Annotated[int, Bounds(1, 16)] = 4
    lambda_fm: Annotated[float, Bounds(0.0, 1e6)] = 1.0
    penalty: Penalty = "r1"
    lambda_gp: Annotated[float, Bounds(0.0, 1e6)] = 0.05
    gp_every: Annotated[int, Bounds(1, 64)] = 8
    diffaugment: bool = True
    scales: Annotated[int, Bounds(1, 3)] = 2
    projected: bool = True
    lambda_cls: Annotated[float, Bounds(0.0, 1e6)] = 0.25
    shrink: Annotated[float, Bounds(0.0, 1.0)] = 0.75

    @property
    def fills_mask(self) -> bool:
        """With the mask source."""
        return self.source == "mask"

    @property
    def classifies(self) -> bool:
        """Whether samples must show their class in any mask."""
        return self.projected and self.fills_mask and self.lambda_cls > 0

    @property
    def learned_from(self) -> str:
        """That of the projected discriminator."""
        return PROJECTED_ON if self.projected else ""


@dataclass(frozen=True)
class CycleGanConfig(LearningConfig):
    """CycleGAN (Zhu et al. 2017), a small one a class; batch and lambdas as in its section 4.

    blocks: residual blocks; pool: made images kept for the discriminators.
    """

    kind: Literal["cyclegan"] = "cyclegan"
    steps: Annotated[int, Bounds(1, 10_000_000)] = 3500
    batch: Annotated[int, Bounds(1, 512)] = 1
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 2e-4
    ema: Annotated[float, Bounds(0.0, 0.99999)] = 0.0
    width_g: Annotated[int, Bounds(8, 512)] = 16
    width_d: Annotated[int, Bounds(8, 512)] = 16
    blocks: Annotated[int, Bounds(1, 16)] = 3
    lambda_cycle: Annotated[float, Bounds(0.0, 1e6)] = 10.0
    lambda_identity: Annotated[float, Bounds(0.0, 1e6)] = 5.0
    pool: Annotated[int, Bounds(0, 1000)] = 50

    @property
    def needs_normals(self) -> bool:
        """Domain A is the normal surface."""
        return True


@dataclass(frozen=True)
class StarGanConfig(LearningConfig):
    """StarGAN (Choi et al. 2018): one generator for the normal surface and all classes.

    critic: updates of D for one of G (the paper has 5; few images are judged well with less);
    gp_every: lazy gradient penalty.
    """

    kind: Literal["stargan"] = "stargan"
    steps: Annotated[int, Bounds(1, 10_000_000)] = 2200
    batch: Annotated[int, Bounds(1, 512)] = 8
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 2e-4
    ema: Annotated[float, Bounds(0.0, 0.99999)] = 0.0
    width_g: Annotated[int, Bounds(8, 512)] = 16
    width_d: Annotated[int, Bounds(8, 512)] = 24
    blocks: Annotated[int, Bounds(1, 16)] = 3
    lambda_cls: Annotated[float, Bounds(0.0, 1e6)] = 1.0
    lambda_rec: Annotated[float, Bounds(0.0, 1e6)] = 10.0
    lambda_gp: Annotated[float, Bounds(0.0, 1e6)] = 10.0
    gp_every: Annotated[int, Bounds(1, 64)] = 4
    critic: Annotated[int, Bounds(1, 16)] = 2

    @property
    def needs_normals(self) -> bool:
        """The normal surface is one of the domains."""
        return True


@dataclass(frozen=True)
class StyleGan2Config(LearningConfig):
    """StyleGAN2 (Karras et al. 2020), class-conditional, few-shot, free shapes.

    mapping: layers of the mapping network; gamma: weight of R1, applied every r1_every steps.
    """

    kind: Literal["stylegan2"] = "stylegan2"
    steps: Annotated[int, Bounds(1, 10_000_000)] = 2000
    batch: Annotated[int, Bounds(1, 512)] = 8
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 2e-3
    beta1: Annotated[float, Bounds(0.0, 0.999)] = 0.0
    beta2: Annotated[float, Bounds(0.0, 0.9999)] = 0.99
    nz: Annotated[int, Bounds(4, 512)] = 64
    mapping: Annotated[int, Bounds(1, 8)] = 4
    width_g: Annotated[int, Bounds(8, 512)] = 16
    width_d: Annotated[int, Bounds(8, 512)] = 16
    gamma: Annotated[float, Bounds(0.0, 1e6)] = 1.0
    r1_every: Annotated[int, Bounds(1, 64)] = 16
    diffaugment: bool = True

    @property
    def fills_mask(self) -> bool:
        """Never: shapes are drawn with the content."""
        return False


@dataclass(frozen=True)
class PasteConfig(RunConfig):
    """The control `paste`: real training contents, turned, flipped and scaled; no learning.

    candidates: how often a content and a turn are drawn at random, of which the one whose shape
    fits best is taken; pieces: with how many of them a mask is covered at most; scale_max: how far
    a content is enlarged to cover the mask; brightness: the largest change of a content's level,
    as a part of it.
    """

    kind: Literal["paste"] = "paste"
    steps: Annotated[int, Bounds(1, 1)] = 1
    candidates: Annotated[int, Bounds(1, 1000)] = 20
    pieces: Annotated[int, Bounds(1, 100)] = 8
    scale_max: Annotated[float, Bounds(1.0, 8.0)] = 1.5
    brightness: Annotated[float, Bounds(0.0, 1.0)] = 0.1


@dataclass(frozen=True)
class ProceduralConfig(RunConfig):
    """The control `procedural`: textured noise in the mask, nothing taken from the data."""

    kind: Literal["procedural"] = "procedural"
    steps: Annotated[int, Bounds(1, 1)] = 1


Config = (
    DcdgancConfig
    | CycleGanConfig
    | StarGanConfig
    | StyleGan2Config
    | DstConfig
    | HistmatchConfig
    | PasteConfig
    | ProceduralConfig
)

CONFIGS: dict[Kind, type[Config]] = {
    "dcdganc": DcdgancConfig,
    "adain": DcdgancConfig,
    "instancenorm": DcdgancConfig,
    "cyclegan": CycleGanConfig,
    "stargan": StarGanConfig,
    "stylegan2": StyleGan2Config,
    "dst": DstConfig,
    "histmatch": HistmatchConfig,
    "paste": PasteConfig,
    "procedural": ProceduralConfig,
}
"""The configuration of every kind; its field `kind` says which."""

FROM_REFERENCES: tuple[Kind, ...] = ("dst", "histmatch")
"""Kinds that learn from single images, and from all labeled ones where none is named."""

AT_ONCE: tuple[Kind, ...] = ("paste", "procedural", "histmatch")
"""Kinds that keep what they are given; nothing is trained."""

STYLED: tuple[Kind, ...] = ("dcdganc", "adain", "instancenorm")
"""Kinds whose styles can be mixed, truncated and drawn nearer to another class."""

_DCDGANC_PAPER: dict[str, Any] = {
    "source": "constant",
    "height": 256,
    "width": 256,
    "tone": "absolute",
    "batch": 20,
    "learning_rate": 5e-4,
    "beta1": 0.5,
    "beta2": 0.999,
    "ema": 0.0,
    "prior": "standard",
    "lambda_p": 10.0,
    "lambda_l": 1.0,
    "lambda_kl": 0.01,
    "lambda_fm": 0.0,
    "lambda_texture": 0.0,
    "coarse": 1,
    "penalty": "wgan",
    "lambda_gp": 10.0,
    "gp_every": 1,
    "diffaugment": False,
    "projected": False,
    "lambda_cls": 0.0,
    "oriented": "off",
}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "recommended": {kind: {} for kind in CONFIGS},
    "paper": {
        "dcdganc": _DCDGANC_PAPER,
        "adain": _DCDGANC_PAPER,
        "instancenorm": _DCDGANC_PAPER,
        "dst": {
            "learning_rate": 1e-3,
            "ema": 0.0,
            "features": "vgg19",
            "balance": False,
            "decay": 0.0,
            "w_content": 1e5,
            "w_style": 2.5e-4,
            "w_hist": 10.0,
            "w_texture": 0.0,
            "w_tv": 1.0,
            "residual": False,
            "noise": False,
            "hist_layers": "relu1_1,relu4_1",
        },
    },
}
"""Settings by name and kind: the defaults, and what P1 and P2 state."""


_BEFORE: dict[type | None, dict[str, Any]] = {
    DcdgancConfig: {"projected": False, "lambda_cls": 0.0, "shrink": 0.0},
    DstConfig: {"decay": 0.0},
    PasteConfig: {"pieces": 1},
}
"""What generators did that were trained before there was such a setting."""


@dataclass(frozen=True)
class ByKind:
    """Marks a union of configurations: `kind` says which; without one it is an old DCDGANc's.

    stored: of a trained generator, whose missing fields mean what was done before there were
    such; elsewhere they mean the defaults. pydantic, where it is used, reads the marker through
    its schema hook, as it does Bounds.
    """

    stored: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """https://docs.pydantic.dev/latest/concepts/types/#customizing-validation-with-__get_pydantic_core_schema__"""
        choices = {kind: handler(config) for kind, config in CONFIGS.items()}
        tagged = {"type": "tagged-union", "discriminator": "kind", "choices": choices}
        before = {"type": "no-info", "function": self._upgraded}
        return {"type": "function-before", "function": before, "schema": tagged}

    def _upgraded(self, config: Any) -> Any:
        """Configurations of version 0.1 had no kind, and switches were bools."""
        if not isinstance(config, dict):
            return config
        now = {"kind": "dcdganc", **config}
        for switch in ("autocast", "oriented"):
            if isinstance(now.get(switch), bool):
                now[switch] = "on" if now[switch] else "off"
        if self.stored:
            now = {"oriented": "off", **_BEFORE.get(CONFIGS.get(now["kind"]), {}), **now}
        return now


GeneratorConfig = Annotated[Config, ByKind()]


@dataclass(frozen=True)
class GeneratorCard:
    """`generator.json` beside `generator.safetensors`.

    classes: class id -> name. values: class id -> constant of eq. (1); their order is that of the
    one-hot code. trained_on: SHA-256 of every image that was seen; `split` names the part.
    """

    config: Annotated[Config, ByKind(stored=True)]
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

    @property
    def kind(self) -> Kind:
        """What made it."""
        return self.config.kind
