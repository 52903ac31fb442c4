"""What comparisons that train segmenters are about: images, generators, nothing that leaks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from defectstudio.app.training_images import normal_files, test_images, training_images
from defectstudio.app.validation import settings
from defectstudio.domain.comparisons import (
    CompareEnlargeSpec,
    CompareStrategiesSpec,
    CompareTransferSpec,
    EnlargeSettings,
    EnlargingGenerator,
    Partition,
    StrategiesSettings,
    TransferSettings,
)
from defectstudio.domain.device import Device
from defectstudio.domain.errors import ProjectError, SettingError
from defectstudio.domain.records import ImageRecord, Item, Role, Split
from defectstudio.domain.specs import Example
from defectstudio.project.models import GENERATORS
from defectstudio.project.names import name_key
from defectstudio.project.project import Project, item_named
from defectstudio.project.splits import split_by_group

_SPLITS = Split.TRAIN, Split.VAL, Split.TEST


def enlarge_spec(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareEnlargeSpec:
    """Raises SettingError and ProjectError: no split, nothing labeled or normal in it, a generator
    that has seen the test split."""
    wanted = settings(EnlargeSettings, overrides)
    classes = _named(project, chosen, wanted.classes)
    partitions = tuple(_partitions(project, chosen, classes, wanted))
    if all(example.label is None for example in partitions[0].test):
        test_images(project, chosen)
    if all(example.label is not None for example in partitions[0].training):
        normal_files(project, chosen)
    test = partitions[0].test
    return CompareEnlargeSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes=classes,
        generators=_generators(project, chosen, wanted.generators, test, force=wanted.force),
        partitions=partitions,
        shares=_shares(wanted.share),
        cache=project.root / "cache" / "enlarge",
        settings=wanted,
        device=device,
    )


def strategies_spec(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareStrategiesSpec:
    """Raises as `enlarge_spec` does, and SettingError for numbers that are none."""
    wanted = settings(StrategiesSettings, overrides)
    images = training_images(project, chosen)
    classes = _named(project, chosen, wanted.classes)
    normal_files(project, chosen)
    test_images(project, chosen)
    whole = Partition(*(real_examples(project, chosen, split, classes) for split in _SPLITS))
    counts = _counts(wanted.real)
    return CompareStrategiesSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes=classes,
        generators=_generators(project, chosen, wanted.generators, whole.test, force=False),
        partitions=tuple(
            replace(whole, training=_few(whole.training, images, classes, count))
            for count in counts
        ),
        real=counts,
        cache=project.root / "cache" / "enlarge",
        settings=wanted,
        device=device,
    )


def _few(
    training: Sequence[Example],
    images: Sequence[ImageRecord],
    classes: Collection[int],
    count: int,
) -> tuple[Example, ...]:
    """The normal images and the first of every class, of different parts as far as it goes."""
    kept: set[str] = set()
    for class_id in classes:
        own = [image for image in images if class_id in image.class_ids]
        first = {image.group: image for image in reversed(own)}
        ordered = [*(one for one in own if first[one.group] is one), *own]
        kept |= {one.sha256 for one in list(dict.fromkeys(ordered))[:count]}
    return tuple(one for one in training if one.label is None or one.sha256 in kept)


def _counts(text: str) -> tuple[int, ...]:
    """Raises SettingError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and 0 < int(part) < 10_000 for part in parts):
        raise SettingError(
            f"it cannot be {text!r}",
            subject="real",
            remedy="Give one number of images from 1 on, or several, comma between.",
        )
    return tuple(sorted({int(part) for part in parts}))


def _partitions(
    project: Project, item: Item, classes: Collection[int], wanted: EnlargeSettings
) -> Iterator[Partition]:
    """The item's own split, and others of the same size by part."""
    images = [image for image in project.images(item.id) if image.split is not None]
    yield Partition(*(real_examples(project, item, split, classes) for split in _SPLITS))
    sizes = {split: sum(image.split is split for image in images) for split in _SPLITS}
    fractions = {split: size / sum(sizes.values()) for split, size in sizes.items()}
    for number in range(1, wanted.partitions):
        rng = np.random.default_rng([wanted.seed, item.id, number])
        dealt = split_by_group(images, fractions, rng)
        parts = ([one for one in images if dealt[one.id] is split] for split in _SPLITS)
        yield Partition(*(_as_examples(part, classes) for part in parts))


