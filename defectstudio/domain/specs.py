"""Self-contained descriptions of work for a worker: it knows no database, only these files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.device import Device
from defectstudio.domain.generators import GeneratorConfig
from defectstudio.domain.recipe import (
    BlendSettings,
    EncodedMask,
    GrainSettings,
    Polish,
    Recipe,
    RefineSettings,
    Seed,
)
from defectstudio.domain.seed_marks import Marks
from defectstudio.domain.spread import Processes, SpreadSettings

JOB_FILE, RUN_LOCK = "job.json", "run.lock"
"""In a run folder: the specification, and the lock that a worker holds while it lives."""
CHUNKS_FOLDER = "chunks"
"""In a batch's run folder: its chunks, each a folder of samples and a JSON record beside it that
names them in order; a chunk without a record is not whole."""

Want = Literal["contents", "gallery", "sample", "search", "reading"]


@dataclass(frozen=True)
class LabeledFile:
    """An image, its uint8 label plane (class ids) and the image's SHA-256."""

    image: Path
    label: Path
    sha256: str


@dataclass(frozen=True)
class BackgroundFile:
    """A background image and where a defect may fall on it (bool PNG; None: everywhere)."""

    image: Path
    sha256: str
    region: Path | None = None


@dataclass(frozen=True)
class Example:
    """What a segmenter sees: a real image and its label plane (None: no defect), the image's
    SHA-256, and the physical part it shows."""

    image: Path
    label: Path | None
    sha256: str
    group: str


@dataclass(frozen=True)
class TrainSpec:
    """Train one generator of the kind in `config`.

    `images` are those of the training split only, and so are `normals`, which are given to the
    kinds that need them. classes: those to learn. combined: the id of the class of mixed defects
    (config.combined), which is not among them. groups: the physical part that each image shows.
    processes: as in TogetherSettings.
    """

    run: Path
    name: str
    item: str
    classes: dict[int, str]
    images: tuple[LabeledFile, ...]
    split: str
    config: GeneratorConfig
    normals: tuple[BackgroundFile, ...] = ()
    device: Device = "auto"
    resume: bool = False
    combined: int | None = None
    groups: tuple[str, ...] = ()
    processes: Processes = 1
    kind: Literal["train"] = "train"


@dataclass(frozen=True)
class PlacementSettings:
    """Where and how a batch places shapes. Lengths in pixels, angles in degrees.

    per_sample: defects a sample; scale_min..scale_max multiply the shape's size. rotate: the most
    that a shape is turned, at most 10 with a generator of an oriented surface. stay_at_edge:
    whether a shape that lay at the border of its own picture is laid as near to a border, and not
    turned: breaks and fraying occur there alone. Where there is a region, that says where defects
    fall.
    """

    per_sample: Annotated[int, Bounds(1, 64)] = 1
    scale_min: Annotated[float, Bounds(0.05, 20.0)] = 0.8
    scale_max: Annotated[float, Bounds(0.05, 20.0)] = 1.25
    rotate: Annotated[float, Bounds(0.0, 180.0)] = 180.0
    flip: bool = True
    gap: Annotated[int, Bounds(0, 4096)] = 4
    edge_margin: Annotated[int, Bounds(0, 4096)] = 2
    stay_at_edge: bool = True
    tries: Annotated[int, Bounds(1, 1000)] = 20


@dataclass(frozen=True)
class StyleSettings:
    """Which styles a batch draws.

    truncation: as in recipe.Style. best_of: contents tried for each defect, of which the one of
    the best score is used (synthesis.judging). contrast, polish: as in recipe.Defect. guard:
    whether a content that nearly is a training content is drawn again, where the generator knows
    what it was trained on. favourites: only the favourite seeds of each class.
    """

    truncation: Annotated[float, Bounds(0.0, 2.0)] = 1.0
    best_of: Annotated[int, Bounds(1, 64)] = 1
    contrast: Annotated[float, Bounds(0.0, 1000.0)] = 0.0
    polish: Polish = 0
    guard: bool = True
    favourites: bool = False


@dataclass(frozen=True)
class PlanRow:
    """So many samples of a class, on the backgrounds of these places in the list of the
    specification; none: on any of them."""

    class_id: Annotated[int, Bounds(1, 254)]
    count: Annotated[int, Bounds(1, 1_000_000)]
    backgrounds: tuple[int, ...] = ()


@dataclass(frozen=True)
class SynthesizeSpec:
    """Make `count` samples of `class_ids` in turn on `backgrounds`, or row by row of a `plan`,
    whose counts sum to `count`.

    shapes: where masks come from - real label planes of the training split, warped; `mask`, if
    given, is the one painted mask (the background's size) that every sample uses as it is.
    marks: by class id; a class with favourites is drawn from these, none from a banned seed.
    only: a trial, which makes the samples of these numbers alone, and tells of those that find no
    place instead of failing.
    """

    run: Path
    project: str
    generator: Path
    class_ids: tuple[int, ...]
    backgrounds: tuple[BackgroundFile, ...]
    shapes: tuple[LabeledFile, ...]
    count: Annotated[int, Bounds(1, 1_000_000)]
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)]
    plan: tuple[PlanRow, ...] = ()
    only: tuple[int, ...] = ()
    mask: EncodedMask | None = None
    blend: BlendSettings = field(default_factory=BlendSettings)
    grain: GrainSettings = field(default_factory=GrainSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    placement: PlacementSettings = field(default_factory=PlacementSettings)
    styles: StyleSettings = field(default_factory=StyleSettings)
    marks: dict[int, Marks] = field(default_factory=dict)
    spread: SpreadSettings = field(default_factory=SpreadSettings)
    device: Device = "cpu"
    kind: Literal["synthesize"] = "synthesize"


@dataclass(frozen=True)
class ReplayTarget:
    """A recipe to make again, and where its background and generators lie (by SHA-256)."""

    name: str
    recipe: Recipe
    background: Path
    generators: dict[str, Path]


@dataclass(frozen=True)
class ReplaySpec:
    """Make samples again into the run folder, one folder `NNNNNN` a target."""

    run: Path
    targets: tuple[ReplayTarget, ...]
    device: Device = "cpu"
    kind: Literal["replay"] = "replay"


@dataclass(frozen=True)
class PreviewRequest:
    """One line on a preview worker's stdin.

    want "contents": hand contents and raw masks over through the mapped file `out`;
    want "gallery": as "contents", for the one defect of that number, with each of the `seeds`;
    want "sample": make the whole sample into the folder `out`;
    want "search": the style among the `seeds` and their mixes that fits the one defect best;
    want "reading": the style of the one defect, which is a real one: the recipe says of all the
    defects of the background, which shows them, where they are.
    """

    request: int
    want: Want
    recipe: Recipe
    background: Path
    generators: dict[str, Path]
    out: Path
    defect: int = 0
    seeds: tuple[Seed, ...] = ()
