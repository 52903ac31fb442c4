"""What the trainings of all kinds of generators have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds, PixelsByClass
from defectstudio.domain.recipe import BlendMode

Tone = Literal["relative", "absolute"]
Autocast = Literal["auto", "on", "off"]
Oriented = Literal["auto", "on", "off"]
FeatureName = Literal["efficientnet-lite0", "vgg16-hed", "vgg16", "vgg19"]
"""Networks whose features are compared (networks.features)."""


@dataclass(frozen=True)
class RunConfig:
    """What every training has.

    height, width: the canvas that contents are trained on. tone: contents relative to the surface
    around them (imaging.tone), or in absolute grey levels as in the papers. combined: the name of
    a class of mixed defects, each of which is given to the other class that it is most like (P1
    Table 2, Wood-Combined). dilate: how far the masks of a class are widened, in pixels, where its
    labels hold no background texture (P1 section 3.1), in training and on what is painted.
    oriented: whether the surface has a grain, to which contents and shapes keep their direction,
    where else they are turned to all sides; "auto" is decided by the training images when a
    training starts, and a generator's card has what was decided.
    """

    height: Annotated[int, Bounds(64, 256)] = 64
    width: Annotated[int, Bounds(64, 256)] = 64
    tone: Tone = "relative"
    combined: str = ""
    dilate: Annotated[str, PixelsByClass(0, 32)] = ""
    oriented: Oriented = "auto"
    steps: Annotated[int, Bounds(1, 10_000_000)] = 1500
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    checkpoint_every: Annotated[int, Bounds(1, 1_000_000)] = 100
    preview_every: Annotated[int, Bounds(1, 1_000_000)] = 50
    deterministic: bool = False

    @property
    def keeps_direction(self) -> bool:
        """Whether contents and shapes keep their direction."""
        return self.oriented == "on"

    @property
    def fills_mask(self) -> bool:
        """Whether contents fill the painted mask exactly; else the mask is only a window."""
        return True

    @property
    def needs_normals(self) -> bool:
        """Whether the training sees normal images beside the labeled ones."""
        return False

    @property
    def learned_from(self) -> str:
        """The feature network that the training asks; none is the empty string."""
        return ""

    @property
    def blend_mode(self) -> BlendMode:
        """How contents are blended unless told otherwise."""
        return "improved"

    @property
    def batch_polish(self) -> int:
        """`recipe.Defect.polish` of batches unless told otherwise."""
        return 0

    def context(self, height: int, width: int) -> tuple[int, int]:  # noqa: ARG002
        """Rows above and below, columns left and right of a mask's box (height, width) whose
        surface a content is made from beside that under the box."""
        return 0, 0


@dataclass(frozen=True)
class LearningConfig(RunConfig):
    """What every training by gradient descent has.

    ema: decay of the average of the generator's weights, which is what is kept; 0 keeps the last.
    autocast: bfloat16 where the machine computes faster in it ("auto"), always, or never.
    """

    batch: Annotated[int, Bounds(1, 512)] = 16
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 5e-4
    beta1: Annotated[float, Bounds(0.0, 0.999)] = 0.5
    beta2: Annotated[float, Bounds(0.0, 0.9999)] = 0.999
    ema: Annotated[float, Bounds(0.0, 0.99999)] = 0.995
    autocast: Autocast = "auto"
