"""The page of an audit: what was found, the worst images, and what the data set covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.auditing import (
    Audited,
    AuditReport,
    AuditSpec,
    AuditTarget,
    Cell,
    Finding,
    Flaw,
)
from defectstudio.evaluation.auditing import label_of
from defectstudio.exchange.report import Block, Heading, Picture, Table, Text
from defectstudio.imaging.masks import bounding_box
from defectstudio.imaging.reading import read_image, thumbnail
from defectstudio.imaging.refinement import SURE_FACTOR
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.imaging.types import Image, Label
from defectstudio.metrics.label_truth import visible_change

_TILE, _MARGIN = 180, 16
_OUTLINE, _CHANGED = (230, 159, 0), (86, 180, 233)
_PLACES = ("top left", "top", "top right", "left", "middle", "right",
           "bottom left", "bottom", "bottom right")  # fmt: skip
_HALVES = {
    "size": ("small", "large"),
    "contrast": ("faint", "strong"),
    "surround": ("dark", "bright"),
}
_METHOD = (
    "A change is visible where any channel differs from the background by more than {visible:.1%}"
    " of the full range and {sure:.1f} standard deviations of the background's noise. Contrast is"
    " the mean distance of the sorted grey levels in the label and in a ring around it, in standard"
    " deviations of the ring. A defect counts as seen from a signal of {noticeable:g} on: contrast"
    " times the root of its pixels (Rose 1948, JOSA 38). Real images have no background: of them"
    " only contrast, specks and the place of edges can be told. Overlapping labels cannot be: a"
    " pixel has one class."
)

_PICTURES = (
    "Left the background, where it is at hand, then the image, then the same with the label's"
    " outline (orange) and what visibly changed without a label (blue)."
)


def blocks(spec: AuditSpec, report: AuditReport) -> list[Block]:
    """The page."""
    targets = {target.name: target for target in spec.targets}
    bad = [image for image in report.images if image.findings]
    s = spec.settings
    return [
        Text(sentence(report), warning=bool(bad)),
        Text(_METHOD.format(visible=s.visible, sure=SURE_FACTOR, noticeable=s.noticeable)),
        _summary(report),
        *_worst(targets, bad, report),
        Heading("What the data set covers"),
        *_coverage(report),
    ]


def sentence(report: AuditReport) -> str:
    """The audit in a sentence."""
    bad = sum(bool(image.findings) for image in report.images)
    holes = sum(cell.is_hole for cell in report.cells)
    return (
        f"{bad} of {len(report.images)} images have a finding; {holes} of {len(report.cells)} cells"
        " of the coverage have real defects and no made one."
    )


def _worst(
    targets: Mapping[str, AuditTarget], bad: Sequence[Audited], report: AuditReport
) -> Iterator[Block]:
    if not bad:
        return
    shown = report.settings.shown
    yield Heading("The worst first")
    yield Text(_PICTURES)
    for one in bad[:shown]:
        yield _picture(targets[one.name], one, report)
    if len(bad) > shown:
        yield Text(f"{len(bad) - shown} more are in audit.json.")


def _summary(report: AuditReport) -> Table:
    sides = [
        [image for image in report.images if image.synthetic is made] for made in (False, True)
    ]
    counts = [Counter(f for image in own for f in {one.flaw for one in image.findings})
              for own in sides]  # fmt: skip
    rows = [
        ["all", *(str(len(own)) for own in sides)],
        ["compared with their background", *(str(sum(i.compared for i in own)) for own in sides)],
        ["without a finding", *(str(sum(not i.findings for i in own)) for own in sides)],
        *([flaw.value, *(str(count[flaw]) for count in counts)] for flaw in Flaw),
    ]
    return Table(f"Images of {report.item} by finding.", ("images", "real", "made"), rows)


def told(finding: Finding, classes: Mapping[int, str]) -> str:
    """A finding in words."""
    name = classes.get(finding.class_id, "")
    head = f"{name}: {finding.flaw.value}" if name else finding.flaw.value
    if finding.flaw in (Flaw.UNCHANGED, Flaw.HALO, Flaw.OUTSIDE_REGION):
        many = f"{finding.value:.0%} of" if finding.value <= 1 else f"{finding.value:.1f} times"
        head += f" ({many} the labeled pixels)"
    elif finding.flaw in (Flaw.FAINT, Flaw.COPY):
        head += f" ({finding.value:.2f}, at least {finding.limit:g})"
    elif finding.flaw in (Flaw.SPECKS, Flaw.OFF_EDGE):
        head += f" ({finding.value:g}{' px' if finding.flaw is Flaw.OFF_EDGE else ''})"
    return f"{head}. {finding.remedy}"


def _picture(target: AuditTarget, found: Audited, report: AuditReport) -> Picture:
    image = read_image(target.image)
    label = label_of(target, image)
    before = read_image(target.background) if target.background and found.synthetic else None
    if before is not None and (before.shape, before.dtype) != (image.shape, image.dtype):
        before = None
    words = " ".join(told(one, report.classes) for one in found.findings)
    pixels = contact_sheet([list(_tiles(image, label, before, report))], _TILE)
    return Picture(f"{found.name}: {words}", pixels)


def _tiles(
    image: Image, label: Label, before: Image | None, report: AuditReport
) -> Iterator[NDArray[np.uint8]]:
    box = bounding_box(label > 0)
    here = np.s_[:, :]
    if box is not None:
        here = box.grown(max(_MARGIN, max(box.shape) // 4)).clipped(label.shape).slices
    if before is not None:
        yield thumbnail(before[here], _TILE)
    shown = thumbnail(image[here], _TILE)
    yield shown
    large = cv2.resize(shown, None, fx=(f := max(1, _TILE // max(shown.shape[:2]))), fy=f,
                       interpolation=cv2.INTER_NEAREST)  # fmt: skip
    size = large.shape[1], large.shape[0]
    marked = np.ascontiguousarray(large)
    if before is not None and label.any():
        changed = visible_change(before, image, label > 0, report.settings) & (label == 0)
        marked[_scaled(changed[here], size)] = _CHANGED
    outline = _scaled(label[here] > 0, size)
    contours, _ = cv2.findContours(outline.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(marked, contours, -1, _OUTLINE, 1)
    yield np.asarray(marked, np.uint8)


def _scaled(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Thin things do not vanish."""
    how = cv2.INTER_AREA if size[0] < mask.shape[1] else cv2.INTER_NEAREST
    small = cv2.resize(mask.astype(np.float32), size, interpolation=how)
    kept: NDArray[np.bool_] = small > 0.2
    return kept


