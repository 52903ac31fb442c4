"""The audit of labels and of coverage: what it is told, what it looks for, what it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.device import Device

AUDIT = "audit"
"""The kind of the job, and the name of its report."""


class Flaw(StrEnum):
    """What can be wrong with a label, the gravest first."""

    EMPTY = "the label is empty"
    OUTSIDE_REGION = "labeled outside the allowed region"
    COPY = "nearly a copy of a training content"
    FAINT = "below a just noticeable contrast"
    UNCHANGED = "labeled, but not changed"
    HALO = "changed, but not labeled"
    OFF_EDGE = "the outline lies off the edges"
    SPECKS = "specks beside larger parts"


@dataclass(frozen=True)
class AuditSettings:
    """From where on something is a finding.

    visible: a change, as a fraction of the full range (and at least what stands out of the noise,
    as in imaging.refinement). noticeable: the least signal-to-noise ratio of a defect (Rose 1948,
    metrics.visibility). unchanged: the largest share of labeled pixels farther than 2 px from any
    change; halo: the most changed pixels farther than 1 px from the label, as a share of the
    labeled ones. speck_px: parts of so many pixels or fewer, beside larger ones. off_edge_px: how
    far an outline may lie off its edges. guard: whether samples are held against the training
    contents that their generators know. fill: samples planned for each hole of the coverage.
    shown: pictures in the report.
    """

    visible: Annotated[float, Bounds(0.0, 1.0)] = 0.02
    noticeable: Annotated[float, Bounds(0.0, 1000.0)] = 5.0
    unchanged: Annotated[float, Bounds(0.0, 1.0)] = 0.25
    halo: Annotated[float, Bounds(0.0, 100.0)] = 0.25
    speck_px: Annotated[int, Bounds(0, 1000)] = 2
    off_edge_px: Annotated[int, Bounds(1, 16)] = 3
    guard: bool = True
    fill: Annotated[int, Bounds(1, 1000)] = 4
    shown: Annotated[int, Bounds(0, 500)] = 40


@dataclass(frozen=True)
class AuditTarget:
    """An image and its label plane. sample: its number in the project, if it is one of its samples;
    background: what a sample was made on, None where it is not at hand; region: where its defects
    may lie (bool PNG); recipe: a sample's manifest."""

    name: str
    image: Path
    label: Path | None
    sample: int | None = None
    background: Path | None = None
    region: Path | None = None
    recipe: Path | None = None


@dataclass(frozen=True)
class Ground:
    """A normal image that defects can be put on."""

    name: str
    image: Path


@dataclass(frozen=True)
class AuditSpec:
    """Audit the targets. classes: names by id; grounds: what holes can be filled on; generators:
    folders by the SHA-256 of their weights, of those that are at hand."""

    run: Path
    item: str
    classes: dict[int, str]
    targets: tuple[AuditTarget, ...]
    grounds: tuple[Ground, ...] = ()
    generators: dict[str, Path] = field(default_factory=dict)
    settings: AuditSettings = field(default_factory=AuditSettings)
    device: Device = "cpu"
    kind: Literal["audit"] = "audit"


@dataclass(frozen=True)
class Finding:
    """A flaw of one class of an image, how much of it there is, what would be allowed, and what
    can be done about it."""

    flaw: Flaw
    class_id: int
    value: float
    limit: float
    remedy: str


@dataclass(frozen=True)
class Measured:
    """A defect as it is labeled: where its middle lies (0..1 of height and width), its pixels, its
    contrast (metrics.visibility) and the grey of its surround, 0..1."""

    class_id: int
    row: float
    column: float
    area: int
    contrast: float
    surround: float


@dataclass(frozen=True)
class Audited:
    """What was found of an image."""

    name: str
    synthetic: bool
    sample: int | None
    compared: bool
    """Whether its background was at hand."""
    findings: tuple[Finding, ...]
    defects: tuple[Measured, ...]


@dataclass(frozen=True)
class Cell:
    """Defects of a class at a position (of 3 x 3, row by row), of a size, a contrast and on a
    surround (0 up to the median of the real ones, 1 above): how many real and made ones there are.
    """

    class_id: int
    position: int
    size: int
    contrast: int
    surround: int
    real: int
    synthetic: int

    @property
    def is_hole(self) -> bool:
        """Whether real defects are there, and no made one."""
        return self.real > 0 and self.synthetic == 0


@dataclass(frozen=True)
class Wanted:
    """So many samples of a class on these backgrounds; none: on any."""

    class_name: str
    count: int
    backgrounds: tuple[str, ...]


@dataclass(frozen=True)
class AuditReport:
    """`audit.json`: worst first."""

    item: str
    classes: dict[int, str]
    settings: AuditSettings
    images: tuple[Audited, ...]
    cells: tuple[Cell, ...]
    plan: tuple[Wanted, ...]
    versions: dict[str, str]
    format: Literal[1] = 1
