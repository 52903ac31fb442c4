"""The page of a segmenter's judgement: figures, curves, the worst images first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.segmenters import SegmenterCard
from defectstudio.domain.segmenting import PREDICTIONS, EvaluateSpec, JudgedImage
from defectstudio.domain.specs import Example
from defectstudio.evaluation.drawings import curve
from defectstudio.evaluation.segmentation import POOLED, Judgement, SegmentationFigures
from defectstudio.exchange.report import Block, Drawing, Heading, Picture, Table, Text, number
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.reading import read_image, to_unit
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.metrics.regions import pro
from defectstudio.metrics.scores import precision_recall, roc
from defectstudio.training.crops import VOID, read_scene

TILE = 220
HIT, ALARM, MISS = (0, 158, 115), (213, 94, 0), (0, 114, 178)
"""Colours that also the colour-blind tell apart (Okabe and Ito)."""


def sentence(spec: EvaluateSpec, figures: SegmentationFigures) -> str:
    """What it comes to."""
    if figures.mean_f1_kept is None:
        return (
            f"{spec.name} on {spec.item}, {spec.split}: {len(spec.examples)} images, none of which"
            " shows a labeled defect: only false alarms can be told."
        )
    interval = figures.interval_kept
    between = (
        f" (95 % interval over parts {interval.low:.3f} to {interval.high:.3f})"
        if interval and interval.low is not None and interval.high is not None
        else ""
    )
    return (
        f"{spec.name} on {spec.item}, {spec.split}: mean F1 of the classes"
        f" {figures.mean_f1_kept:.3f}{between} at the threshold kept from validation."
    )


def blocks(
    spec: EvaluateSpec,
    card: SegmenterCard,
    judgement: Judgement,
    figures: SegmentationFigures,
    images: Sequence[JudgedImage],
) -> list[Block]:
    """What the page shows."""
    source = _source(spec, card)
    found: list[Block] = [Heading("What it comes to"), Text(sentence(spec, figures))]
    if spec.seen:
        found.append(
            Text(
                f"The segmenter was trained on the parts of {spec.seen} of these images: the"
                " figures are too good.",
                warning=True,
            )
        )
    found += [Text(source), Heading("Classes"), _classes(figures, source)]
    found += [_sizes(figures, source), Heading("Curves"), *_curves(judgement, source)]
    worst = sorted(images, key=lambda one: one.badness)[: spec.settings.sheet]
    if worst:
        found += [Heading("Worst images first"), _table(worst, source)]
        found.append(Picture(_caption(source), _sheet(spec, card, worst)))
    return found


def _source(spec: EvaluateSpec, card: SegmenterCard) -> str:
    parts = len({one.group for one in spec.examples})
    return (
        f"{spec.item}, {spec.split}: {len(spec.examples)} real images of {parts} parts."
        f" {card.config.arch}, {card.encoder}, trained {card.config.steps} steps on {card.real}"
        f" real and {card.made} synthetic images, seed {card.config.seed}; threshold"
        f" {card.threshold:.3f}; DefectStudio {card.versions.get('defectstudio', '?')}."
    )


def _classes(figures: SegmentationFigures, source: str) -> Table:
    header = ["", "images", "defects", "F1 at threshold", "F1 at 0.5", "F1 oracle", "IoU", "AP",
              "AUROC", "AUPRO"]  # fmt: skip
    rows = [
        [
            name,
            str(one.images),
            str(one.defects),
            *map(number, (one.f1_kept, one.f1_half, one.f1_oracle, one.iou)),
            number(one.average_precision),
            number(one.auroc.value if one.auroc else None),
            number(one.aupro),
        ]
        for name, one in figures.classes.items()
    ]
    caption = (
        "By class: pixels of its images and of all good ones. F1 oracle: the largest of any"
        f" threshold, which validation could not know. {source}"
    )
    return Table(caption, header, rows)


def _sizes(figures: SegmentationFigures, source: str) -> Table:
    rows = [
        [f"{name}, from {size.least_px} px", str(size.defects), number(size.recall),
         number(size.seen)]
        for name, one in figures.classes.items()
        for size in one.sizes
    ]  # fmt: skip
    caption = f"Defects by size: pixels found, and defects of which anything was. {source}"
    return Table(caption, ["", "defects", "recall", "seen"], rows)


def _curves(judgement: Judgement, source: str) -> list[Block]:
    counts, regions = judgement.tallied()[POOLED]
    drawn = (
        ("Receiver operating characteristic", roc(counts), "false-positive rate", "recall"),
        ("Precision over recall", precision_recall(counts), "recall", "precision"),
        ("Overlap of defects", pro(counts, regions), "false-positive rate", "mean overlap"),
    )
    return [
        Drawing(f"{name}, all classes. {source}", curve(points, across, up))
        for name, points, across, up in drawn
        if points is not None
    ]


def _table(worst: Sequence[JudgedImage], source: str) -> Table:
    rows = [
        [one.sha256[:12], ", ".join(one.classes) or "good", one.group, number(one.f1),
         str(one.misses), str(one.false_alarms), number(one.peak)]
        for one in worst
    ]  # fmt: skip
    header = ["image", "shows", "part", "F1", "missed px", "false px", "largest probability"]
    return Table(f"At the kept threshold. {source}", header, rows)


def _caption(source: str) -> str:
    return f"Image, and what was found (green), missed (blue), or found in error (red). {source}"


def _sheet(
    spec: EvaluateSpec, card: SegmenterCard, worst: Sequence[JudgedImage]
) -> NDArray[np.uint8]:
    by_hash = {one.sha256: one for one in spec.examples}
    pairs = [_pair(spec, card, by_hash[one.sha256], one) for one in worst]
    return contact_sheet([[image for image, _ in pairs], [over for _, over in pairs]], TILE)


def _pair(
    spec: EvaluateSpec, card: SegmenterCard, example: Example, one: JudgedImage
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    scene = read_scene(example)
    said = to_unit(read_image(spec.run / PREDICTIONS / one.prediction)) >= card.threshold
    image = np.round(with_channels(to_unit(scene.pixels), 3) * 255).astype(np.uint8)
    truth, held = (scene.label > 0) & (scene.label < VOID), scene.label != VOID
    over = image.copy()
    for mask, colour in ((said & truth, HIT), (said & ~truth & held, ALARM), (~said & truth, MISS)):
        over[mask] = (over[mask] * 0.4 + np.array(colour) * 0.6).astype(np.uint8)
    return image, over