def _coverage(report: AuditReport) -> Iterator[Block]:
    yield Text(
        "Real against made defects, by position (of 3 x 3), size, contrast and grey of the"
        " surround, each cut at the median of the real defects of its class. A cell is one"
        " combination of all; a hole is a cell with real defects and no made one."
    )
    rows = []
    for class_id, name in report.classes.items():
        own = [cell for cell in report.cells if cell.class_id == class_id]
        if own:
            rows.append([name, *map(str, _counts(own))])
    header = ("class", "real", "made", "cells with real", "with made", "with both", "holes")
    yield Table("Defects and cells by class.", header, rows)
    for axis, names in (("position", _PLACES), *_HALVES.items()):
        yield _axis(report, axis, names)
    if report.plan:
        plan = [[one.class_name, str(one.count), _named(one.backgrounds)] for one in report.plan]
        yield Heading("What would fill the holes", 3)
        yield Table(
            "A plan for a batch. It can ask for a class on backgrounds of a grey; position, size"
            " and contrast come as they are drawn, so that some holes stay.",
            ("class", "count", "backgrounds"),
            plan,
        )  # fmt: skip


def _counts(own: Sequence[Cell]) -> tuple[int, ...]:
    return (
        sum(cell.real for cell in own),
        sum(cell.synthetic for cell in own),
        sum(cell.real > 0 for cell in own),
        sum(cell.synthetic > 0 for cell in own),
        sum(cell.real > 0 and cell.synthetic > 0 for cell in own),
        sum(cell.is_hole for cell in own),
    )


def _axis(report: AuditReport, axis: str, names: Sequence[str]) -> Table:
    """Shares of real and made defects by the parts of an axis."""
    rows = []
    for class_id, name in report.classes.items():
        own = [cell for cell in report.cells if cell.class_id == class_id]
        total = [sum(cell.real for cell in own), sum(cell.synthetic for cell in own)]
        if not own:
            continue
        parts = []
        for number in range(len(names)):
            here = [cell for cell in own if getattr(cell, axis) == number]
            counts = sum(cell.real for cell in here), sum(cell.synthetic for cell in here)
            parts.append(" / ".join(_share(n, of) for n, of in zip(counts, total, strict=True)))
        rows.append([name, *parts])
    return Table(f"By {axis}: real / made, shares of the class.", (axis, *names), rows)


def _share(count: int, total: int) -> str:
    return f"{count / total:.0%}" if total else "–"


def _named(names: Sequence[str]) -> str:
    if not names:
        return "any"
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
