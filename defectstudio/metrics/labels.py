"""How exact the label of a blended sample is: against what changed, and against what was painted.

Distances of outlines are those of `imaging.refinement.fit`: the mean, over the outline pixels of
both masks, of the distance to the other's outline, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.recipe import LabelFit
from defectstudio.imaging.refinement import fit
from defectstudio.imaging.types import FULL_RANGE, Image, Mask, planes


@dataclass(frozen=True)
class LabelAccuracy:
    """Of one sample. change: label against the pixels that changed by more than tau; painted: label
    against the raw mask. unlabeled_change: pixels changed by more than tau outside the label;
    outside_region: pixels changed at all outside the blend region, which must be 0."""

    change: LabelFit
    painted: LabelFit
    unlabeled_change: int
    outside_region: int
    empty: bool


@dataclass(frozen=True)
class LabelSummary:
    """Of many samples: medians over those with a label (None without one), and rates 0..1.

    change_iou, change_px: label against change; painted_iou, painted_px: label against raw mask;
    empty_rate: samples without any labeled pixel. unlabeled_change: mean pixels a sample;
    outside_region: pixels in all, which must be 0.
    """

    samples: int
    empty_rate: float
    change_iou: float | None
    change_px: float | None
    painted_iou: float | None
    painted_px: float | None
    unlabeled_change: float
    outside_region: int


def label_accuracy(
    background: Image, blended: Image, label: Mask, raw: Mask, tau: float
) -> LabelAccuracy:
    """background, blended: uint8 or uint16, (H, W) or (H, W, 3); label, raw: bool (H, W).

    raw is the blend region. tau: a fraction of the full range; a pixel changed when any channel
    differs by more.
    """
    step = _change(background, blended)
    changed = step > tau * FULL_RANGE[background.dtype]
    return LabelAccuracy(
        change=fit(label, changed),
        painted=fit(label, raw),
        unlabeled_change=int((changed & ~label).sum()),
        outside_region=int(((step > 0) & ~raw).sum()),
        empty=not label.any(),
    )


def summarise(accuracies: Sequence[LabelAccuracy]) -> LabelSummary:
    """The summary of at least one sample."""
    labeled = [one for one in accuracies if not one.empty]
    return LabelSummary(
        samples=len(accuracies),
        empty_rate=1 - len(labeled) / len(accuracies),
        change_iou=_median([one.change.iou for one in labeled]),
        change_px=_median([one.change.mean_px for one in labeled]),
        painted_iou=_median([one.painted.iou for one in labeled]),
        painted_px=_median([one.painted.mean_px for one in labeled]),
        unlabeled_change=float(np.mean([one.unlabeled_change for one in accuracies])),
        outside_region=sum(one.outside_region for one in accuracies),
    )


def _change(background: Image, blended: Image) -> NDArray[np.int32]:
    """The largest step of any channel, (H, W), in grey levels."""
    apart = np.abs(planes(blended).astype(np.int32) - planes(background).astype(np.int32))
    largest: NDArray[np.int32] = apart.max(axis=2)
    return largest


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
