"""Whether generated contents are copies of training contents: by their pixels, by their features.

Shapes come from the training split anyway, so contents are compared only where both have content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.evaluation.contents import Shown
from defectstudio.evaluation.seen import Features, Judge
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import aligned_distances, orientations, overlap
from defectstudio.metrics.memorising import Memorising, memorising
from defectstudio.networks.features.distances import pairwise

SIDE = 32
"""Side of the canvases on which copies are looked for by their pixels."""
SIGMA = 0.8
"""Smoothing there, in pixels."""


@dataclass(frozen=True)
class Training:
    """Training contents of one class, the physical part of each as a number, and the distances
    (N, N) between them, which every generator that saw them is held against."""

    features: Features
    groups: tuple[int, ...]
    apart_pixels: NDArray[np.float32]
    apart_features: NDArray[np.float32]


@dataclass(frozen=True)
class Unseen:
    """What the search says of real contents of the test split, which nobody copied: how far its
    shares can be trusted. None without a threshold."""

    pixels: Memorising | None
    features: Memorising | None


def unseen(judge: Judge, real: Features, training: Training) -> Unseen:
    """Of at least one content of the class of `training`."""
    return Unseen(by_pixels(real, training), by_features(judge, real, training))


def training(judge: Judge, shown: Sequence[Shown], groups: Mapping[str, int]) -> Training:
    """Of at least one content; groups: by the SHA-256 of the images."""
    features = judge.features(shown)
    small = _small(features)
    return Training(
        features,
        tuple(groups[one.source] for one in shown),
        aligned_distances(*small, *small),
        least_distances(judge, features, features),
    )


def by_pixels(fake: Features, training: Training) -> Memorising:
    """Of at least one content each, by their pattern (`aligned_distances`)."""
    near = aligned_distances(*_small(fake), *_small(training.features))
    return memorising(near, training.apart_pixels, training.groups)


def by_features(judge: Judge, fake: Features, training: Training) -> Memorising:
    """Of at least one content each, by the feature network's maps."""
    near = least_distances(judge, fake, training.features)
    return memorising(near, training.apart_features, training.groups)


def least_distances(judge: Judge, one: Features, other: Features) -> NDArray[np.float32]:
    """LPIPS-style distances (N, M) where both masks are, the least over the 8 orientations of one.

    Pairs that share too little in all of them (`overlap`) are as far apart as any others are.
    """
    found = np.block([[_least(judge, *a, *b) for b in other.parts()] for a in one.parts()])
    known = found[np.isfinite(found)]
    found[~np.isfinite(found)] = known.max() if known.size else 1.0
    return found


def _least(judge: Judge, own: Unit, masks: Mask, others: Unit, held: Mask) -> NDArray[np.float32]:
    """Of at most MAPPED contents to as many others; infinite where they share too little."""
    maps = judge.maps(others)
    best = np.full((len(own), len(others)), np.inf, np.float32)
    for turned, also in zip(orientations(own), orientations(masks), strict=True):
        apart = pairwise(judge.maps(turned), maps, (also, held), shared=True)
        best = np.where(overlap(also, held), np.minimum(best, apart), best)
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
