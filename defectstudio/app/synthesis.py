"""Make labeled samples: a job whose results are accepted into the project in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from defectstudio.app.batch_plan import PlanLine, plan_rows
from defectstudio.app.batch_trial import spread_over
from defectstudio.app.queueing import AT_ONCE, Job, Wishes, queue, queue_early
from defectstudio.app.regions import read_region
from defectstudio.app.seed_marks import batch_marks
from defectstudio.app.training_images import as_labeled_file, is_split
from defectstudio.app.validation import settings, spread
from defectstudio.domain.device import Device
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
_TRIAL = "Trial of "


def start_synthesis(
    project: Project,
    *,
    generator: str,
    item: str | None = None,
    class_name: str | None = None,
    count: int = 1,
    seed: int = 0,
    mask: Path | None = None,
    background: Path | None = None,
    region: Path | None = None,
    regions: bool = False,
    plan: Sequence[PlanLine] = (),
    blend: BlendMode | None = None,
    overrides: Mapping[str, Any] | None = None,
    device: Device = "cpu",
    trial: int = 0,
    wishes: Wishes = AT_ONCE,
) -> FollowedJob:
    """Make `count` samples with the generator of that name and accept them into the project.

    item: default the generator's own. class_name: default all classes the generator knows and
    has shapes for, in turn. mask: a picture of the one painted shape every sample uses, of its
    background's size; without it shapes come from the item's labeled images. background: a
    picture, added to the project when new; default the item's normal images. Where the item is
    split, shapes and backgrounds are of the training split. region: a picture of where defects
    may fall; regions: they fall inside the regions painted on backgrounds that have one. plan:
    how many samples of which class on which backgrounds, in place of class_name and count.
    blend: default as the generator wants. overrides: fields of BlendSettings, GrainSettings,
    RefineSettings, PlacementSettings, StyleSettings and SpreadSettings, of which `polish` is by
    default as the generator wants. The same call with the same seed makes the same bytes. trial:
    make only so many of the samples, spread over the batch and the same as its own, and accept
    none; `batch_trial.read_trial` tells of them. wishes: how it is queued.

    Raises SettingError, ImageError and ProjectError.
    """
    order = {
        **{"generator": generator, "item": item, "class_name": class_name, "count": count},
        **{"seed": seed, "mask": mask, "background": background, "region": region},
        **{"regions": regions, "plan": [asdict(line) for line in plan], "blend": blend},
        **{"overrides": overrides, "device": device, "trial": trial},
    }
    if wishes.is_early:
        title = f"{count} with {generator}"
        return queue_early(project, Job(KIND, title, order, device), wishes)
    chosen = project.generator(generator)
    card = GENERATORS.read_card(chosen.folder)
    target = project.item(chosen.item_id) if item is None else item_named(project, item)
    looks = _Looks.of(overrides or {}, blend or card.config.blend_mode, card.config.batch_polish)
    painted, allowed = _drawn(mask), _drawn(region)
    needs_shapes = painted is None and card.config.fills_mask
    shapes = labeled_images(project, target) if needs_shapes else []
    drawable = {i for image in shapes for i in image.class_ids} if needs_shapes else None
    known = makeable(project, target, chosen)
    grounds = _backgrounds(project, target, background, painted, allowed)
    rows: tuple[PlanRow, ...] = ()
    if plan:
        class_ids = _planned_ids(known, plan, drawable, class_name)
        rows = plan_rows(plan, {i: known[i] for i in class_ids}, grounds)
        count = sum(row.count for row in rows)
    else:
        class_ids = _class_ids(known, target, class_name, drawable)
    spec = SynthesizeSpec(
        run=project.root,
        project=project.id,
        generator=chosen.folder,
        class_ids=class_ids,
        backgrounds=tuple(BackgroundFile(image.file, image.sha256) for image in grounds),
        shapes=tuple(as_labeled_file(image) for image in shapes),
        count=count,
        seed=seed,
        plan=rows,
        only=spread_over(count, trial),
        mask=None if painted is None else encode(painted),
        blend=looks.blend,
        grain=looks.grain,
        refine=looks.refine,
        placement=looks.placement,
        styles=looks.styles,
        spread=looks.spread,
        device=device,
    )
    spec = settings(SynthesizeSpec, {"count": count, "seed": seed}, spec)
    spec = replace(spec, marks=batch_marks(project, chosen, spec))
    found = _regions(project, grounds, allowed, painted=regions)
    title = f"{count} with {chosen.name}"
    title = f"{_TRIAL}{title}" if trial else title
    job = Job(KIND, title, {**order, "item": target.name}, device)
    return queue(project, job, lambda run: _in_folder(spec, run, found), wishes)


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


def _class_ids(
    known: Mapping[int, str], item: Item, class_name: str | None, drawable: set[int] | None
) -> tuple[int, ...]:
    """The classes to make: known to the generator, wanted, and with a shape.

    drawable: the classes that have a shape to warp; None when none is needed.
    """
    wanted = None if class_name is None else name_key(class_name)
    chosen = {i: name for i, name in known.items() if wanted in (None, name_key(name))}
    if not chosen:
        raise SettingError(
            "the generator knows no such class of this item",
            subject=class_name or item.name,
            remedy=f"It knows {', '.join(known.values()) or 'none'}.",
        )
    made = [i for i in sorted(chosen) if drawable is None or i in drawable]
    if not made:
        raise _no_shape(", ".join(chosen.values()))
    return tuple(made)


def _planned_ids(
    known: Mapping[int, str],
    plan: Sequence[PlanLine],
    drawable: set[int] | None,
    class_name: str | None,
) -> tuple[int, ...]:
    """The classes of a plan that can be made. Raises SettingError and ProjectError."""
    if class_name is not None:
        raise SettingError(
            "the plan says which classes are made", subject=class_name, remedy="Name no class."
        )
    wanted = {name_key(line.class_name) for line in plan}
    ids = tuple(i for i, name in known.items() if name_key(name) in wanted)
    without = [known[i] for i in ids if drawable is not None and i not in drawable]
    if without:
        raise _no_shape(", ".join(without))
    return ids


def _no_shape(classes: str) -> ProjectError:
    return ProjectError(
        "no labeled defect of the training images gives a shape to make",
        subject=classes,
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
