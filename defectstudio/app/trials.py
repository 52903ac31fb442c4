"""What comparisons that train segmenters are about: images, generators, nothing that leaks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from defectstudio.app.training_images import normal_files, test_images, training_images
from defectstudio.app.validation import settings
from defectstudio.domain.errors import ProjectError, SettingError
from defectstudio.domain.records import Item, Role, Split
from defectstudio.domain.specs import (
    CompareEnlargeSpec,
    CompareTransferSpec,
    Device,
    EnlargeSettings,
    EnlargingGenerator,
    Example,
    TransferSettings,
)
from defectstudio.project.generators import read_card
from defectstudio.project.names import name_key
from defectstudio.project.project import Project, item_named


def enlarge_spec(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareEnlargeSpec:
    """Raises SettingError and ProjectError: no split, nothing labeled or normal in it, a generator
    that has seen the test split."""
    wanted = settings(EnlargeSettings, overrides)
    training, validation, test = (
        _examples(project, chosen, split) for split in (Split.TRAIN, Split.VAL, Split.TEST)
    )
    training_images(project, chosen)  # raises where there is no split, or nothing labeled in it
    if all(example.label is None for example in test):
        test_images(project, chosen)
    if all(example.label is not None for example in training):
        normal_files(project, chosen)
    labeled = {n for image in training_images(project, chosen) for n in image.class_ids}
    return CompareEnlargeSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id) if one.id in labeled},
        generators=_generators(project, chosen, wanted.generators, test, force=wanted.force),
        training=training,
        validation=validation,
        test=test,
        cache=project.root / "cache" / "enlarge",
        settings=wanted,
        device=device,
    )


def transfer_spec(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareTransferSpec:
    """chosen: the target. Raises as `enlarge_spec` does, and for a source that is none."""
    wanted = settings(TransferSettings, overrides)
    source = _source(project, chosen, wanted.source)
    labeled = {n for image in training_images(project, source) for n in image.class_ids}
    classes = {one.id: one.name for one in project.classes(source.id) if one.id in labeled}
    used = _named(classes, wanted.classes)
    normal_files(project, chosen)
    test_images(project, chosen)
    test = _examples(project, chosen, Split.TEST)
    return CompareTransferSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id)},
        source_name=source.name,
        source_classes=used,
        generators=_generators(project, source, wanted.generators, test, force=False),
        source=_examples(project, source, Split.TRAIN, used),
        training=_examples(project, chosen, Split.TRAIN),
        test=test,
        cache=project.root / "cache" / "transfer",
        settings=wanted,
        device=device,
    )


def _source(project: Project, target: Item, name: str) -> Item:
    others = [one.name for one in project.items() if one.id != target.id]
    if name_key(name) not in {name_key(one) for one in others}:
        raise SettingError(
            "it names no other item that defects could come from",
            subject="source",
            remedy=f"Set source to one of: {', '.join(others) or 'import a second item first'}.",
        )
    return item_named(project, name)


def _named(classes: Mapping[int, str], text: str) -> dict[int, str]:
    """Those of the names, comma between, or all."""
    wanted = {name_key(part) for part in text.split(",") if part.strip()}
    found = {n: name for n, name in classes.items() if not wanted or name_key(name) in wanted}
    if not found or len(found) < len(wanted):
        raise SettingError(
            "the source has no labeled defect of such a class",
            subject=text,
            remedy=f"It has: {', '.join(classes.values())}.",
        )
    return found


def _generators(
    project: Project, item: Item, text: str, test: Sequence[Example], *, force: bool
) -> tuple[EnlargingGenerator, ...]:
    """The generators that are asked for. Raises ProjectError for one that has seen test images,
    unless they are to be used all the same."""
    judged = {example.sha256 for example in test}
    names = [part.strip() for part in text.split(",") if part.strip()]
    used = [project.generator(name) for name in names] if names else project.generators(item.id)
    found = []
    for one in used:
        seen = tuple(sha for sha in read_card(one.folder).trained_on if sha in judged)
        if seen and not force:
            raise ProjectError(
                f"the generator was trained on {len(seen)} images of the test split, which it would"
                " help to find",
                subject=one.name,
                remedy="Train it on the training split, leave it out with the setting generators,"
                " or set force to true and have it marked in the report.",
            )
        found.append(EnlargingGenerator(one.name, one.folder, seen))
    return tuple(found)


def _examples(
    project: Project, item: Item, split: Split, classes: Collection[int] | None = None
) -> tuple[Example, ...]:
    """The real images of a split, without defects that have no label or show none of `classes`."""
    images = project.images(item.id, split=split)
    known = {one.id for one in project.classes(item.id)} if classes is None else set(classes)
    return tuple(
        Example(one.file, one.label_file, one.sha256, one.group)
        for one in images
        if one.role is Role.NORMAL or (one.label_file is not None and known & set(one.class_ids))
    )
