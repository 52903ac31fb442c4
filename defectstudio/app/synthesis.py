"""Make labeled samples: a job whose results are accepted into the project in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.batch_plan import plan_rows
from defectstudio.app.batch_trial import spread_over
from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_early
from defectstudio.app.regions import read_region
from defectstudio.app.seed_marks import batch_marks
from defectstudio.app.training_images import as_labeled_file, is_split
from defectstudio.app.validation import settings, spread
from defectstudio.domain.errors import ImageError, ProjectError, SettingError
from defectstudio.domain.recipe import BlendMode, BlendSettings, GrainSettings, RefineSettings
from defectstudio.domain.records import GeneratorRecord, ImageRecord, Item, Role, Split
from defectstudio.domain.specs import (
    BackgroundFile,
    PlacementSettings,
    PlanRow,
    StyleSettings,
    SynthesizeSpec,
)
from defectstudio.domain.spread import SpreadSettings
from defectstudio.imaging.masks import encode
from defectstudio.imaging.reading import read_mask, write_png
from defectstudio.imaging.types import Mask
from defectstudio.jobs.following import FollowedJob
from defectstudio.project.images import NewImage
from defectstudio.project.models import GENERATORS
from defectstudio.project.names import name_key
from defectstudio.project.project import Project, item_named

KIND = "synthesize"


def start_synthesis(project: Project, order: BatchOrder, wishes: Wishes = AT_ONCE) -> FollowedJob:
    """Make the samples of an order and accept them into the project. wishes: how it is queued.

    Raises SettingError, ImageError and ProjectError.
    """
    if wishes.is_early:
        title = order.title(order.count, order.generator)
        return queue_early(project, Job(KIND, title, order.row(), order.device), wishes)
    ground = _Ground.of(project, order)
    spec = _spec(project, order, ground)
    found = _regions(project, ground.backgrounds, ground.allowed, painted=order.regions)
    title = order.title(spec.count, ground.generator.name)
    row = {**order.row(), "item": ground.item.name}
    job = Job(KIND, title, row, order.device)
    return queue(project, job, lambda run: _in_folder(spec, run, found), wishes)


def spec_of(project: Project, order: BatchOrder) -> SynthesizeSpec:
    """The batch that an order is, but for its run folder and regions. Raises SettingError,
    ImageError and ProjectError."""
    return _spec(project, order, _Ground.of(project, order))


def _spec(project: Project, order: BatchOrder, ground: _Ground) -> SynthesizeSpec:
    """The batch but for its run folder. Raises SettingError and ProjectError."""
    class_ids, rows = ground.classes(order)
    count = sum(row.count for row in rows) if order.plan else order.count
    looks = ground.looks
    spec = SynthesizeSpec(
        run=project.root,
        project=project.id,
        generator=ground.generator.folder,
        class_ids=class_ids,
        backgrounds=tuple(BackgroundFile(one.file, one.sha256) for one in ground.backgrounds),
        shapes=tuple(as_labeled_file(image) for image in ground.shapes),
        count=count,
        seed=order.seed,
        plan=rows,
        only=spread_over(count, order.trial),
        mask=None if ground.painted is None else encode(ground.painted),
        blend=looks.blend,
        grain=looks.grain,
        refine=looks.refine,
        placement=looks.placement,
        styles=looks.styles,
        spread=looks.spread,
        device=order.device,
    )
    spec = settings(SynthesizeSpec, {"count": count, "seed": order.seed}, spec)
    return replace(spec, marks=batch_marks(project, ground.generator, spec))


@dataclass(frozen=True)
class _Ground:
    """What a batch is made of: a generator with its settings, the classes of an item that it knows
    (id -> name), a painted mask or the images that shapes come from, backgrounds, and where on
    all of them defects may fall. needs_shapes: whether a class can only be made where such an
    image has it."""

    generator: GeneratorRecord
    looks: _Looks
    item: Item
    known: dict[int, str]
    painted: Mask | None
    needs_shapes: bool
    shapes: list[ImageRecord]
    backgrounds: list[ImageRecord]
    allowed: Mask | None

    @classmethod
    def of(cls, project: Project, order: BatchOrder) -> _Ground:
        """Raises SettingError, ImageError and ProjectError; only then a background is added."""
        chosen = project.generator(order.generator)
        config = GENERATORS.read_card(chosen.folder).config
        blend = order.blend or config.blend_mode
        looks = _Looks.of(order.overrides, blend, config.batch_polish)
        item = item_named(project, order.item) if order.item else project.item(chosen.item_id)
        painted, allowed = _drawn(order.mask), _drawn(order.region)
        needed = painted is None and config.fills_mask
        return cls(
            chosen,
            looks,
            item,
            makeable(project, item, chosen),
            painted,
            needed,
            labeled_images(project, item) if needed else [],
            _backgrounds(project, item, order.background, painted, allowed),
            allowed,
        )

    def classes(self, order: BatchOrder) -> tuple[tuple[int, ...], tuple[PlanRow, ...]]:
        """The ids of the classes to make, and the rows of the plan where there is one. Raises
        SettingError and ProjectError."""
        drawable = {i for image in self.shapes for i in image.class_ids}
        if not order.plan:
            made = _class_ids(self.known, self.item, order.class_name)
            can = tuple(i for i in made if i in drawable or not self.needs_shapes)
            if not can:
                raise _no_shape(self.known, made)
            return can, ()
        ids = _planned_ids(self.known, order)
        without = [i for i in ids if self.needs_shapes and i not in drawable]
        if without:
            raise _no_shape(self.known, without)
        return ids, plan_rows(order.plan, {i: self.known[i] for i in ids}, self.backgrounds)


@dataclass(frozen=True)
class _Looks:
    """The groups of settings of a batch."""

    blend: BlendSettings
    grain: GrainSettings
    refine: RefineSettings
    placement: PlacementSettings
    styles: StyleSettings
    spread: SpreadSettings

    @classmethod
    def of(cls, overrides: Mapping[str, Any], blend: BlendMode, polish: int) -> _Looks:
        kinds = (BlendSettings, GrainSettings, RefineSettings, PlacementSettings, StyleSettings)
        *looks, spreads = spread(overrides, *kinds, SpreadSettings)
        blends, grains, refines, places, styles = looks
        return cls(
            settings(BlendSettings, {"mode": blend, **blends}),
            settings(GrainSettings, grains),
            settings(RefineSettings, refines),
            placement_of(places),
            settings(StyleSettings, {"polish": polish, **styles}),
            settings(SpreadSettings, spreads),
        )


def _drawn(path: Path | None) -> Mask | None:
    """The mask in a picture. Raises ImageError when it is empty or cannot be read."""
    if path is None:
        return None
    mask = read_mask(path)
    if not mask.any():
        raise ImageError(
            "the mask is empty", subject=path, remedy="Paint the allowed or wanted pixels white."
        )
    return mask


def labeled_images(project: Project, item: Item) -> list[ImageRecord]:
    """The item's labeled images to take shapes from: never those of a test split."""
    split = Split.TRAIN if is_split(project, item) else None
    images = project.images(item.id, role=Role.DEFECT, split=split)
    return [image for image in images if image.label_file is not None]


