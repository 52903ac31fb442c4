"""How one product's defects would look on another's backgrounds, and whether they taught it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.comparing import KIND, report_files
from defectstudio.app.display import shown, window_of
from defectstudio.app.validation import parse_json
from defectstudio.domain.comparisons import CompareTransferSpec
from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.recipe import BlendSettings, Defect, Recipe
from defectstudio.domain.records import (
    DefectClass,
    GeneratorRecord,
    ImageRecord,
    Item,
    JobRecord,
    JobState,
    Role,
    Split,
)
from defectstudio.domain.specs import JOB_FILE, PlacementSettings
from defectstudio.imaging.compose import Composite
from defectstudio.imaging.masks import Box, bounding_box, components, encode, warp
from defectstudio.imaging.placement import Refusal, place
from defectstudio.imaging.reading import read_label
from defectstudio.imaging.types import Mask
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project

_SEEDS = 1 << 53
_JOIN_PX = 6
_LEAST_PX = 6
"""As batches take shapes: parts so near are one defect, smaller ones are label dust."""
_LEAN = 10.0
_LOOKED_AT = 24
"""Labeled images of a class that shapes are taken from."""
_ROOM_PX = 40
"""Around a defect, in its picture."""
_REMEDY = "Start the comparison again."


@dataclass(frozen=True)
class Cell:
    """A class on a background: what is to be made, or why it has no place there."""

    defect_class: DefectClass
    background: ImageRecord
    recipe: Recipe | None
    refusal: str = ""


@dataclass(frozen=True)
class Mean:
    """Over repeats, with its 95 % interval where there are enough."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ArmResult:
    """An arm of a report: its mean F1, the difference to the arm `against`, and the verdict."""

    arm: str
    architecture: str
    against: str
    mean_f1: Mean | None
    difference: Mean | None
    verdict: str


@dataclass(frozen=True)
class ArmCounts:
    """How many real and made images an arm learned from."""

    arm: str
    architecture: str
    real: int
    synthetic: int


@dataclass(frozen=True)
class TransferResult:
    """`transfer.json`: what the window shows of it. images: of "source", "training" and "test"."""

    item: str
    effects: tuple[ArmResult, ...]
    result: tuple[ArmCounts, ...]
    images: dict[str, tuple[tuple[str, str, str], ...]]

    def counts(self, one: ArmResult) -> ArmCounts | None:
        """Of an arm."""
        key = (one.arm, one.architecture)
        return next((x for x in self.result if (x.arm, x.architecture) == key), None)


def plan_grid(
    project: Project,
    generator: GeneratorRecord,
    classes: Sequence[DefectClass],
    target: Item,
    *,
    columns: int,
    seed: int,
) -> list[list[Cell]]:
    """A row a class, a column a background of the target; another seed, other places and shapes.

    Shapes are those of the source's labeled training images. Backgrounds of the test split are not
    used. Raises ProjectError where the target has no background, and CheckpointError.
    """
    card = GENERATORS.read_card(generator.folder)
    rng = np.random.default_rng([seed, target.id])
    backgrounds = _backgrounds(project, target)
    picked = rng.permutation(len(backgrounds))[:columns]
    used = [backgrounds[number] for number in sorted(picked.tolist())]
    rows = []
    for one in classes:
        shapes = _shapes(project, one, card)
        rows.append([_cell(project, card, one, shapes, image, rng=rng) for image in used])
    return rows


def near_defect(made: Composite) -> NDArray[np.uint8] | None:
    """The surroundings of the defect, in 8 bits; None where nothing can be seen of it."""
    box = bounding_box(made.label > 0)
    if box is None:
        return None
    around = _square(box, made.label.shape)
    part = shown(made.image, window_of(made.image))[around.slices]
    return np.ascontiguousarray(part if part.ndim == 3 else np.repeat(part[..., None], 3, axis=2))


