"""Generators trained anew for other splits, kept so that a rerun repeats none of them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from defectstudio.domain.files import sha256_bytes, to_json
from defectstudio.domain.generators import CARD, FROM_REFERENCES, GeneratorCard
from defectstudio.domain.specs import BackgroundFile, Example, LabeledFile, TrainSpec
from defectstudio.synthesis.generators.loading import load_card
from defectstudio.synthesis.versions import versions
from defectstudio.training.crops import read_scene
from defectstudio.training.exporting import export_generator, manifest_of
from defectstudio.training.registry import make_task


@dataclass(frozen=True)
class _Labeled:
    """A labeled training image and the classes it shows."""

    file: LabeledFile
    class_ids: frozenset[int]


class Retrainer:
    """Trains a generator's configuration on the training images of another split.

    known: labeled images of the split it was trained on, by which it is told how many references
    of a class it was given. `tick` is called after every step and may raise to stop.
    """

    def __init__(
        self,
        cache: Path,
        known: Sequence[Example],
        device: torch.device,
        tick: Callable[[], None],
    ) -> None:
        self.cache, self.known, self.device, self.tick = cache, known, device, tick

    def total(self, folder: Path) -> int:
        """How often `tick` will be called for the generator in `folder`."""
        return load_card(folder).config.steps

    def folder(
        self, name: str, original: Path, classes: Mapping[int, str], training: Sequence[Example]
    ) -> Path:
        """Where the generator lies that was trained on `training` as that in `original` was on
        its own images. classes: those that the comparison is about, by id."""
        card = load_card(original)
        spec = self._spec(name, card, classes, training)
        decides = {"manifest": manifest_of(spec), "versions": versions()}
        folder = self.cache / sha256_bytes(to_json(decides).encode("utf-8"))
        if (folder / CARD).is_file():
            for _ in range(spec.config.steps):
                self.tick()
            return folder
        task = make_task(spec, self.device)
        for step in range(spec.config.steps):
            task.step(step, task.data[step])
            self.tick()
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        export_generator(spec, task, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
        return folder

    def _spec(
        self,
        name: str,
        card: GeneratorCard,
        classes: Mapping[int, str],
        training: Sequence[Example],
    ) -> TrainSpec:
        combined = [n for n, known in classes.items() if known == card.config.combined]
        labeled = _labeled(training)
        if card.kind in FROM_REFERENCES:
            labeled = self._references(card, labeled)
        shown = {n for one in labeled for n in one.class_ids}
        groups = {e.sha256: e.group for e in training}
        normal = [e for e in training if e.label is None] if card.config.needs_normals else []
        return TrainSpec(
            run=self.cache,
            name=name,
            item="",
            classes={n: known for n, known in card.classes.items() if n in shown},
            images=tuple(one.file for one in labeled),
            split="train",
            config=card.config,
            normals=tuple(BackgroundFile(e.image, e.sha256) for e in normal),
            combined=combined[0] if combined else None,
            groups=tuple(groups[one.file.sha256] for one in labeled),
        )

    def _references(self, card: GeneratorCard, labeled: Sequence[_Labeled]) -> list[_Labeled]:
        """As many images a class as the generator was given; all where it was given all, one where
        those that it was given are not at hand."""
        before = _labeled(self.known)
        given = [one for one in before if one.file.sha256 in card.trained_on]
        if len(given) == len(before):
            return list(labeled)
        wanted = Counter(n for one in given for n in one.class_ids) or Counter(card.classes.keys())
        chosen = []
        for one in labeled:
            if any(wanted[n] > 0 for n in one.class_ids):
                wanted.subtract(one.class_ids)
                chosen.append(one)
        return chosen


def _labeled(examples: Sequence[Example]) -> list[_Labeled]:
    found = []
    for example in examples:
        if example.label is not None:
            file = LabeledFile(example.image, example.label, example.sha256)
            found.append(_Labeled(file, frozenset(read_scene(example).places)))
    return found
