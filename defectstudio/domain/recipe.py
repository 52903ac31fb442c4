"""Recipes: everything needed to make a sample again, byte for byte on a CPU."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds

BlendMode = Literal["improved", "poisson", "alpha"]


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
class RefineSettings:
    """How the label follows the visible change (SPEC 2).

    threshold: |I_out - I_n| as a fraction of the full range, maximum over channels;
    dilate_px: how far outside the painted mask a visible change may be labeled.
    """

    threshold: Annotated[float, Bounds(0.0, 1.0)] = 0.02
    dilate_px: Annotated[int, Bounds(0, 64)] = 2


@dataclass(frozen=True)
class Defect:
    """One defect: the painted mask in its box, where the box lies, and its style.

    top, left: the box's origin in the background, (row, column), may be negative when the
    box hangs over the border. generator: SHA-256 of the generator's weights.
    """

    class_id: Annotated[int, Bounds(1, 254)]
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)]
    mask: EncodedMask
    top: int
    left: int
    generator: str


@dataclass(frozen=True)
class Recipe:
    """One background and an ordered list of defects, with all parameters and versions."""

    background: str
    """SHA-256 of the background's file."""
    defects: tuple[Defect, ...]
    project: str = ""
    """The project's identity, to find background and weights again."""
    blend: BlendSettings = field(default_factory=BlendSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    versions: dict[str, str] = field(default_factory=dict)
    format: Literal[1] = 1


@dataclass(frozen=True)
class SampleManifest:
    """`recipe.json` beside a sample: the recipe and the hashes of what it made (pixel data)."""

    recipe: Recipe
    image_sha256: str
    """SHA-256 of the image's pixels: shape, dtype, then the C-order bytes."""
    label_sha256: str
    painted_sha256: str
