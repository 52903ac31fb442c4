"""The figures of one set of generated contents against the real ones of its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.evaluation.contents import Generated, Shown
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import aligned_distances, least_distances, orientations
from defectstudio.metrics.diversity import Diversity, diversity
from defectstudio.metrics.kid import Kid, kid
from defectstudio.metrics.labels import LabelSummary, summarise
from defectstudio.metrics.memorising import Memorising, memorising
from defectstudio.networks.features.distances import Maps, pairwise, pooled, unit_maps
from defectstudio.networks.features.registry import FeatureNetwork

COPY_SIDE = 32
"""Side of the canvases on which copies are looked for by their pixels."""
COPY_SIGMA = 0.8
"""Smoothing there, in pixels."""
MAPPED = 100
"""Contents of a class whose maps are compared with each other: those of VGG take 8 MB each."""


@dataclass(frozen=True)
class Features:
    """A set of contents seen by a feature network: vectors (N, D) of canvases and of crops;
    canvases (N, S, S, C) and masks (N, S, S) themselves."""

    canvases: Unit
    masks: Mask
    vectors: NDArray[np.float32]
    crop_vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.canvases)


@dataclass(frozen=True)
class Training:
    """Training contents of one class, and the physical part of each as a number."""

    features: Features
    moved: tuple[NDArray[np.float32], ...]
    """Vectors of the canvases in the 8 orientations."""
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """Of one class, or pooled. None where there are too few real contents to tell.

    kid: canvases against held-out real ones; kid_crops: blended samples against crops of held-out
    images. diversity: on the whole canvas; diversity_inside: inside masks. copies_*: distances to
    the training contents, by pixels and by features; pooled ones are in units of their class's
    threshold. unplaced: contents that found no place on any background.
    """

    n_fake: int
    n_real: int
    n_training: int
    kid: Kid | None
    kid_crops: Kid | None
    diversity: Diversity | None
    diversity_inside: Diversity | None
    copies_pixels: Memorising | None
    copies_features: Memorising | None
    labels: LabelSummary | None
    unplaced: int = 0


@dataclass(frozen=True)
class Judge:
    """A feature network and how it is used: the side of its input, the subsets of KID."""

    network: FeatureNetwork
    side: int
    subsets: int

    def features(self, shown: Sequence[Shown]) -> Features | None:
        """Of at least one content; None of none."""
        if not shown:
            return None
        canvases = np.stack([one.canvas for one in shown])
        crops = np.stack([one.crop for one in shown])
        return Features(
            canvases,
            np.stack([one.mask for one in shown]),
            pooled(self.network, canvases, self.side),
            pooled(self.network, crops, self.side),
        )

    def training(self, shown: Sequence[Shown], groups: Mapping[str, int]) -> Training | None:
        """groups: by the SHA-256 of the images."""
        features = self.features(shown)
        if features is None:
            return None
        turned = orientations(features.canvases)
        moved = tuple(pooled(self.network, canvases, self.side) for canvases in turned)
        return Training(features, moved, tuple(groups[one.source] for one in shown))

    def figures(
        self,
        made: Sequence[Generated],
        fake: Features | None,
        real: Features | None,
        training: Training | None,
        *,
        rng: np.random.Generator,
        unplaced: int = 0,
    ) -> Figures:
        """Of the generated contents of one class, whose features are `fake`."""
        plain, inside = self._diversities(fake, real)
        pixels, features = _copies(fake, training)
        return Figures(
            n_fake=len(made),
            n_real=len(real) if real else 0,
            n_training=len(training.features) if training else 0,
            kid=self.distance(real, fake, rng),
            kid_crops=self.distance(real, fake, rng, crops=True),
            diversity=plain,
            diversity_inside=inside,
            copies_pixels=pixels,
            copies_features=features,
            labels=label_summary(made),
            unplaced=unplaced,
        )

    def distance(
        self,
        real: Features | None,
        fake: Features | None,
        rng: np.random.Generator,
        *,
        crops: bool = False,
    ) -> Kid | None:
        """KID of two sets, of their canvases or crops; None with fewer than two in either."""
        if real is None or fake is None or min(len(real), len(fake)) < 2:
            return None
        one, other = (f.crop_vectors if crops else f.vectors for f in (real, fake))
        return kid(one, other, rng, subsets=self.subsets)

    def _diversities(
        self, fake: Features | None, real: Features | None
    ) -> tuple[Diversity | None, Diversity | None]:
        """On the whole canvas and inside masks; None with fewer than two of either."""
        if fake is None or real is None or min(len(fake), len(real)) < 2:
            return None, None
        own, others = (self._maps(one) for one in (fake, real))
        u, v = fake.masks[:MAPPED], real.masks[:MAPPED]
        whole = diversity(pairwise(own, others), pairwise(own, own), pairwise(others, others))
        inside = diversity(
            pairwise(own, others, (u, v)),
            pairwise(own, own, (u, u)),
            pairwise(others, others, (v, v)),
        )
        return whole, inside

    def _maps(self, features: Features) -> Maps:
        return unit_maps(self.network, features.canvases[:MAPPED], self.side)


def joined(parts: Sequence[Features]) -> Features:
    """Several sets as one, for KID over all classes."""
    return Features(
        np.concatenate([one.canvases for one in parts]),
        np.concatenate([one.masks for one in parts]),
        np.concatenate([one.vectors for one in parts]),
        np.concatenate([one.crop_vectors for one in parts]),
    )


def _copies(
    fake: Features | None, training: Training | None
) -> tuple[Memorising | None, Memorising | None]:
    if fake is None or training is None:
        return None, None
    own, groups = training.features, training.groups
    few, few_masks = _small(fake)
    many, many_masks = _small(own)
    pixels = memorising(
        aligned_distances(few, few_masks, many, many_masks),
        aligned_distances(many, many_masks, many, many_masks),
        groups,
    )
    features = memorising(
        least_distances(fake.vectors, training.moved),
        least_distances(own.vectors, training.moved),
        groups,
    )
    return pixels, features


def _small(features: Features) -> tuple[Unit, Mask]:
    """Canvases and masks at COPY_SIDE, without their grain.

    Two noisy pictures are farther apart than a noisy and a smooth one, which so would look like a
    copy. A pixel belongs to the mask where half of it did, or the fullest where none is so full.
    """
    count, channels = len(features), features.canvases.shape[3]
    canvases = np.empty((count, COPY_SIDE, COPY_SIDE, channels), np.float32)
    masks = np.empty((count, COPY_SIDE, COPY_SIDE), bool)
    for n, (canvas, mask) in enumerate(zip(features.canvases, features.masks, strict=True)):
        held = mask.astype(np.float32)
        cover = _shrunk(held)
        soft = _shrunk(canvas * held[..., None]).reshape(*cover.shape, channels)
        canvases[n] = soft / np.maximum(cover, 1e-6)[..., None]
        masks[n] = (cover >= min(0.5, float(cover.max()))) & (cover > 0)
    return np.clip(canvases, 0, 1), masks


def _shrunk(plane: Unit) -> Unit:
    """Resized to COPY_SIDE and smoothed; the quotient of two of them is a mean inside the mask."""
    small = cv2.resize(plane, (COPY_SIDE, COPY_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), COPY_SIGMA), np.float32)


def label_summary(made: Sequence[Generated]) -> LabelSummary | None:
    """Empty tries before a content found its place count as empty samples."""
    if not made:
        return None
    summary = summarise([one.accuracy for one in made])
    tries = sum(one.empty_tries for one in made)
    empty = sum(one.accuracy.empty for one in made)
    return replace(summary, empty_rate=(empty + tries) / (len(made) + tries))