def placement_of(overrides: Mapping[str, Any]) -> PlacementSettings:
    """The placement of a batch. Raises SettingError."""
    placement = settings(PlacementSettings, overrides)
    if placement.scale_min > placement.scale_max:
        raise SettingError(
            f"it is above scale_max ({placement.scale_max:g})",
            subject="scale_min",
            remedy="Give scale_min and scale_max in order.",
        )
    return placement


def backgrounds_of(project: Project, item: Item) -> list[ImageRecord]:
    """The normal images that defects may be put on: of the training split where there is one."""
    split = Split.TRAIN if is_split(project, item) else None
    return project.images(item.id, role=Role.NORMAL, split=split)


def makeable(project: Project, item: Item, generator: GeneratorRecord) -> dict[int, str]:
    """The classes of an item that a generator knows, id -> the item's name for it.

    In the generator's own item ids say it all; in another one the names must agree too.
    """
    learned = GENERATORS.read_card(generator.folder).classes
    own = {one.id: one.name for one in project.classes(item.id) if one.id in learned}
    if item.id == generator.item_id:
        return own
    return {i: name for i, name in own.items() if name_key(name) == name_key(learned[i])}


def _class_ids(known: Mapping[int, str], item: Item, class_name: str | None) -> list[int]:
    """The classes that are known to the generator and wanted. Raises SettingError for none."""
    wanted = None if class_name is None else name_key(class_name)
    chosen = [i for i, name in known.items() if wanted in (None, name_key(name))]
    if not chosen:
        raise SettingError(
            "the generator knows no such class of this item",
            subject=class_name or item.name,
            remedy=f"It knows {', '.join(known.values()) or 'none'}.",
        )
    return sorted(chosen)


