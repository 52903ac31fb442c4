"""Whether a label tells the truth: of a sample by its background, of a real image by its edges."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.auditing import AuditSettings, Finding, Flaw, Measured
from defectstudio.imaging import noise
from defectstudio.imaging.masks import Box, bounding_box, components, dilate, squared_distance
from defectstudio.imaging.refinement import SPECK_PX, SURE_FACTOR
from defectstudio.imaging.types import FULL_RANGE, Image, Label, Mask, planes
from defectstudio.metrics.visibility import reach, visibility

VOID = 255
JOIN_PX = 2
"""Parts of a class with so many pixels between them are one defect."""
MOST_DEFECTS = 64
"""Of more defects in an image, the largest are measured."""
NEAR_CHANGE_PX, NEAR_LABEL_PX = 2, 1
"""What is no farther from a change is changed (labels close such gaps); from a label, labeled."""
_CLEAR = 2.0
"""Edges so many times stronger than those at the outline say that it lies elsewhere."""
_AROUND = 8
_RIM_PX = 4
"""What did not change so near the outline is a label that is too large; else too weak a defect."""

_STRENGTHEN = "Make it stronger (--set contrast=5, say), or reject the sample."
_LOOK = "Look whether there is a defect at all; else take the label away."
_WEAKER = "Make it stronger, or refine the label with a higher threshold (--set threshold=...)."


def measured(image: Image, label: Label) -> tuple[list[Measured], dict[int, float]]:
    """The defects of an image (H, W[, C]) with its label (H, W), and by class the largest signal
    (metrics.visibility) of any of its defects; a class without a surround has none."""
    height, width = label.shape
    found: list[Measured] = []
    signals: dict[int, float] = {}
    for class_id in class_ids(label):
        for part, box in _largest(label, class_id):
            shown, own, others = _around(label, part, box, reach(int(part.sum())))
            seen = visibility(image[shown.slices], own, others)
            if seen is None:
                continue
            signals[class_id] = max(seen.signal, signals.get(class_id, 0.0))
            rows, columns = np.nonzero(part)
            found.append(
                Measured(
                    class_id,
                    round((box.top + float(rows.mean()) + 0.5) / height, 4),
                    round((box.left + float(columns.mean()) + 0.5) / width, 4),
                    len(rows),
                    round(seen.contrast, 4),
                    round(seen.surround, 4),
                )
            )
    return found, signals


def faint(
    signals: Mapping[int, float], settings: AuditSettings, *, synthetic: bool
) -> Iterator[Finding]:
    """Classes of which no defect is seen; the value is the largest signal."""
    for class_id, signal in signals.items():
        if signal < settings.noticeable:
            remedy = _STRENGTHEN if synthetic else _LOOK
            yield Finding(Flaw.FAINT, class_id, signal, settings.noticeable, remedy)


def class_ids(label: Label) -> list[int]:
    """The classes of a label plane, without void."""
    return [int(i) for i in np.unique(label) if i not in (0, VOID)]


def visible_change(background: Image, image: Image, near: Mask, settings: AuditSettings) -> Mask:
    """Where an image visibly differs from its background, without specks; near: where its defects
    are, around which the noise is measured."""
    box = bounding_box(near)
    if box is None:
        box = bounding_box(np.ones_like(near))
    assert box is not None
    sigma = noise.measure(background, box).sigma
    # In their own type: a line scan in floats would fill the memory.
    step = planes(np.maximum(background, image) - np.minimum(background, image))
    least = np.maximum(settings.visible * FULL_RANGE[background.dtype], SURE_FACTOR * sigma)
    changed: Mask = (step > least).any(axis=2)
    kept: Mask = np.zeros_like(changed)
    for part, place in components(changed):
        if part.sum() >= SPECK_PX:
            kept[place.slices] |= part
    return kept


def against_change(label: Label, changed: Mask, settings: AuditSettings) -> Iterator[Finding]:
    """Labeled pixels that did not change, class by class, and changed ones without a label, which
    are said of the first class."""
    near = dilate(changed, NEAR_CHANGE_PX)
    for class_id in class_ids(label):
        own = label == class_id
        same = own & ~near
        share = float(same.sum() / own.sum())
        if share > settings.unchanged:
            yield Finding(Flaw.UNCHANGED, class_id, share, settings.unchanged, _shrunk(own, same))
    labeled = label > 0
    halo = changed & ~dilate(labeled, NEAR_LABEL_PX)
    share = float(halo.sum() / max(1, labeled.sum()))
    if labeled.any() and share > settings.halo:
        remedy = _grown(labeled, halo)
        yield Finding(Flaw.HALO, class_ids(label)[0], share, settings.halo, remedy)


def specks(label: Label, settings: AuditSettings) -> Iterator[Finding]:
    """Classes with parts of a pixel or two beside larger ones; the value is how many."""
    for class_id in class_ids(label):
        sizes = [int(part.sum()) for part, _ in components(label == class_id)]
        small = sum(size <= settings.speck_px for size in sizes)
        if small and small < len(sizes):
            remedy = f"Erase the parts of {settings.speck_px} px or fewer."
            yield Finding(Flaw.SPECKS, class_id, small, 0, remedy)


def outside(label: Label, region: Mask) -> Iterator[Finding]:
    """Classes with labeled pixels outside the allowed region; the value is their share."""
    for class_id in class_ids(label):
        own = label == class_id
        share = float((own & ~region).sum() / own.sum())
        if share > 0:
            remedy = "Make it again with --regions, widen the region, or reject the sample."
            yield Finding(Flaw.OUTSIDE_REGION, class_id, share, 0.0, remedy)


def off_edge(image: Image, label: Label, settings: AuditSettings) -> Iterator[Finding]:
    """Classes with a defect whose outline lies beside much stronger edges; the value is how many
    pixels.

    Edges are the mean gradient of all pixels at one distance from the outline. Nothing is said
    where the strongest are not twice those at the outline and twice those outside.
    """
    for class_id in class_ids(label):
        px = max((_edge_offset(image, label, *one) for one in _largest(label, class_id)), key=abs)
        if abs(px) <= settings.off_edge_px:
            continue
        verb = "Dilate" if px > 0 else "Erode"
        remedy = f"{verb} the label by {abs(px)} px, or paint it anew along the edges."
        yield Finding(Flaw.OFF_EDGE, class_id, abs(px), settings.off_edge_px, remedy)


def _largest(label: Label, class_id: int) -> list[tuple[Mask, Box]]:
    """The defects of a class, the largest first, each in its box."""
    parts = components(label == class_id, JOIN_PX)
    return sorted(parts, key=lambda one: -int(one[0].sum()))[:MOST_DEFECTS]


def _around(label: Label, part: Mask, box: Box, px: int) -> tuple[Box, Mask, Mask]:
    """So many pixels around a defect: where they are, the defect and all other labels there."""
    shown = box.grown(px).clipped(label.shape)
    own = np.zeros(shown.shape, bool)
    own[box.moved(-shown.top, -shown.left).slices] = part
    return shown, own, (label[shown.slices] > 0) & ~own


def _edge_offset(image: Image, label: Label, part: Mask, box: Box) -> int:
    """Where the strongest edges lie: pixels outside the outline of a defect, negative inside; 0
    where none are clear."""
    shown, own, others = _around(label, part, box, 2 * _AROUND)
    if own.all() or min(own.shape) < 2:
        return 0
    # 0 is the outermost pixel inside, 1 the first outside.
    inner, outer = squared_distance(own), squared_distance(~own)
    away = np.where(own, 1 - np.sqrt(inner), np.sqrt(outer)).round()
    grey = planes(image[shown.slices]).mean(axis=2, dtype=np.float64)
    edges = np.hypot(*np.gradient(grey))
    rings = range(-_AROUND, _AROUND + 2)
    strength = {
        px: float(edges[here].mean()) for px in rings if (here := (away == px) & ~others).any()
    }
    # An edge between two pixels is felt by both.
    between = {px: strength[px] + strength[px + 1] for px in strength if px + 1 in strength}
    far = (away > _AROUND + 1) & ~others
    least = FULL_RANGE[image.dtype] / 255
    usual = 2 * max(float(edges[far].mean()) if far.any() else 0.0, least)
    best = max(between, key=lambda px: between[px], default=0)
    clear = best and between[best] >= _CLEAR * max(between.get(0, 0.0), usual)
    return best if clear else 0


def _shrunk(own: Mask, same: NDArray[np.bool_]) -> str:
    """What to do about labeled pixels that did not change: eroding helps where they are the rim."""
    depth = squared_distance(np.pad(own, 1))[1:-1, 1:-1]
    px = math.ceil(np.sqrt(np.percentile(depth[same], 90)))
    rim = own & (depth <= px * px)
    inner = own & ~rim & ~same
    if px <= _RIM_PX and inner.any() and same.sum() > (rim & ~same).sum():
        return f"Erode the label by {px} px, or refine it with a higher threshold."
    return _WEAKER


def _grown(labeled: Mask, halo: NDArray[np.bool_]) -> str:
    """What to do about changes without a label: dilating helps where they are around it."""
    px = math.ceil(np.sqrt(np.percentile(squared_distance(~labeled)[halo], 95)))
    if px > _AROUND:
        return (
            "The change goes far beyond the label: refine it with a lower threshold"
            " (--set threshold=...), or reject the sample."
        )
    return (
        f"Dilate the label by {px} px, or refine it with a lower threshold (--set threshold=...)"
        " and a larger dilate_px."
    )
