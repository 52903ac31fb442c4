"""What a user's knobs decide: the seed alone, and the class alone, in one and the same mask.

Seed: contents in one mask at one place; how far they lie apart, in units of two real contents of
the class. A seed names the whole latent: the style vector z and, where there is one, the spatial
noise. Where a generator tells them apart, also z alone, the noise held still.
Class: contents in masks and at places of other classes; whether a classifier that learned from
real contents takes them for their own. Both look inside masks only, so that no shape tells
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.recipe import SEEDS, Defect, Style
from defectstudio.evaluation.seen import Judge
from defectstudio.imaging.types import Image, Mask, Unit
from defectstudio.metrics.alignment import GREY, orientations
from defectstudio.metrics.canvases import Look, laid
from defectstudio.metrics.classifier import Classifier, trained
from defectstudio.networks.features.distances import pairwise, pooled_inside
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.generators.content import StyledGenerator
from defectstudio.synthesis.render import place_content

DRAWS = 5
"""Seeds, and styles, drawn for each mask."""
LEAST = 24
"""Pixels of a canvas that a content must keep when it is cut to another shape."""


@dataclass(frozen=True)
class Steering:
    """seed, style: mean distance of two latents, or of two z under one noise, in one mask, in
    units of the real contents' (None with fewer than two of these, and of a style that is not told
    from noise). agreement: share of contents in masks of other classes that are taken
    for their own class; agreement_real: of held-out real contents. None with a single class."""

    seed: float | None = None
    style: float | None = None
    agreement: float | None = None
    agreement_real: float | None = None


Change = Callable[[Defect], Defect]


@dataclass(frozen=True)
class Contents:
    """canvases float32 (N, S, S, C) in relative tone and masks bool (N, S, S)."""

    canvases: Unit
    masks: Mask


class Steered:
    """Measures what a generator's knobs decide, in so many masks a class."""

    def __init__(self, judge: Judge, look: Look, masks: int) -> None:
        self.judge, self.look, self.masks = judge, look, masks

    def measure(
        self,
        batches: Mapping[int, Batch],
        class_id: int,
        real: Mapping[int, Contents],
        classifier: Classifier | None,
        rng: np.random.Generator,
    ) -> Steering:
        """batches, real: of all classes; real ones are held-out."""
        seed, style = self._spreads(batches[class_id], real.get(class_id), rng)
        others = [batch for other, batch in batches.items() if other != class_id]
        if classifier is None or not others:
            return Steering(seed, style)
        made, held_out = self._elsewhere(others, class_id), self._cut(real, class_id, rng)
        return Steering(
            seed,
            style,
            self._recall(classifier, made, class_id),
            self._recall(classifier, held_out, class_id),
        )

    def classifier(
        self, training: Mapping[int, Contents], rng: np.random.Generator
    ) -> Classifier | None:
        """From the real contents of at least two classes, as they are and cut to other shapes."""
        vectors, classes = [], []
        for class_id, own in training.items():
            for contents in (own, self._cut(training, class_id, rng)):
                if contents is not None:
                    vectors.append(self._vectors(contents))
                    classes += [class_id] * len(contents.masks)
        return trained(np.concatenate(vectors), np.array(classes)) if len(training) > 1 else None

    def _cut(
        self, real: Mapping[int, Contents], class_id: int, rng: np.random.Generator
    ) -> Contents | None:
        """Real contents in all orientations, each cut to the shape of one of another class.

        So a class is not told by its shapes. None where the class or all others are missing.
        """
        shapes = [own.masks for other, own in real.items() if other != class_id]
        if class_id not in real or not shapes:
            return None
        own, cut = real[class_id], []
        masks = np.concatenate(shapes)
        for pixels, held in zip(orientations(own.canvases), orientations(own.masks), strict=True):
            inside = held & masks[rng.integers(len(masks), size=len(held))]
            kept = inside.sum(axis=(1, 2)) >= LEAST
            grey = np.where(inside[..., None], pixels, np.float32(GREY))
            cut += [(grey[n], inside[n]) for n in np.flatnonzero(kept)]
        return _stacked(cut) if cut else None

    def _spreads(
        self, batch: Batch, real: Contents | None, rng: np.random.Generator
    ) -> tuple[float | None, float | None]:
        """Of seeds and of styles."""
        unit = self._spread(real) if real is not None and len(real.masks) > 1 else None
        if unit is None:
            return None, None
        found = [self._mean_spread(batch, ways(batch, rng)) for ways in (_seeds, _styles)]
        seed, style = (each / unit if each is not None else None for each in found)
        return seed, style

    def _mean_spread(self, batch: Batch, ways: Sequence[Change]) -> float | None:
        """Of the contents that the changes make of one defect, over the masks."""
        if not ways:
            return None
        spreads = [
            self._spread(_stacked([self._made(batch, way(defect), background) for way in ways]))
            for defect, background in self._draws(batch)
        ]
        known = [each for each in spreads if each is not None]
        return float(np.mean(known)) if known else None

    def _elsewhere(self, batches: Sequence[Batch], class_id: int) -> Contents | None:
        made = []
        for n, batch in enumerate(batches):
            share = len(range(n, self.masks, len(batches)))
            for defect, background in self._draws(batch, share):
                made.append(self._made(batch, replace(defect, class_id=class_id), background))
        return _stacked(made) if made else None

    def _draws(self, batch: Batch, count: int | None = None) -> Iterator[tuple[Defect, Image]]:
        for index in range(self.masks if count is None else count):
            try:
                drawn = batch.draw(index)
            except UserError:
                continue  # the comparison itself says what found no place
            yield drawn.recipe.defects[0], drawn.background

    def _made(self, batch: Batch, defect: Defect, background: Image) -> tuple[Unit, Mask]:
        generators = {batch.generator.card.weights_sha256: batch.generator}
        return laid(place_content(defect, background, generators), background, self.look)

    def _spread(self, contents: Contents) -> float | None:
        """Mean distance of two contents where both are; None where no two meet."""
        maps = self.judge.maps(contents.canvases)
        masks = (contents.masks, contents.masks)
        apart = pairwise(maps, maps, masks, shared=True)
        meet = np.tensordot(contents.masks, contents.masks, ((1, 2), (1, 2)))
        np.fill_diagonal(meet, val=False)
        return float(apart[meet > 0].mean()) if meet.any() else None

    def _recall(
        self, classifier: Classifier, contents: Contents | None, class_id: int
    ) -> float | None:
        if contents is None:
            return None
        return float(np.mean(classifier.predict(self._vectors(contents)) == class_id))

    def _vectors(self, contents: Contents) -> NDArray[np.float32]:
        judge = self.judge
        return pooled_inside(judge.network, contents.canvases, contents.masks, judge.side)


def _seeds(batch: Batch, rng: np.random.Generator) -> list[Change]:  # noqa: ARG001
    return [partial(replace, seed=int(seed)) for seed in rng.integers(SEEDS, size=DRAWS)]


def _styles(batch: Batch, rng: np.random.Generator) -> list[Change]:
    """Other z under the defect's own noise; none where z is not told from noise."""
    generator, config = batch.generator, batch.generator.card.config
    if not (isinstance(generator, StyledGenerator) and isinstance(config, DcdgancConfig)):
        return []
    normals = rng.standard_normal((DRAWS, config.nz)).tolist()
    return [partial(replace, style=Style(normal=tuple(normal))) for normal in normals]


def _stacked(made: Sequence[tuple[Unit, Mask]]) -> Contents:
    canvases, masks = zip(*made, strict=True)
    return Contents(np.stack(canvases), np.stack(masks))