def _planned_ids(known: Mapping[int, str], order: BatchOrder) -> tuple[int, ...]:
    """The classes of a plan. Raises SettingError where a class is named besides."""
    if order.class_name is not None:
        raise SettingError(
            "the plan says which classes are made",
            subject=order.class_name,
            remedy="Name no class.",
        )
    wanted = {name_key(line.class_name) for line in order.plan}
    return tuple(i for i, name in known.items() if name_key(name) in wanted)


def _no_shape(known: Mapping[int, str], class_ids: Iterable[int]) -> ProjectError:
    return ProjectError(
        "no labeled defect of the training images gives a shape to make",
        subject=", ".join(known[i] for i in class_ids),
        remedy="Name a painted mask with --mask, or label an image of this class.",
    )


def _backgrounds(
    project: Project, item: Item, chosen: Path | None, painted: Mask | None, allowed: Mask | None
) -> list[ImageRecord]:
    """The backgrounds whose size is that of the painted mask and the region, where given."""
    if chosen is not None:
        images = [_added(project, item, chosen)]
    else:
        images = backgrounds_of(project, item)
    if not images:
        raise ProjectError(
            "the item has no normal image to put defects on",
            subject=item.name,
            remedy="Import images without defects, or name one with --background.",
        )
    sizes = {drawn.shape for drawn in (painted, allowed) if drawn is not None}
    fitting = [image for image in images if sizes <= {(image.height, image.width)}]
    if not fitting:
        raise ImageError(
            f"no background has the size of the mask or region "
            f"({' and '.join(f'{w} x {h}' for h, w in sorted(sizes))} pixels)",
            subject=chosen or item.name,
            remedy="Draw mask and region on one background and name it with --background.",
        )
    return fitting


def _added(project: Project, item: Item, path: Path) -> ImageRecord:
    """The picture as an image of the item. Raises ProjectError for one of the test split."""
    new = NewImage(name=path.stem, role=Role.NORMAL, file=path)
    image = project.image(project.add_images(item.id, [new])[0])
    if image.split is Split.TEST:
        raise ProjectError(
            "this image is of the test split, on which nothing may be made",
            subject=path,
            remedy="Choose another background.",
        )
    return image


def _regions(
    project: Project, backgrounds: Sequence[ImageRecord], allowed: Mask | None, *, painted: bool
) -> dict[int, Mask]:
    """Where defects may fall, by the place of the background; those without are open."""
    if allowed is not None:
        return dict.fromkeys(range(len(backgrounds)), allowed)
    if not painted:
        return {}
    read = ((place, read_region(project, image.id)) for place, image in enumerate(backgrounds))
    return {place: region for place, region in read if region is not None}


def _in_folder(spec: SynthesizeSpec, run: Path, regions: Mapping[int, Mask]) -> SynthesizeSpec:
    """The specification in its run folder, beside it the regions by their background's place."""
    files = list(spec.backgrounds)
    written: dict[int, Path] = {}
    for place, region in regions.items():
        if id(region) not in written:  # one region for all is written once
            written[id(region)] = run / f"region-{place}.png"
            write_png(written[id(region)], region)
        files[place] = replace(files[place], region=written[id(region)])
    return replace(spec, run=run, backgrounds=tuple(files))
