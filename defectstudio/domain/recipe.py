"""Recipes: everything needed to make a sample again, byte for byte on a CPU."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds

BlendMode = Literal["improved", "poisson", "alpha"]
MixedLayers = Literal["all", "fine"]
SEEDS = 1 << 53
"""So many seeds there are, from 0 on."""
Seed = Annotated[int, Bounds(0, SEEDS - 1)]
Polish = Annotated[int, Bounds(0, 1000)]


@dataclass(frozen=True)
class EncodedMask:
    """A bool mask (height, width) as row-major run lengths, zeros first."""

    height: Annotated[int, Bounds(1, 1 << 20)]
    width: Annotated[int, Bounds(1, 1 << 20)]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class BlendSettings:
    """How a content meets its background; ramp and retention in pixels (SPEC 2, BLENDING)."""

    mode: BlendMode = "improved"
    ramp_px: Annotated[int, Bounds(1, 32)] = 5
    retention_px: Annotated[int, Bounds(0, 5)] = 3


@dataclass(frozen=True)
class GrainSettings:
    """How much of the background's noise a blended defect is given, where it lacks it.

    strength: the share of the missing noise; 1 makes it as noisy as its surroundings, 0 adds none.
    """

    strength: Annotated[float, Bounds(0.0, 1.0)] = 1.0


@dataclass(frozen=True)
class RefineSettings:
    """How the label follows the visible change (SPEC 2).

    threshold: |I_out - I_n| as a fraction of the full range, in any channel; where the background
    is noisy, at least three standard deviations of its noise;
    dilate_px: how far outside the painted mask a visible change may be labeled.
    """

    threshold: Annotated[float, Bounds(0.0, 1.0)] = 0.02
    dilate_px: Annotated[int, Bounds(0, 64)] = 2


@dataclass(frozen=True)
class StyleMix:
    """A second style, by its seed, and how much of it a defect has.

    amount: 0 is the defect's own style, 1 the second one. layers "all": both styles are
    interpolated, grain included; "fine": only at the generator's fine layers, which say colour and
    texture, while the coarse ones, which say layout, keep the defect's own style.
    """

    seed: Seed
    amount: Annotated[float, Bounds(0.0, 1.0)] = 0.5
    layers: MixedLayers = "all"


@dataclass(frozen=True)
class ClassMix:
    """A second class, and how far towards it a defect looks: 0 its own class, 1 the second one.

    The label stays that of the defect's own class.
    """

    class_id: Annotated[int, Bounds(1, 254)]
    amount: Annotated[float, Bounds(0.0, 1.0)] = 0.5


@dataclass(frozen=True)
class Style:
    """What is done to the style that a seed names; the defaults: nothing.

    truncation: how far from the class's mean style, 0 the mean itself, 1 as drawn, above it more
    unusual. normal: the prior's normal numbers of the style, where they are not those of the seed
    (a style read from a real defect); the seed still names the grain. towards: another class that
    the same style is drawn nearer to.
    """

    truncation: Annotated[float, Bounds(0.0, 2.0)] = 1.0
    mix: StyleMix | None = None
    normal: tuple[float, ...] = ()
    towards: ClassMix | None = None


@dataclass(frozen=True)
class Defect:
    """One defect: the painted mask in its box, where the box lies, and its style.

    top, left: the box's origin in the background, (row, column), may be negative when the
    box hangs over the border. generator: SHA-256 of the generator's weights. contrast: the
    visible contrast that the content is scaled to (imaging.contrast), 0: it stays as it is.
    polish: iterations in which a generator of kind dst refines the content at its place.
    Recipes of older versions have no style, contrast or polish and mean the defaults.
    """

    class_id: Annotated[int, Bounds(1, 254)]
    seed: Seed
    mask: EncodedMask
    top: int
    left: int
    generator: str
    style: Style = field(default_factory=Style)
    contrast: Annotated[float, Bounds(0.0, 1000.0)] = 0.0
    polish: Polish = 0


@dataclass(frozen=True)
class Recipe:
    """One background and an ordered list of defects, with all parameters and versions."""

    background: str
    """SHA-256 of the background's file."""
    defects: tuple[Defect, ...]
    project: str = ""
    """The project's identity, to find background and weights again; copies of a project have it,
    too, and hold the same."""
    blend: BlendSettings = field(default_factory=BlendSettings)
    grain: GrainSettings = field(default_factory=GrainSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    versions: dict[str, str] = field(default_factory=dict)
    format: Literal[1] = 1


@dataclass(frozen=True)
class LabelFit:
    """How far the label of one defect and its painted (raw) mask differ, before later defects.

    iou: 0..1, 1 if both are empty. unlabeled: the share of painted pixels without a label, 0..1.
    outside: labeled pixels that are not painted. mean_px, max_px: the distance between the two
    outlines in pixels, from each to the nearest pixel of the other; None if one has no outline.
    """

    iou: float
    unlabeled: float
    outside: int
    mean_px: float | None
    max_px: float | None


@dataclass(frozen=True)
class SampleManifest:
    """`recipe.json` beside a sample: the recipe and the hashes of what it made (pixel data)."""

    recipe: Recipe
    image_sha256: str
    """SHA-256 of the image's pixels: shape, dtype, then the C-order bytes."""
    label_sha256: str
    painted_sha256: str
    fits: tuple[LabelFit, ...] = ()
    """One for each defect, in the recipe's order; none in manifests of older versions."""
    relabeled: dict[int, int] = field(default_factory=dict)
    """What class ids of the recipe are in label and painted mask, where classes were merged since;
    the two hashes are of the planes as they are now."""
