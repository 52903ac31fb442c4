"""Self-contained descriptions of work for a worker: it knows no database, only these files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.generators import GeneratorConfig
from defectstudio.domain.recipe import (
    BlendSettings,
    EncodedMask,
    GrainSettings,
    Recipe,
    RefineSettings,
    Seed,
)
from defectstudio.domain.run_config import FeatureName
from defectstudio.domain.segmenters import Crop, EncoderName

JOB_FILE, RUN_LOCK = "job.json", "run.lock"
"""In a run folder: the specification, and the lock that a worker holds while it lives."""

Device = Literal["auto", "cpu", "cuda"]


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
    (config.combined), which is not among them.
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
    kind: Literal["train"] = "train"


@dataclass(frozen=True)
class PlacementSettings:
    """Where and how a batch places shapes. Lengths in pixels, angles in degrees.

    per_sample: defects a sample; scale_min..scale_max multiply the shape's size.
    """

    per_sample: Annotated[int, Bounds(1, 64)] = 1
    scale_min: Annotated[float, Bounds(0.05, 20.0)] = 0.8
    scale_max: Annotated[float, Bounds(0.05, 20.0)] = 1.25
    rotate: Annotated[float, Bounds(0.0, 180.0)] = 180.0
    flip: bool = True
    gap: Annotated[int, Bounds(0, 4096)] = 4
    edge_margin: Annotated[int, Bounds(0, 4096)] = 2
    tries: Annotated[int, Bounds(1, 1000)] = 20


@dataclass(frozen=True)
class StyleSettings:
    """Which styles a batch draws.

    truncation: as in recipe.Style. best_of: contents tried for each defect, of which the one of
    the best score is used (synthesis.judging). contrast, polish: as in recipe.Defect.
    """

    truncation: Annotated[float, Bounds(0.0, 2.0)] = 1.0
    best_of: Annotated[int, Bounds(1, 64)] = 1
    contrast: Annotated[float, Bounds(0.0, 1000.0)] = 0.0
    polish: Annotated[int, Bounds(0, 1000)] = 0


@dataclass(frozen=True)
class SynthesizeSpec:
    """Make `count` samples of `class_ids` in turn on `backgrounds`.

    shapes: where masks come from - real label planes of the training split, warped; `mask`, if
    given, is the one painted mask (the background's size) that every sample uses as it is.
    """

    run: Path
    project: str
    generator: Path
    class_ids: tuple[int, ...]
    backgrounds: tuple[BackgroundFile, ...]
    shapes: tuple[LabeledFile, ...]
    count: Annotated[int, Bounds(1, 1_000_000)]
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)]
    mask: EncodedMask | None = None
    blend: BlendSettings = field(default_factory=BlendSettings)
    grain: GrainSettings = field(default_factory=GrainSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    placement: PlacementSettings = field(default_factory=PlacementSettings)
    styles: StyleSettings = field(default_factory=StyleSettings)
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
class GroupedFile:
    """A labeled image and the physical part it shows."""

    file: LabeledFile
    group: str


@dataclass(frozen=True)
class NamedGenerator:
    """A generator of the project: its name and its folder."""

    name: str
    folder: Path


@dataclass(frozen=True)
class RealismSettings:
    """How realism is measured.

    count: contents a class and generator; seed: of all draws. canvas: side in pixels of the grey
    canvas that contents are compared on; a smaller content is enlarged to fill it, at most by the
    factor `enlarge`. features: the network; feature_weights: its file where it is not the default
    one; feature_side: side in pixels of its input; download: whether its weights may be fetched.
    subsets: random subsets of KID. sheet: contents shown a class and generator. masks: masks a
    class in which seed alone and class alone are changed.
    """

    count: Annotated[int, Bounds(2, 10_000)] = 60
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    canvas: Annotated[int, Bounds(32, 512)] = 64
    enlarge: Annotated[float, Bounds(1.0, 16.0)] = 2.0
    features: FeatureName = "efficientnet-lite0"
    feature_weights: Path | None = None
    feature_side: Annotated[int, Bounds(32, 512)] = 128
    download: bool = False
    subsets: Annotated[int, Bounds(1, 10_000)] = 100
    sheet: Annotated[int, Bounds(0, 200)] = 16
    masks: Annotated[int, Bounds(1, 1000)] = 8


@dataclass(frozen=True)
class CompareSpec:
    """Measure generators against real defects; protocol "realism" (SPEC section 6).

    training, test: labeled images of the two splits. backgrounds: normal images that samples are
    made on, of the split `background_split`. The report is left in `report/` of the run folder.
    """

    run: Path
    project: str
    item: str
    classes: dict[int, str]
    generators: tuple[NamedGenerator, ...]
    training: tuple[GroupedFile, ...]
    test: tuple[GroupedFile, ...]
    backgrounds: tuple[BackgroundFile, ...]
    background_split: str
    settings: RealismSettings = field(default_factory=RealismSettings)
    device: Device = "cpu"
    protocol: Literal["realism"] = "realism"
    kind: Literal["compare"] = "compare"


@dataclass(frozen=True)
class DstSettings:
    """How DST is measured against histogram match.

    count: placements a generator and class; seed: of all draws. features: the network whose
    histograms and Gram matrices are compared, default that of each generator's own losses;
    feature_weights, download: as in RealismSettings. sheet: placements shown a class.
    """

    count: Annotated[int, Bounds(1, 10_000)] = 24
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    features: FeatureName | Literal["own"] = "own"
    feature_weights: Path | None = None
    download: bool = False
    sheet: Annotated[int, Bounds(0, 50)] = 4


@dataclass(frozen=True)
class TransferredGenerator:
    """A generator of kind dst and the labeled images that are its references, in their order."""

    name: str
    folder: Path
    references: tuple[LabeledFile, ...]


@dataclass(frozen=True)
class CompareDstSpec:
    """Measure generators of kind dst against histogram match; protocol "dst" (P2 Figure 3).

    shapes: labeled images that masks come from. backgrounds: normal images of the split
    `background_split`, the test split where it has any. The report is left in `report/` of the
    run folder.
    """

    run: Path
    project: str
    item: str
    generators: tuple[TransferredGenerator, ...]
    shapes: tuple[LabeledFile, ...]
    backgrounds: tuple[BackgroundFile, ...]
    background_split: str
    settings: DstSettings = field(default_factory=DstSettings)
    device: Device = "cpu"
    protocol: Literal["dst"] = "dst"
    kind: Literal["compare_dst"] = "compare_dst"


@dataclass(frozen=True)
class TrialSettings:
    """How segmenters are trained that differ in what they see alone.

    architectures: comma between. generators: names, comma between; default all of the item that
    defects come from. count: samples a class and generator. repeats: trainings of every arm, with
    seeds from `seed` on. sheet: test images shown a class. The rest is of
    domain.segmenters.SegmenterConfig, all arms alike.
    """

    generators: str = ""
    count: Annotated[int, Bounds(1, 100_000)] = 40
    architectures: str = "unet"
    repeats: Annotated[int, Bounds(1, 100)] = 3
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    encoder: EncoderName = "efficientnet-lite0"
    pretrained: bool = True
    encoder_weights: str = ""
    width: Annotated[int, Bounds(8, 512)] = 16
    crop: Crop = 192
    batch: Annotated[int, Bounds(1, 256)] = 8
    steps: Annotated[int, Bounds(1, 10_000_000)] = 200
    learning_rate: Annotated[float, Bounds(1e-7, 1.0)] = 1e-3
    balance: Annotated[float, Bounds(0.0, 1.0)] = 0.5
    sheet: Annotated[int, Bounds(0, 50)] = 2


@dataclass(frozen=True)
class EnlargeSettings(TrialSettings):
    """How it is measured whether made defects help a segmenter (P1 Tables 3 to 6).

    share: of the defects that an enlarged arm sees, how many are made. force: go on although a
    generator has seen images of the test split, and mark it.
    """

    share: Annotated[float, Bounds(0.0, 1.0)] = 0.5
    force: bool = False


@dataclass(frozen=True)
class TransferSettings(TrialSettings):
    """How it is measured whether defects of one item teach another (P1 Tables 7, 8).

    source: the item that defects come from; classes: of its classes, comma between, default all.
    """

    source: str = ""
    classes: str = ""


@dataclass(frozen=True)
class EnlargingGenerator:
    """A generator whose samples enlarge the training set. seen: SHA-256 of the images of the test
    split that it was trained on, which should be none."""

    name: str
    folder: Path
    seen: tuple[str, ...]


@dataclass(frozen=True)
class CompareEnlargeSpec:
    """Train segmenters with and without made defects and test them on real ones; protocol
    "enlarge". training, validation, test: real images of the three splits, with and without
    defects. cache: where finished trainings are kept. The report is left in `report/` of the run
    folder.
    """

    run: Path
    project: str
    item: str
    classes: dict[int, str]
    generators: tuple[EnlargingGenerator, ...]
    training: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    cache: Path
    settings: EnlargeSettings = field(default_factory=EnlargeSettings)
    device: Device = "cpu"
    protocol: Literal["enlarge"] = "enlarge"
    kind: Literal["compare_enlarge"] = "compare_enlarge"


@dataclass(frozen=True)
class CompareTransferSpec:
    """Train segmenters for an item on another item's defects; protocol "transfer".

    source: labeled and normal training images of the source item, `source_name`, and its classes;
    training, test: real images of the target item. cache: where finished trainings are kept. The
    report is left in `report/` of the run folder.
    """

    run: Path
    project: str
    item: str
    classes: dict[int, str]
    source_name: str
    source_classes: dict[int, str]
    generators: tuple[EnlargingGenerator, ...]
    source: tuple[Example, ...]
    training: tuple[Example, ...]
    test: tuple[Example, ...]
    cache: Path
    settings: TransferSettings = field(default_factory=TransferSettings)
    device: Device = "cpu"
    protocol: Literal["transfer"] = "transfer"
    kind: Literal["compare_transfer"] = "compare_transfer"


TrialSpec = CompareEnlargeSpec | CompareTransferSpec
"""Comparisons that train segmenters."""
JobSpec = TrainSpec | SynthesizeSpec | ReplaySpec | CompareSpec | CompareDstSpec | TrialSpec


@dataclass(frozen=True)
class PreviewRequest:
    """One line on a preview worker's stdin.

    want "contents": hand contents and raw masks over through the mapped file `out`;
    want "gallery": as "contents", for the one defect of that number, with each of the `seeds`;
    want "sample": make the whole sample into the folder `out`.
    """

    request: int
    want: Literal["contents", "gallery", "sample"]
    recipe: Recipe
    background: Path
    generators: dict[str, Path]
    out: Path
    defect: int = 0
    seeds: tuple[Seed, ...] = ()
