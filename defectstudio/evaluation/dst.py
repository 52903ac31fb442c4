"""The protocol "dst": what the transfer network adds to histogram match (P2 Figure 3).

Both make the same placements from the same reference on the main path; compared are the finished
images, inside the painted mask. Backgrounds that the network was trained on are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.comparisons import CompareDstSpec, TransferredGenerator
from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.specs import PlacementSettings, SynthesizeSpec
from defectstudio.domain.transfer import HistmatchConfig
from defectstudio.evaluation.textures import Distances, Textures, mean, ratio, window
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.compose import Composite
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Image, Unit
from defectstudio.metrics.labels import LabelAccuracy, LabelSummary, label_accuracy, summarise
from defectstudio.metrics.rims import rim_distance
from defectstudio.networks.features.registry import FeatureNetwork, load_features
from defectstudio.synthesis.batch import Batch, Drawn
from defectstudio.synthesis.generators.content import class_index
from defectstudio.synthesis.generators.dst import Dst
from defectstudio.synthesis.generators.histmatch import Histmatch
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.generators.references import packed
from defectstudio.synthesis.render import render
from defectstudio.training.references import Reference, cut_references

ARMS = ("surface", "histogram match", "DST")
SCALES = 0.3, 1.0
"""Of the real masks: parts of large defects, whose normal images may be small tiles."""


@dataclass(frozen=True)
class ClassFigures:
    """A generator and class. ratio_hist, ratio_gram: of DST to histogram match, sums over layers,
    to H[M]; rim: `rim_distance` to the normal image, its mean by arm;
    labels by arm; placements that were made, and those that found no place; seen_backgrounds: how
    many of the backgrounds the network was trained on, which should be none."""

    generator: str
    class_name: str
    features: str
    features_sha256: str
    own_network: bool
    steps: int
    seed: int
    weights_sha256: str
    distances: dict[str, Distances]
    ratio_hist: float
    ratio_gram: float
    rim: dict[str, float | None]
    labels: dict[str, LabelSummary]
    placements: int
    unplaced: int
    seen_backgrounds: int


@dataclass(frozen=True)
class Row:
    """A line of Figure 3: reference, normal, mask, histogram match, DST, crops of one place."""

    generator: str
    class_name: str
    pictures: tuple[Unit, ...]


@dataclass
class Gathered:
    """What is measured of one class, placement by placement."""

    distances: dict[str, list[Distances]] = field(default_factory=lambda: {a: [] for a in ARMS})
    rims: dict[str, list[float]] = field(default_factory=lambda: {a: [] for a in ARMS[1:]})
    labels: dict[str, list[LabelAccuracy]] = field(
        default_factory=lambda: {a: [] for a in ARMS[1:]}
    )


class Transfer:
    """One run of the protocol; `tick` is called after every placement and may raise to stop."""

    def __init__(
        self,
        spec: CompareDstSpec,
        device: torch.device,
        tick: Callable[[], None],
        warn: Callable[[str], None],
    ) -> None:
        self.spec, self.device, self.tick, self.warn = spec, device, tick, warn
        self.rows: list[Row] = []
        self.networks: dict[str, FeatureNetwork] = {}

    def total(self, generators: Sequence[Dst]) -> int:
        """How often `tick` will be called."""
        return self.spec.settings.count * sum(len(one.card.classes) for one in generators)

    def load(self) -> list[Dst]:
        """The generators. Raises CheckpointError."""
        loaded = [load_generator(one.folder, self.device) for one in self.spec.generators]
        return [one for one in loaded if isinstance(one, Dst)]

    def run(self, generators: Sequence[Dst]) -> list[ClassFigures]:
        """Measure them all, class by class."""
        found = []
        for named, generator in zip(self.spec.generators, generators, strict=True):
            card = generator.card
            references = _references(named, generator)
            plain = _plain(generator, references)
            shown = references
            if card.config.tone != "absolute":  # the finished images are
                ids = list(card.classes)
                shown = cut_references(named.references, ids, "absolute", _widen(card))
            textures = Textures(self._network(card), shown)
            for class_id in card.classes:
                found.append(self._class(named, class_id, (generator, plain), textures))
        return found

    def _network(self, card: GeneratorCard) -> FeatureNetwork:
        settings = self.spec.settings
        name = card.config.learned_from if settings.features == "own" else settings.features
        if name not in self.networks:
            self.networks[name] = load_features(
                name, self.device, weights=settings.feature_weights, download=settings.download
            )
        return self.networks[name]

    def _class(
        self,
        named: TransferredGenerator,
        class_id: int,
        pair: tuple[Dst, Histmatch],
        textures: Textures,
    ) -> ClassFigures:
        generator, plain = pair
        card, gathered, unplaced = generator.card, Gathered(), 0
        batch = Batch(self._batch(named.folder, class_id), generator)
        for index in range(self.spec.settings.count):
            try:
                drawn = batch.draw(index)
            except UserError as error:
                if not unplaced:
                    self.warn(f"{named.name}, {card.classes[class_id]}: {error}")
                unplaced += 1
                continue
            finally:
                self.tick()
            made = (
                render(_with(drawn.recipe, plain), drawn.background, _by_weights(plain)),
                render(drawn.recipe, drawn.background, _by_weights(generator)),
            )
            number = generator.references.drawn(
                class_index(card, class_id), drawn.recipe.defects[0].seed
            )[1]
            self._measure(gathered, drawn, made, textures, number)
            if index < self.spec.settings.sheet:
                pictures = _pictures(textures.references[number], drawn.background, made)
                self.rows.append(Row(named.name, card.classes[class_id], pictures))
        if not gathered.distances[ARMS[0]]:
            raise UserError(
                f"no defect of {card.classes[class_id]} found a place",
                subject=named.name,
                remedy="Import larger normal images.",
            )
        seen = len({known.sha256 for known in self.spec.backgrounds} & set(card.trained_on))
        made_of = (class_id, unplaced, seen)
        return _figures(named.name, card, made_of, textures.network, gathered)

    def _measure(
        self,
        gathered: Gathered,
        drawn: Drawn,
        made: Sequence[Composite],
        textures: Textures,
        number: int,
    ) -> None:
        background, mask = drawn.background, made[0].painted > 0
        surface = textures.maps(background, mask)
        gathered.distances[ARMS[0]].append(textures.distances(surface, surface, mask, number))
        for arm, sample in zip(ARMS[1:], made, strict=True):
            maps = textures.maps(sample.image, mask)
            gathered.distances[arm].append(textures.distances(maps, surface, mask, number))
            apart = rim_distance(background, sample.image, mask)
            gathered.rims[arm] += [] if apart is None else [apart]
            label = sample.label > 0
            tau = drawn.recipe.refine.threshold
            gathered.labels[arm].append(label_accuracy(background, sample.image, label, mask, tau))

    def _batch(self, folder: Path, class_id: int) -> SynthesizeSpec:
        """Of every generator the same draws."""
        spec = self.spec
        return SynthesizeSpec(
            run=spec.run,
            project=spec.project,
            generator=folder,
            class_ids=(class_id,),
            backgrounds=spec.backgrounds,
            shapes=spec.shapes,
            count=spec.settings.count,
            seed=spec.settings.seed,
            placement=PlacementSettings(per_sample=1, scale_min=SCALES[0], scale_max=SCALES[1]),
        )


def _figures(
    name: str,
    card: GeneratorCard,
    made: tuple[int, int, int],
    network: FeatureNetwork,
    gathered: Gathered,
) -> ClassFigures:
    """made: the class id, placements that found no place, and backgrounds that were seen."""
    class_id, unplaced, seen = made
    means = {arm: mean(own) for arm, own in gathered.distances.items()}
    match, dst = means[ARMS[1]], means[ARMS[2]]
    return ClassFigures(
        generator=name,
        class_name=card.classes[class_id],
        features=network.name,
        features_sha256=network.sha256,
        own_network=network.name == card.config.learned_from,
        steps=card.step,
        seed=card.config.seed,
        weights_sha256=card.weights_sha256,
        distances=means,
        ratio_hist=ratio(dst.hist, match.hist),
        ratio_gram=ratio(dst.gram_reference, match.gram_reference),
        rim={arm: float(np.mean(own)) if own else None for arm, own in gathered.rims.items()},
        labels={arm: summarise(own) for arm, own in gathered.labels.items()},
        placements=len(gathered.distances[ARMS[0]]),
        unplaced=unplaced,
        seen_backgrounds=seen,
    )


def _references(named: TransferredGenerator, generator: Dst) -> list[Reference]:
    """Those that the generator was trained on. Raises UserError where labels show others now."""
    card = generator.card
    references = cut_references(
        named.references, list(card.classes), card.config.tone, _widen(card)
    )
    if [class_index(card, one.class_id) for one in references] != generator.references.classes:
        raise UserError(
            "the labels of its references are not those it was trained on",
            subject=named.name,
            remedy="Undo the change of the labels, or train the generator again.",
        )
    return references


def _widen(card: GeneratorCard) -> dict[int, int]:
    return pixels_by_id(card.config.dilate, card.classes)


def _plain(generator: Dst, references: Sequence[Reference]) -> Histmatch:
    """Histogram match of the same references."""
    card, config = generator.card, generator.config
    plain = HistmatchConfig(tone=config.tone, fusion=config.fusion)
    kept = [(class_index(card, r.class_id), r.pixels, r.mask) for r in references]
    own = replace(card, config=plain, weights_sha256=f"histmatch of {card.weights_sha256}")
    return Histmatch(own, packed(kept, plain), torch.device("cpu"))


def _with(recipe: Recipe, generator: Histmatch) -> Recipe:
    """The same placement made by another generator."""
    weights = generator.card.weights_sha256
    return replace(recipe, defects=tuple(replace(one, generator=weights) for one in recipe.defects))


def _by_weights(generator: Dst | Histmatch) -> dict[str, Dst | Histmatch]:
    return {generator.card.weights_sha256: generator}


def _pictures(
    reference: Reference, background: Image, made: Sequence[Composite]
) -> tuple[Unit, ...]:
    box = window(made[0].painted > 0)
    images = [to_unit(image[box.slices]) for image in (background, *(one.image for one in made))]
    mask = (made[0].painted[box.slices] > 0).astype(np.float32)
    shown = (reference.pixels, images[0], mask, *images[1:])
    return tuple(with_channels(one, 3) for one in shown)
