"""Comparisons as a worker gets them: their settings, and what they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.device import Device
from defectstudio.domain.recipe import Polish
from defectstudio.domain.run_config import FeatureName
from defectstudio.domain.segmenters import Crop, EncoderName
from defectstudio.domain.specs import BackgroundFile, Example, LabeledFile
from defectstudio.domain.spread import SpreadSettings


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
    class in which seed alone and class alone are changed. guard: as in specs.StyleSettings.
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
    guard: bool = True


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

    count: placements a generator and class; seed: of all draws. polish: iterations in which
    contents of DST are refined at their place (recipe.Defect), as one more arm; 0: none. features:
    the network whose histograms and Gram matrices are compared, default that of each generator's
    own losses; feature_weights, download: as in RealismSettings. second: another network that is
    asked too, since no generator should be judged by its own alone. sheet: placements shown a
    class.
    """

    count: Annotated[int, Bounds(1, 10_000)] = 24
    seed: Annotated[int, Bounds(0, (1 << 53) - 1)] = 0
    polish: Polish = 0
    features: FeatureName | Literal["own"] = "own"
    feature_weights: Path | None = None
    download: bool = False
    second: FeatureName | Literal["none"] = "efficientnet-lite0"
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

    classes: of the item's, comma between, default all. share: of the defects that an enlarged arm
    sees, how many are made; several, comma between, are an arm each. partitions: how many splits
    by part, the item's own first; for each further one all generators are trained anew. force: go
    on although a generator has seen images of the test split, and mark it.
    """

    classes: str = ""
    share: str = "0.5"
    partitions: Annotated[int, Bounds(1, 20)] = 1
    force: bool = False


@dataclass(frozen=True)
class StrategiesSettings(TrialSettings):
    """How it is measured what a few real defects are worth, with and without made ones (P2 Table 1,
    Figure 6).

    classes: of the item's, comma between, default all. real: labeled images a class, comma between.
    share: of the defects that strategy C sees, how many are made.
    """

    architectures: str = "buttonlab,deeplabv3plus,unet"
    repeats: Annotated[int, Bounds(1, 100)] = 1
    classes: str = ""
    real: str = "1,3"
    share: Annotated[float, Bounds(0.01, 1.0)] = 0.5


@dataclass(frozen=True)
class TransferSettings(TrialSettings):
    """How it is measured whether defects of one item teach another (P1 Tables 7, 8).

    source: the item that defects come from; classes: of its classes, comma between, default all.
    grey: take the contents' colour; cut: the share of every content that is cut off at a random
    side. Generators of relative tone match contents to the target's surface by themselves.
    """

    source: str = ""
    classes: str = ""
    grey: bool = False
    cut: Annotated[float, Bounds(0.0, 0.9)] = 0.0


@dataclass(frozen=True)
class EnlargingGenerator:
    """A generator whose samples enlarge the training set. seen: SHA-256 of the images of the test
    split whose parts it was trained on, which should be none."""

    name: str
    folder: Path
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Partition:
    """The real images of an item, with and without defects, dealt out to its three splits by
    part."""

    training: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


@dataclass(frozen=True)
class CompareEnlargeSpec:
    """Train segmenters with and without made defects and test them on real ones; protocol
    "enlarge". partitions: the item's own, which the generators were trained on, and others, for
    which they are trained anew. shares: of the defects of an enlarged arm, how many are made.
    cache: where finished trainings are kept. The report is left in `report/` of the run folder.
    """

    run: Path
    project: str
    item: str
    classes: dict[int, str]
    generators: tuple[EnlargingGenerator, ...]
    partitions: tuple[Partition, ...]
    shares: tuple[float, ...]
    cache: Path
    settings: EnlargeSettings = field(default_factory=EnlargeSettings)
    device: Device = "cpu"
    spread: SpreadSettings = field(default_factory=SpreadSettings)
    protocol: Literal["enlarge"] = "enlarge"
    kind: Literal["compare_enlarge"] = "compare_enlarge"


@dataclass(frozen=True)
class CompareStrategiesSpec:
    """Train segmenters on a few real defects by strategies A, B and C (SPEC section 5); protocol
    "strategies". partitions: the item's own split with the labeled training images cut down to
    `real` a class, one for each; all generators are trained anew for each. cache: where finished
    trainings are kept. The report is left in `report/` of the run folder.
    """

    run: Path
    project: str
    item: str
    classes: dict[int, str]
    generators: tuple[EnlargingGenerator, ...]
    partitions: tuple[Partition, ...]
    real: tuple[int, ...]
    cache: Path
    settings: StrategiesSettings = field(default_factory=StrategiesSettings)
    device: Device = "cpu"
    spread: SpreadSettings = field(default_factory=SpreadSettings)
    protocol: Literal["strategies"] = "strategies"
    kind: Literal["compare_strategies"] = "compare_strategies"


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
    spread: SpreadSettings = field(default_factory=SpreadSettings)
    protocol: Literal["transfer"] = "transfer"
    kind: Literal["compare_transfer"] = "compare_transfer"


TrialSpec = CompareEnlargeSpec | CompareStrategiesSpec | CompareTransferSpec
"""Comparisons that train segmenters."""


@dataclass(frozen=True)
class ForecastSpec:
    """Tell how long such a comparison would take: a few steps of a training are done to tell."""

    run: Path
    trial: TrialSpec
    kind: Literal["forecast"] = "forecast"
