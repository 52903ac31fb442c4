"""The raw mask of a generated content: marker-based watershed."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray
from skimage.segmentation import watershed

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.types import Mask, Unit

Plane = NDArray[np.float32]

NEAR_KEY = 0.04
"""A pixel this close to the key colour is background: ten grey levels of 255."""
CORE = 0.5
"""A pixel of at least this share of its part's strongest evidence is defect."""
FAINT_PART, FAINT_PX = 0.2, 5
"""A part below CORE of the strongest evidence is noise, unless so many pixels reach this share."""
FAINTEST_CORE = 0.1
"""Content that never leaves the key colour by more than this holds no defect."""


def raw_mask(
    content: Unit, alpha: Unit | None = None, *, key: float | tuple[float, ...] = 0.0
) -> Mask:
    """Where a content holds a defect, bool (h, w) (P1 section 2.3; markers by our reading).

    content: float32 (h, w) or (h, w, c) in [0, 1] on a constant background of colour `key`, a
    number or one number a channel. alpha: float32 (h, w) in [0, 1], the generator's own mask;
    where given, it alone decides, since a defect may have the key's colour. Without it the
    evidence is the greatest distance from the key over the channels, so that darker and brighter
    defects count alike.

    Markers: background below NEAR_KEY; cores above CORE of the strongest evidence of their part,
    an 8-connected one of what is not background, so that a faint defect counts beside a strong one
    (a faint alpha is doubt: there the strongest of all decides). The watershed of the evidence's
    gradient divides the rest. Raises ImageError when shapes do not fit.
    """
    evidence = _distance(content, key) if alpha is None else alpha.astype(np.float32, copy=False)
    if evidence.shape != content.shape[:2]:
        raise ImageError(
            f"an alpha {evidence.shape} does not fit a content {content.shape}",
            remedy="Use one alpha value a pixel.",
        )
    background = evidence < NEAR_KEY
    if background.all() or not background.any():
        return ~background
    core = _cores(evidence, ~background, FAINT_PART if alpha is None else CORE)
    if not core.any():
        return core
    markers = background.astype(np.int32) + 2 * core
    slope = scipy.ndimage.gaussian_gradient_magnitude(evidence, 1.0, mode="nearest")
    divided: NDArray[np.int32] = watershed(slope, markers)  # type: ignore[no-untyped-call]
    defect: Mask = divided == 2
    return defect


def _cores(evidence: Plane, candidates: Mask, faint: float) -> Mask:
    """The candidates (h, w) that are surely defect; faint: the least share of the strongest."""
    parts, count = scipy.ndimage.label(candidates, structure=np.ones((3, 3)))
    own = np.append(0.0, scipy.ndimage.maximum(evidence, parts, np.arange(1, count + 1)))
    strongest = float(np.quantile(evidence[candidates], 0.99))
    least = max(faint * strongest, FAINTEST_CORE)
    cores: Mask = candidates & (evidence >= np.maximum(CORE * own[parts], least))
    sizes = np.bincount(parts[cores], minlength=count + 1)
    cores &= ((own >= CORE * strongest) | (sizes >= FAINT_PX))[parts]
    return cores


def _distance(content: Unit, key: float | tuple[float, ...]) -> Plane:
    """The greatest distance from the key colour over the channels (h, w)."""
    colour = np.asarray(key, dtype=np.float32)
    if content.ndim not in (2, 3) or colour.size not in (1, *content.shape[2:]):
        raise ImageError(
            f"a key colour of {colour.size} channels does not fit a content {content.shape}",
            remedy="Use one number, or one number a channel.",
        )
    distance: Plane = np.abs(content - colour)
    return distance if content.ndim == 2 else distance.max(axis=2)