def _shares(text: str) -> tuple[float, ...]:
    """Raises SettingError."""
    try:
        found = tuple(dict.fromkeys(float(part) for part in text.split(",") if part.strip()))
    except ValueError:
        found = ()
    if not found or not all(0 < one <= 1 for one in found):
        raise SettingError(
            f"it cannot be {text!r}",
            subject="share",
            remedy="Give one number above 0 and up to 1, or several, comma between.",
        )
    return found


def transfer_spec(
    project: Project, chosen: Item, overrides: Mapping[str, Any], device: Device
) -> CompareTransferSpec:
    """chosen: the target. Raises as `enlarge_spec` does, and for a source that is none."""
    wanted = settings(TransferSettings, overrides)
    source = _source(project, chosen, wanted.source)
    used = _named(project, source, wanted.classes)
    normal_files(project, chosen)
    test_images(project, chosen)
    test = real_examples(project, chosen, Split.TEST)
    return CompareTransferSpec(
        run=project.root,
        project=project.id,
        item=chosen.name,
        classes={one.id: one.name for one in project.classes(chosen.id)},
        source_name=source.name,
        source_classes=used,
        generators=_generators(project, source, wanted.generators, test, force=False),
        source=real_examples(project, source, Split.TRAIN, used),
        training=real_examples(project, chosen, Split.TRAIN),
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


def _named(project: Project, item: Item, text: str) -> dict[int, str]:
    """Those of the item's classes with a label in the training split that are named, comma between,
    or all."""
    labeled = {n for image in training_images(project, item) for n in image.class_ids}
    classes = {one.id: one.name for one in project.classes(item.id) if one.id in labeled}
    wanted = {name_key(part) for part in text.split(",") if part.strip()}
    found = {n: name for n, name in classes.items() if not wanted or name_key(name) in wanted}
    if not found or len(found) < len(wanted):
        raise SettingError(
            "the training split has no labeled defect of such a class",
            subject=text,
            remedy=f"It has: {', '.join(classes.values())}.",
        )
    return found


def _generators(
    project: Project, item: Item, text: str, test: Sequence[Example], *, force: bool
) -> tuple[EnlargingGenerator, ...]:
    """The generators that are asked for. Raises ProjectError for one that has seen a part of the
    test split, in the very image or in another, unless they are to be used all the same."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    used = [project.generator(name) for name in names] if names else project.generators(item.id)
    found = []
    for one in used:
        seen = seen_by(project, item, GENERATORS.read_card(one.folder).trained_on, test)
        if seen and not force:
            raise ProjectError(
                f"the generator was trained on the parts of {len(seen)} images of the test split,"
                " which it would help to find",
                subject=one.name,
                remedy="Train it on the training split, leave it out with the setting generators,"
                " or set force to true and have it marked in the report.",
            )
        found.append(EnlargingGenerator(one.name, one.folder, seen))
    return tuple(found)


def seen_by(
    project: Project, item: Item, trained_on: Collection[str], examples: Sequence[Example]
) -> tuple[str, ...]:
    """SHA-256 of the examples that a model was trained on, in the very image or in another of the
    same part."""
    learned = set(trained_on)
    parts = {image.group for image in project.images(item.id) if image.sha256 in learned}
    return tuple(e.sha256 for e in examples if e.sha256 in learned or e.group in parts)


def real_examples(
    project: Project, item: Item, split: Split, classes: Collection[int] | None = None
) -> tuple[Example, ...]:
    """The real images of a split; classes: default all of the item."""
    known = {one.id for one in project.classes(item.id)} if classes is None else classes
    return _as_examples(project.images(item.id, split=split), known)


def _as_examples(images: Iterable[ImageRecord], classes: Collection[int]) -> tuple[Example, ...]:
    """Without defects that have no label or show none of `classes`."""
    known = set(classes)
    return tuple(
        Example(one.file, one.label_file, one.sha256, one.group)
        for one in images
        if one.role is Role.NORMAL or (one.label_file is not None and known & set(one.class_ids))
    )
