"""Hyper-parameters of the two generators that work from real references (P2 section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.recipe import BlendMode
from defectstudio.domain.run_config import FeatureName, LearningConfig, RunConfig, Tone

REACH = 32
"""Pixels around a mask that the transfer network sees at least."""
BATCH_POLISH = 10
"""Iterations; by a feature network that is not asked, more bring a content no nearer."""
Canvas = Annotated[int, Bounds(64, 256)]
Fusion = Annotated[float, Bounds(0.0, 16.0)]


@dataclass(frozen=True)
class HistmatchConfig(RunConfig):
    """Histogram match alone: the first step of DST (P2 Algorithm 2); no learning.

    fusion: standard deviation in pixels of the gaussian mask, 0 for none.
    """

    kind: Literal["histmatch"] = "histmatch"
    tone: Tone = "absolute"
    steps: Annotated[int, Bounds(1, 1)] = 1
    fusion: Fusion = 1.5

    @property
    def blend_mode(self) -> BlendMode:
        """The content is fused with its surface already."""
        return "alpha"


@dataclass(frozen=True)
class DstConfig(LearningConfig):
    """DST: a transfer network that harmonises the histogram-matched defect (P2 section 3.1).

    One network for one class, from one reference or several of them; with `conditional` one for
    all classes, told by the reference's style code (our extension). decay: the learning rate falls
    as (1 - t / steps) to this power; 0 as in the paper, never. features: the network that
    the losses ask; content_layers, style_layers, hist_layers: its layers, comma between, or
    nothing for the usual ones (networks.features.layers). w_content ... w_tv: weights of eq. (3)
    and (6), w_texture that of Gram matrices against the reference's, which is ours; balance: they
    are shares of the gradient's norm, measured before the first step (SPEC section 4), and
    histograms are compared in units of the reference's variance. hist_pixels: masked pixels of a
    layer whose histogram is matched, drawn at random where there are more. fusion: as of
    HistmatchConfig. residual: the network adds to the matched image, where the paper's makes a
    new one; noise: it sees noise too, drawn by the seed.
    """

    kind: Literal["dst"] = "dst"
    height: Canvas = 128
    width: Canvas = 128
    tone: Tone = "absolute"
    steps: Annotated[int, Bounds(1, 10_000_000)] = 1000
    preview_every: Annotated[int, Bounds(1, 1_000_000)] = 10
    batch: Annotated[int, Bounds(1, 512)] = 1
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 5e-3
    decay: Annotated[float, Bounds(0.0, 10.0)] = 1.0
    beta1: Annotated[float, Bounds(0.0, 0.999)] = 0.9
    ema: Annotated[float, Bounds(0.0, 0.99999)] = 0.99
    conditional: bool = False
    features: FeatureName = "efficientnet-lite0"
    download: bool = False
    content_layers: str = ""
    style_layers: str = ""
    hist_layers: str = ""
    balance: bool = True
    w_content: Annotated[float, Bounds(0.0, 1e9)] = 0.02
    w_style: Annotated[float, Bounds(0.0, 1e9)] = 0.03
    w_hist: Annotated[float, Bounds(0.0, 1e9)] = 3.0
    w_texture: Annotated[float, Bounds(0.0, 1e9)] = 1.0
    w_tv: Annotated[float, Bounds(0.0, 1e9)] = 0.1
    hist_pixels: Annotated[int, Bounds(16, 1 << 20)] = 4096
    width_t: Annotated[int, Bounds(4, 256)] = 32
    blocks: Annotated[int, Bounds(1, 16)] = 4
    fusion: Fusion = 1.5
    residual: bool = True
    noise: bool = True

    @property
    def needs_normals(self) -> bool:
        """Defects are learned on normal surfaces."""
        return True

    @property
    def learned_from(self) -> str:
        """That of the losses."""
        return self.features

    @property
    def blend_mode(self) -> BlendMode:
        """The content is fused with its surface already."""
        return "alpha"

    @property
    def batch_polish(self) -> int:
        """A few: most of what refinement brings, at seconds a sample. The paper has none."""
        return BATCH_POLISH if self.balance else 0

    def context(self, height: int, width: int) -> tuple[int, int]:
        """At least the trained canvas, so that the normalisation sees as much surface."""
        rows, columns = -(-(self.height - height) // 2), -(-(self.width - width) // 2)
        return max(REACH, rows), max(REACH, columns)