def last_transfer(project: Project, target: str, source: str) -> JobRecord | None:
    """The newest finished comparison that transfers defects from one item to the other."""
    title = f"transfer of {target}"
    for job in reversed(project.jobs()):
        if (job.kind, job.title, job.state) == (KIND, title, JobState.DONE):
            spec = parse_json(CompareTransferSpec, job.folder / JOB_FILE, JobError, _REMEDY)
            if spec.source_name == source:
                return job
    return None


def read_result(job: JobRecord) -> TransferResult:
    """Raises JobError where the report is missing or damaged."""
    found: TransferResult = parse_json(
        TransferResult, report_files(job, "transfer")[0], JobError, _REMEDY
    )
    return found


def _square(box: Box, size: tuple[int, ...]) -> Box:
    """Twice as large as the box, within an image of that size."""
    side = max(box.height, box.width) + max(2 * _ROOM_PX, box.height, box.width)
    height, width = min(side, size[0]), min(side, size[1])
    top = min(max(0, box.top + (box.height - height) // 2), size[0] - height)
    left = min(max(0, box.left + (box.width - width) // 2), size[1] - width)
    return Box(top, left, height, width)


def _backgrounds(project: Project, target: Item) -> list[ImageRecord]:
    images = project.images(target.id, role=Role.NORMAL)
    usable = [one for one in images if one.split is not Split.TEST]
    training = [one for one in usable if one.split is Split.TRAIN]
    if not usable:
        raise ProjectError(
            "the item has no normal image to lay defects on",
            subject=target.name,
            remedy="Import images without defects, of the training split.",
        )
    return training or usable


def _shapes(project: Project, one: DefectClass, card: GeneratorCard) -> list[Mask]:
    """Masks of the class; of a generator that draws shapes of its own, its whole window."""
    if not card.config.fills_mask:
        return [np.ones((card.config.height, card.config.width), bool)]
    images = project.images(one.item_id, role=Role.DEFECT)
    labeled = [
        image.label_file
        for image in images
        if image.label_file and one.id in image.class_ids and image.split in (None, Split.TRAIN)
    ]
    return [
        mask
        for file in labeled[:_LOOKED_AT]
        for mask, _ in components(read_label(file) == one.id, _JOIN_PX)
        if mask.sum() >= _LEAST_PX
    ]


def _cell(
    project: Project,
    card: GeneratorCard,
    one: DefectClass,
    shapes: Sequence[Mask],
    background: ImageRecord,
    *,
    rng: np.random.Generator,
) -> Cell:
    if one.id not in card.classes:
        return Cell(one, background, None, "the generator does not make this class")
    if not shapes:
        return Cell(one, background, None, "the class has no labeled defect to take shapes from")
    shape = shapes[int(rng.integers(len(shapes)))]
    settings = PlacementSettings()
    if card.config.fills_mask:
        shape = _varied(shape, settings, rng, oriented=card.config.keeps_direction)
    size = (background.height, background.width)
    where = place(shape, None, np.zeros(size, bool), size, settings, rng)
    if isinstance(where, Refusal):
        height, width = shape.shape
        return Cell(one, background, None, f"{where.value} ({width} x {height} px)")
    seed = int(rng.integers(_SEEDS))
    defect = Defect(one.id, seed, encode(shape), *where, card.weights_sha256)
    blend = replace(BlendSettings(), mode=card.config.blend_mode)
    return Cell(one, background, Recipe(background.sha256, (defect,), project.id, blend))


def _varied(
    shape: Mask, settings: PlacementSettings, rng: np.random.Generator, *, oriented: bool
) -> Mask:
    scale = float(np.exp(rng.uniform(np.log(settings.scale_min), np.log(settings.scale_max))))
    most = min(settings.rotate, _LEAN) if oriented else settings.rotate
    return warp(
        shape,
        scale=scale,
        angle=float(rng.uniform(-most, most)),
        flip=bool(rng.integers(2)) and settings.flip,
    )
