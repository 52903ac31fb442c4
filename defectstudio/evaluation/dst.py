"""The protocol "dst": what the transfer network adds to histogram match (P2 Figure 3).

Both make the same placements from the same reference on the main path, and so do contents refined
at their place; compared are the finished images, inside the painted mask. Backgrounds that the
network was trained on are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

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

SURFACE, MATCH, DST, REFINED = "surface", "histogram match", "DST", "DST refined"
"""The arms: the normal image, the first step of DST alone, its network, and that refined."""
SCALES = 0.3, 1.0
"""Of the real masks: parts of large defects, whose normal images may be small tiles."""


@dataclass(frozen=True)
class Judged:
    """What one feature network says of the arms. own: whether the training asked it, which
    flatters. ratio_hist, ratio_gram: of an arm to histogram match, sums over layers, to H[M]."""

    features: str
    features_sha256: str
    own: bool
    distances: dict[str, Distances]
    ratio_hist: dict[str, float]
    ratio_gram: dict[str, float]


@dataclass(frozen=True)
class ClassFigures:
    """A generator and class. rim: `rim_distance` to the normal image, its mean by arm; labels by
    arm; seconds a sample by arm, medians; placements that were made, and those that found no place;
    seen_backgrounds: how many of the backgrounds the network was trained on, which should be none.
    """

    generator: str
    class_name: str
    steps: int
    seed: int
    weights_sha256: str
    judged: tuple[Judged, ...]
    rim: dict[str, float | None]
    labels: dict[str, LabelSummary]
    seconds: dict[str, float]
    placements: int
    unplaced: int
    seen_backgrounds: int


@dataclass(frozen=True)
class Row:
    """A line of Figure 3: reference, normal, mask, then what was made; crops of one place."""

    generator: str
    class_name: str
    pictures: tuple[Unit, ...]


@dataclass
class Gathered:
    """What is measured of one class by arm, placement by placement; distances by judge, too."""

    distances: dict[tuple[int, str], list[Distances]] = field(
        default_factory=lambda: defaultdict(list)
    )
    rims: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[str, list[LabelAccuracy]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


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
            judges = [Textures(network, shown) for network in self._networks(card)]
            for class_id in card.classes:
                found.append(self._class(named, class_id, (generator, plain), judges))
        return found

    def _networks(self, card: GeneratorCard) -> list[FeatureNetwork]:
        """The judges, each once; the file of a setting is that of the first."""
        wanted = self.spec.settings
        first = card.config.learned_from if wanted.features == "own" else wanted.features
        files: dict[str, Path | None] = {first: wanted.feature_weights}
        if wanted.second != "none":
            files.setdefault(wanted.second, None)
        for name in files.keys() - self.networks.keys():
            self.networks[name] = load_features(
                name, self.device, weights=files[name], download=wanted.download
            )
        return [self.networks[name] for name in files]

    def _class(
        self,
        named: TransferredGenerator,
        class_id: int,
        pair: tuple[Dst, Histmatch],
        judges: Sequence[Textures],
    ) -> ClassFigures:
        generator = pair[0]
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
            made = self._made(drawn, pair, gathered)
            number = generator.references.drawn(
                class_index(card, class_id), drawn.recipe.defects[0].seed
            )[1]
            self._measure(gathered, drawn, made, judges, number)
            if index < self.spec.settings.sheet:
                pictures = _pictures(judges[0].references[number], drawn.background, made)
                self.rows.append(Row(named.name, card.classes[class_id], pictures))
        if not gathered.seconds:
            raise UserError(
                f"no defect of {card.classes[class_id]} found a place",
                subject=named.name,
                remedy="Import larger normal images.",
            )
        seen = len({known.sha256 for known in self.spec.backgrounds} & set(card.trained_on))
        networks = [textures.network for textures in judges]
        return _figures(named.name, card, (class_id, unplaced, seen), networks, gathered)

    def _made(
        self, drawn: Drawn, pair: tuple[Dst, Histmatch], gathered: Gathered
    ) -> dict[str, Composite]:
        """The samples of one placement by arm; their time is gathered."""
        generators = {one.card.weights_sha256: one for one in pair}
        recipes = {MATCH: _changed(drawn.recipe, generator=pair[1].card.weights_sha256)}
        recipes[DST] = drawn.recipe
        if polish := self.spec.settings.polish:
            recipes[REFINED] = _changed(drawn.recipe, polish=polish)
        made = {}
        for arm, recipe in recipes.items():
            start = perf_counter()
            made[arm] = render(recipe, drawn.background, generators)
            gathered.seconds[arm].append(perf_counter() - start)
        return made

    def _measure(
        self,
        gathered: Gathered,
        drawn: Drawn,
        made: Mapping[str, Composite],
        judges: Sequence[Textures],
        number: int,
    ) -> None:
        background, mask = drawn.background, made[MATCH].painted > 0
        images = {SURFACE: background, **{arm: one.image for arm, one in made.items()}}
        for judge, textures in enumerate(judges):
            surface = textures.maps(background, mask)
            for arm, image in images.items():
                apart = textures.distances(textures.maps(image, mask), surface, mask, number)
                gathered.distances[judge, arm].append(apart)
        for arm, sample in made.items():
            rim = rim_distance(background, sample.image, mask)
            gathered.rims[arm] += [] if rim is None else [rim]
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
    networks: Sequence[FeatureNetwork],
    gathered: Gathered,
) -> ClassFigures:
    """made: the class id, placements that found no place, and backgrounds that were seen."""
    class_id, unplaced, seen = made
    return ClassFigures(
        generator=name,
        class_name=card.classes[class_id],
        steps=card.step,
        seed=card.config.seed,
        weights_sha256=card.weights_sha256,
        judged=tuple(
            _judged(network, network.name == card.config.learned_from, judge, gathered)
            for judge, network in enumerate(networks)
        ),
        rim={arm: float(np.mean(own)) if own else None for arm, own in gathered.rims.items()},
        labels={arm: summarise(own) for arm, own in gathered.labels.items()},
        seconds={arm: float(np.median(own)) for arm, own in gathered.seconds.items()},
        placements=len(gathered.seconds[MATCH]),
        unplaced=unplaced,
        seen_backgrounds=seen,
    )


def _judged(network: FeatureNetwork, own: bool, judge: int, gathered: Gathered) -> Judged:
    means = {arm: mean(all_) for (by, arm), all_ in gathered.distances.items() if by == judge}
    match, made = means[MATCH], [arm for arm in means if arm not in (SURFACE, MATCH)]
    return Judged(
        network.name,
        network.sha256,
        own,
        means,
        {arm: ratio(means[arm].hist, match.hist) for arm in made},
        {arm: ratio(means[arm].gram_reference, match.gram_reference) for arm in made},
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


def _changed(recipe: Recipe, **changes: Any) -> Recipe:
    """The same placement made in another way."""
    return replace(recipe, defects=tuple(replace(one, **changes) for one in recipe.defects))


def _pictures(
    reference: Reference, background: Image, made: Mapping[str, Composite]
) -> tuple[Unit, ...]:
    painted = made[MATCH].painted
    box = window(painted > 0)
    images = [background, *(one.image for one in made.values())]
    surface, *finished = (to_unit(image[box.slices]) for image in images)
    mask = (painted[box.slices] > 0).astype(np.float32)
    shown = (reference.pixels, surface, mask, *finished)
    return tuple(with_channels(one, 3) for one in shown)
