"""Whether generated contents are copies of training contents: by their pixels, by their features.

Shapes come from the training split anyway, so contents are compared only where both have content.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.evaluation.seen import MAPPED, Features, Judge, Training
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import aligned_distances, orientations, overlap
from defectstudio.metrics.memorising import Memorising, memorising
from defectstudio.networks.features.distances import Maps, pairwise

SIDE = 32
"""Side of the canvases on which copies are looked for by their pixels."""
SIGMA = 0.8
"""Smoothing there, in pixels."""


def by_pixels(fake: Features, training: Training) -> Memorising:
    """Of at least one content each, by their pattern (`aligned_distances`)."""
    few, many = _small(fake), _small(training.features)
    return memorising(
        aligned_distances(*few, *many), aligned_distances(*many, *many), training.groups
    )


def by_features(judge: Judge, fake: Features, training: Training) -> Memorising:
    """Of at least one content each, by the feature network's maps."""
    own = training.features
    canvases = np.concatenate([fake.canvases, own.canvases])
    found = least_distances(judge, canvases, np.concatenate([fake.masks, own.masks]), own)
    return memorising(found[: len(fake)], found[len(fake) :], training.groups)


def least_distances(
    judge: Judge, canvases: Unit, masks: Mask, other: Features
) -> NDArray[np.float32]:
    """LPIPS-style distances (N, M) where both masks are, the least over the 8 orientations.

    Pairs that share too little in all of them (`overlap`) are as far apart as any others are.
    """
    rows = []
    for first in range(0, len(canvases), MAPPED):
        own = slice(first, first + MAPPED)
        maps = judge.maps(canvases[own])
        rows.append(np.hstack([_least(judge, maps, masks[own], *part) for part in other.parts()]))
    found = np.concatenate(rows)
    known = found[np.isfinite(found)]
    found[~np.isfinite(found)] = known.max() if known.size else 1.0
    return found


def _least(judge: Judge, maps: Maps, masks: Mask, others: Unit, held: Mask) -> NDArray[np.float32]:
    """Of at most MAPPED contents to as many others; infinite where they share too little."""
    best = np.full((len(masks), len(others)), np.inf, np.float32)
    for turned, also in zip(orientations(others), orientations(held), strict=True):
        apart = pairwise(maps, judge.maps(turned), (masks, also), shared=True)
        best = np.where(overlap(masks, also), np.minimum(best, apart), best)
    return best


def _small(features: Features) -> tuple[Unit, Mask]:
    """Canvases and masks at SIDE, without their grain.

    Two noisy pictures are farther apart than a noisy and a smooth one, which so would look like a
    copy. A pixel belongs to the mask where half of it did, or the fullest where none is so full.
    """
    count, channels = len(features), features.canvases.shape[3]
    canvases = np.empty((count, SIDE, SIDE, channels), np.float32)
    masks = np.empty((count, SIDE, SIDE), bool)
    for n, (canvas, mask) in enumerate(zip(features.canvases, features.masks, strict=True)):
        held = mask.astype(np.float32)
        cover = _shrunk(held)
        soft = _shrunk(canvas * held[..., None]).reshape(*cover.shape, channels)
        canvases[n] = soft / np.maximum(cover, 1e-6)[..., None]
        masks[n] = (cover >= min(0.5, float(cover.max()))) & (cover > 0)
    return np.clip(canvases, 0, 1), masks


def _shrunk(plane: Unit) -> Unit:
    """Resized to SIDE and smoothed; the quotient of two of them is a mean inside the mask."""
    small = cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), SIGMA), np.float32)
