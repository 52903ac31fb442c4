"""The protocol "realism": how near generated contents come to real ones they have not seen.

SPEC section 6. Everything is compared with the contents of the test split, which no generator
saw; only the search for copies looks at the training split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from defectstudio.domain.comparisons import CompareSpec, GroupedFile
from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.specs import PlacementSettings, StyleSettings, SynthesizeSpec
from defectstudio.evaluation.arms import POOLED, Arm, GeneratorFigures, arm_key, as_arm
from defectstudio.evaluation.contents import (
    Generated,
    Shown,
    generated_content,
    real_contents,
)
from defectstudio.evaluation.copies import Training, Unseen, training, unseen
from defectstudio.evaluation.figures import Figures, figures
from defectstudio.evaluation.pooling import pool
from defectstudio.evaluation.seen import Features, Judge
from defectstudio.evaluation.steering import Contents, Steered
from defectstudio.evaluation.verdicts import with_sentences
from defectstudio.imaging.reading import read_header
from defectstudio.metrics.canvases import Look
from defectstudio.metrics.classifier import Classifier
from defectstudio.metrics.kid import Kid
from defectstudio.metrics.memorising import physical_parts
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.generators.content import ContentGenerator


@dataclass(frozen=True)
class Known:
    """What a generator was trained on, by class, and the classifier that learned from it."""

    trained: dict[int, Training]
    classifier: Classifier | None


@dataclass(frozen=True)
class Named:
    """A loaded generator and its name."""

    name: str
    generator: ContentGenerator


@dataclass(frozen=True)
class Pictures:
    """What the report shows: contents by class name, of the real ones and of each generator."""

    test: dict[str, list[Shown]] = field(default_factory=dict)
    training: dict[str, list[Shown]] = field(default_factory=dict)
    generated: dict[str, dict[str, list[Shown]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Realism:
    """All figures of a comparison. training: KID of the real training contents, by class name:
    what a generator reaches that only repeats them. unseen: by class name, where both
    splits show one."""

    arms: tuple[Arm, ...]
    training: dict[str, Kid]
    unseen: dict[str, Unseen]
    parts: dict[str, int]
    """Physical parts, near-copies merged, of the test and of the training split."""


class Comparison:
    """One run of the protocol; `tick` is called once a class for its real contents, after every
    generated one, and once a class for what style and class decide. It may raise to stop."""

    def __init__(
        self, spec: CompareSpec, judge: Judge, tick: Callable[[], None], warn: Callable[[str], None]
    ) -> None:
        self.spec, self.judge, self.tick, self.warn = spec, judge, tick, warn
        self.look = Look(spec.settings.canvas, spec.settings.enlarge, _channels(spec))
        self.steered = Steered(judge, self.look, spec.settings.masks)
        self.pictures = Pictures()
        self.real: dict[int, Features] = {}
        self.training_groups: dict[str, int] = {}
        self.training_shown: list[Shown] = []
        self.trained: dict[tuple[int, frozenset[str]], Training] = {}
        self.known: dict[tuple[frozenset[str], frozenset[int]], Known] = {}

    def run(self, generators: Sequence[Named]) -> Realism:
        """Measure them all. Raises UserError when the test split shows no defect at all."""
        test_parts = self._read_real()
        unseen = self._unseen()
        measured: dict[str, list[GeneratorFigures]] = {}
        for named in generators:
            figures = self._measure(named)
            measured.setdefault(arm_key(named.generator.card), []).append(figures)
        rng = self._rng("arms")
        arms = with_sentences(
            [as_arm(same, rng) for same in measured.values()], self.judge.network.name, unseen
        )
        parts = {"test": test_parts, "training": len(set(self.training_groups.values()))}
        return Realism(tuple(arms), self._training_kid(), unseen, parts)

    def total(self, generators: Sequence[Named]) -> int:
        """How often `tick` will be called."""
        known = [set(named.generator.card.classes) & set(self.spec.classes) for named in generators]
        return len(self.spec.classes) + (self.spec.settings.count + 1) * sum(map(len, known))

    def _read_real(self) -> int:
        """Read the real contents of both splits; returns the test split's physical parts."""
        ids, names = list(self.spec.classes), self.spec.classes
        test = list(real_contents(self.spec.test, ids, self.look))
        if not test:
            raise UserError(
                "the test split shows no labeled defect to compare with",
                subject=self.spec.item,
                remedy="Label images of the test split, or split again.",
            )
        self.training_shown = list(real_contents(self.spec.training, ids, self.look))
        self.training_groups = _groups(self.spec.training)
        for class_id in ids:
            own = [one for one in test if one.class_id == class_id]
            if own:
                self.real[class_id] = self.judge.features(own)
            self.pictures.test[names[class_id]] = own
            self.pictures.training[names[class_id]] = [
                one for one in self.training_shown if one.class_id == class_id
            ]
        return len(set(_groups(self.spec.test).values()))

    def _measure(self, named: Named) -> GeneratorFigures:
        card = named.generator.card
        by_class: dict[str, Figures] = {}
        fakes: list[Features] = []
        reals: list[Features] = []
        all_made: list[Generated] = []
        ids = sorted(set(card.classes) & set(self.spec.classes))
        batches = {n: Batch(self._batch_spec(n), named.generator) for n in ids}
        known = self._known(card)
        held_out = {n: Contents(own.canvases, own.masks) for n, own in self.real.items()}
        for class_id in ids:
            made, unplaced = self._generate(named, class_id, batches[class_id])
            name = self.spec.classes[class_id]
            shown = [one.shown for one in made]
            real = self.real.get(class_id)
            rng = self._rng(f"steering {named.name}", class_id)
            steering = self.steered.measure(batches, class_id, held_out, known.classifier, rng)
            self.tick()
            fake = self.judge.features(shown) if shown else None
            by_class[name] = figures(
                self.judge,
                made,
                fake,
                real,
                known.trained.get(class_id),
                steering=steering,
                rng=self._rng(named.name, class_id),
                unplaced=unplaced,
            )
            self.pictures.generated.setdefault(named.name, {})[name] = shown
            all_made += made
            if fake is not None and real is not None:
                fakes.append(fake)
                reals.append(real)
        by_class[POOLED] = pool(
            self.judge, list(by_class.values()), (reals, fakes), self._rng(named.name), all_made
        )
        return GeneratorFigures(
            named.name,
            card.kind,
            card.config.seed,
            card.step,
            card.weights_sha256,
            len(card.trained_on),
            card.split,
            card.config.learned_from,
            len(set(card.trained_on) & {known.file.sha256 for known in self.spec.test}),
            by_class,
        )

    def _generate(self, named: Named, class_id: int, batch: Batch) -> tuple[list[Generated], int]:
        """Contents of one class, and how many found no place."""
        made, unplaced = [], 0
        for index in range(self.spec.settings.count):
            try:
                made.append(generated_content(batch, index, self.look))
            except UserError as error:
                if not unplaced:
                    self.warn(f"{named.name}, {self.spec.classes[class_id]}: {error}")
                unplaced += 1
            self.tick()
        return made, unplaced

    def _batch_spec(self, class_id: int) -> SynthesizeSpec:
        """As a batch of synthesis, one defect a sample; of every generator the same draws."""
        spec = self.spec
        return SynthesizeSpec(
            run=spec.run,
            project=spec.project,
            generator=spec.run,
            class_ids=(class_id,),
            backgrounds=spec.backgrounds,
            shapes=tuple(known.file for known in spec.training),
            count=spec.settings.count,
            seed=spec.settings.seed,
            placement=PlacementSettings(per_sample=1),
            styles=StyleSettings(guard=spec.settings.guard),
        )

    def _known(self, card: GeneratorCard) -> Known:
        """What a generator was trained on, as far as the project still has it."""
        key = (frozenset(card.trained_on), frozenset(card.classes))
        if key not in self.known:
            trained = {
                class_id: self._training(class_id, own)
                for class_id in sorted(set(card.classes) & set(self.spec.classes))
                if (own := self._shown_to(card, class_id))
            }
            seen = {
                n: Contents(one.features.canvases, one.features.masks) for n, one in trained.items()
            }
            self.known[key] = Known(trained, self.steered.classifier(seen, self._rng("classifier")))
        return self.known[key]

    def _shown_to(self, card: GeneratorCard, class_id: int) -> list[Shown]:
        seen = set(card.trained_on)
        return [
            one
            for one in self.training_shown
            if one.class_id == class_id and (one.source in seen or not seen)
        ]

    def _training_kid(self) -> dict[str, Kid]:
        found = {}
        for class_id, name in self.spec.classes.items():
            shown = self.pictures.training[name]
            seen = self.judge.features(shown) if shown else None
            rng = self._rng("training", class_id)
            distance = self.judge.distance(self.real.get(class_id), seen, rng)
            if distance is not None:
                found[name] = distance
        return found

    def _unseen(self) -> dict[str, Unseen]:
        found = {}
        for class_id, name in self.spec.classes.items():
            real, shown = self.real.get(class_id), self.pictures.training[name]
            if real is not None and shown:
                found[name] = unseen(self.judge, real, self._training(class_id, shown))
            self.tick()
        return found

    def _training(self, class_id: int, shown: Sequence[Shown]) -> Training:
        """Looked at once for all generators that saw the same."""
        key = class_id, frozenset(one.source for one in shown)
        if key not in self.trained:
            self.trained[key] = training(self.judge, shown, self.training_groups)
        return self.trained[key]

    def _rng(self, what: str, number: int = 0) -> np.random.Generator:
        """Draws of their own for every purpose: another generator in the list changes none."""
        letters = list(what.encode("utf-8"))
        return np.random.default_rng([self.spec.settings.seed, number, *letters])


def _channels(spec: CompareSpec) -> int:
    return max(read_header(known.file.image).channels for known in (*spec.test, *spec.training))


def _groups(files: Sequence[GroupedFile]) -> dict[str, int]:
    """The physical part of every image by its hash."""
    merged = physical_parts([known.file.image for known in files], [known.group for known in files])
    return {known.file.sha256: group for known, group in zip(files, merged, strict=True)}
