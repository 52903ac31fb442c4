"""Batches: many samples from one seed, each a function of (seed, index) alone."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

import numpy as np

from defectstudio.domain.errors import SettingError, UserError
from defectstudio.domain.recipe import Defect, Recipe, Style
from defectstudio.domain.seed_marks import Marks
from defectstudio.domain.specs import BackgroundFile, PlanRow, SynthesizeSpec
from defectstudio.domain.spread import Fetch, in_place
from defectstudio.imaging.compose import Composite, compose
from defectstudio.imaging.masks import bounding_box, decode, encode
from defectstudio.imaging.placement import Refusal, place
from defectstudio.imaging.reading import read_mask
from defectstudio.imaging.shapes import Shape, shapes_by_class
from defectstudio.imaging.types import Image, Mask
from defectstudio.synthesis.backgrounds import Backgrounds
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.judging import Reject
from defectstudio.synthesis.render import make_contents, place_contents, render
from defectstudio.synthesis.styles import (
    TRIES,
    best_of,
    draw_seed,
    drawn_again,
    near_copy,
    successors,
)
from defectstudio.synthesis.versions import versions

INVISIBLE = "no visible change"
MOST_COPIES = 4 * TRIES
"""Near-copies of a sample after which what is nearest to none is taken as it is."""
LEAN = 10.0
"""Degrees that a shape is turned at most on a surface with a grain."""
TOGETHER, TOGETHER_SECONDS, TOGETHER_BYTES = 8, 0.25, 8 << 20
"""The most samples that are made together, for how long, and their backgrounds a defect."""


@dataclass(frozen=True)
class Made:
    """A sample, its recipe and what was refused on the way, by reason."""

    recipe: Recipe
    sample: Composite
    refused: Counter[str]


@dataclass(frozen=True)
class Drawn:
    """A recipe that found a place, its background and what was refused on the way, by reason."""

    recipe: Recipe
    background: Image
    refused: Counter[str]

    @property
    def empty_tries(self) -> int:
        """How often the generator left its window empty before."""
        return self.refused[Refusal.EMPTY_SHAPE.value]

    @property
    def copies(self) -> int:
        """How often a near-copy of a training content was drawn before."""
        return self.refused[Reject.COPY.value]


@dataclass(frozen=True)
class _Begun:
    """A sample's recipe that found a place, its background, and the tries that are left."""

    index: int
    recipe: Recipe
    background: Image
    tries: Iterator[tuple[Recipe, Image]]
    refused: Counter[str]


class NoPlaceError(UserError):
    """A sample found no place; `refused` says how often why."""

    def __init__(self, index: int, tries: int, refused: Counter[str]) -> None:
        self.index, self.tries, self.refused = index, tries, dict(refused)
        reasons = ", ".join(f"{reason} ({n} times)" for reason, n in refused.most_common())
        super().__init__(
            f"sample {index} found no place after {tries} tries: {reasons}",
            remedy="Widen the region, lower the scale or the gap, or choose other backgrounds.",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.index, self.tries, Counter(self.refused))


class Batch:
    """Draws recipes and makes samples; the same spec and index give the same bytes."""

    def __init__(
        self, spec: SynthesizeSpec, generator: ContentGenerator, fetch: Fetch = in_place
    ) -> None:
        self.spec, self.generator, self._fetch = spec, generator, fetch
        self.painted = decode(spec.mask) if spec.mask else None
        self.shapes: dict[int, list[Shape]] = {}
        self._ends = list(accumulate(row.count for row in spec.plan))
        self._read = Backgrounds(fetch)
        self._loaded = {generator.card.weights_sha256: generator}
        if spec.styles.best_of > 1 and not generator.fills_mask:
            raise SettingError(
                "this generator draws shapes of its own, which cannot be compared in one place",
                subject="best_of",
                remedy="Use 1, or a generator whose source is the mask.",
            )
        if self.painted is None and generator.fills_mask:
            self.shapes = shapes_by_class(spec.shapes, spec.class_ids, fetch)

    def make(self, index: int) -> Made:
        """Sample `index`; refused placements and invisible samples are tried again and counted.

        Raises NoPlaceError when no try succeeds.
        """
        refused: Counter[str] = Counter()
        return self._first_seen(index, self._tries(index, refused), refused)

    def make_all(self, indices: Iterable[int]) -> Iterator[Made]:
        """As `make` of each in turn, but several together step by step, as many as take a short
        time: a step that follows itself finds its code and numbers in the processor's caches."""
        left, many = iter(indices), 1
        while True:
            began = time.perf_counter()
            begun = list(self._begun(left, many))
            if not begun:
                return
            made = self._finished(begun)
            each = (time.perf_counter() - began) / len(begun)
            many = max(1, min(TOGETHER, int(TOGETHER_SECONDS / each)))
            yield from made

    def _begun(self, left: Iterator[int], many: int) -> Iterator[_Begun]:
        """The next of the samples, each with its first recipe that found a place."""
        size = 0
        for index in islice(left, many):
            refused: Counter[str] = Counter()
            tries = self._tries(index, refused)
            first = next(tries, None)
            if first is None:
                raise NoPlaceError(index, self.spec.placement.tries, refused)
            yield _Begun(index, *first, tries, refused)
            size += first[1].nbytes * len(first[0].defects)
            if size > TOGETHER_BYTES:
                return

    def _finished(self, begun: Sequence[_Begun]) -> list[Made]:
        pairs = [(one.recipe, one.background) for one in begun]
        contents = [place_contents(*pair, self._loaded) for pair in pairs]
        samples = [
            compose(background, own, recipe.blend, recipe.grain, recipe.refine)
            for (recipe, background), own in zip(pairs, contents, strict=True)
        ]
        made = []
        for one, sample in zip(begun, samples, strict=True):
            if _is_seen(one.recipe, sample):
                made.append(Made(one.recipe, sample, one.refused))
            else:
                one.refused[INVISIBLE] += 1
                made.append(self._first_seen(one.index, one.tries, one.refused))
        return made

    def _first_seen(
        self, index: int, tries: Iterator[tuple[Recipe, Image]], refused: Counter[str]
    ) -> Made:
        for recipe, background in tries:
            sample = render(recipe, background, self._loaded)
            if _is_seen(recipe, sample):
                return Made(recipe, sample, refused)
            refused[INVISIBLE] += 1
        raise NoPlaceError(index, self.spec.placement.tries, refused)

    def class_of(self, index: int) -> int:
        """The class of sample `index`."""
        if self.spec.plan:
            return self._row(index).class_id
        return self.spec.class_ids[index % len(self.spec.class_ids)]

    def draw(self, index: int) -> Drawn:
        """The first recipe of sample `index` that finds a place, whether or not it will be seen.

        Raises NoPlaceError as `make` does.
        """
        refused: Counter[str] = Counter()
        for recipe, background in self._tries(index, refused):
            return Drawn(recipe, background, refused)
        raise NoPlaceError(index, self.spec.placement.tries, refused)

    def _tries(self, index: int, refused: Counter[str]) -> Iterator[tuple[Recipe, Image]]:
        """Recipes that found a place, with their backgrounds; refusals are counted."""
        places = self._row(index).backgrounds if self.spec.plan else ()
        several = len(places or self.spec.backgrounds)
        for attempt in range(self.spec.placement.tries):
            rng = np.random.default_rng([self.spec.seed, index, attempt])
            chosen = int(rng.integers(several))
            file = self.spec.backgrounds[places[chosen] if places else chosen]
            background = self._read(file.image)
            if defects := self._defects(index, file, background, rng, refused):
                last = attempt == self.spec.placement.tries - 1
                drawn = self._recipe(file, defects)
                recipe = self._chosen(drawn, background, refused, last=last)
                if recipe is not None:
                    yield recipe, background

    def _chosen(
        self, recipe: Recipe, background: Image, refused: Counter[str], *, last: bool
    ) -> Recipe | None:
        """The recipe with the seeds that its defects keep; None where all of one are rejects."""
        if self.spec.styles.best_of > 1:
            return self._best(recipe, background, refused)
        if not self.spec.styles.guard:
            return recipe
        last = last or refused[Reject.COPY.value] >= MOST_COPIES
        if self.generator.fills_mask:
            return self._guarded(recipe, background, refused, last=last)
        return recipe if last or self._is_new(recipe, background, refused) else None

    def _guarded(
        self, recipe: Recipe, background: Image, refused: Counter[str], *, last: bool
    ) -> Recipe | None:
        """Near-copies of training contents are drawn again; None where all contents of a shape
        are, unless it is the last: in another shape, at another place, they may not be."""
        kept = []
        for defect in recipe.defects:
            marks = self._marks(defect.class_id)
            own, copies = drawn_again(self.generator, defect, background, marks)
            refused.update({Reject.COPY.value: copies} if copies else {})
            if copies == TRIES and not last:
                return None
            kept.append(own)
        return replace(recipe, defects=tuple(kept))

    def _is_new(self, recipe: Recipe, background: Image, refused: Counter[str]) -> bool:
        """Whether none is a near-copy. With another seed the generator's own shape would be another
        one, which its place does not fit: the sample is tried again, but for the last time."""
        copies = sum(near_copy(self.generator, one, background) for one in recipe.defects)
        refused.update({Reject.COPY.value: copies} if copies else {})
        return not copies

    def _row(self, index: int) -> PlanRow:
        return self.spec.plan[bisect_right(self._ends, index)]

    def _best(self, recipe: Recipe, background: Image, refused: Counter[str]) -> Recipe | None:
        """The best seed for each defect; None where all of one are rejects."""
        best = []
        for number, defect in enumerate(recipe.defects):
            marks = self._marks(defect.class_id)
            seeds = successors(defect.seed, self.spec.styles.best_of, marks)
            found = best_of(self.generator, recipe, number, seeds, background)
            refused.update(one.reject.value for one in found if one.reject)
            if found[0].reject:
                return None
            best.append(found[0].defect)
        return replace(recipe, defects=tuple(best))

    def _recipe(self, file: BackgroundFile, defects: Sequence[Defect]) -> Recipe:
        spec = self.spec
        return Recipe(
            file.sha256,
            tuple(defects),
            spec.project,
            spec.blend,
            spec.grain,
            spec.refine,
            versions(),
        )

    def _defects(
        self,
        index: int,
        file: BackgroundFile,
        background: Image,
        rng: np.random.Generator,
        refused: Counter[str],
    ) -> list[Defect]:
        """The defects of one sample; those that find no place are counted in `refused`."""
        class_id = self.class_of(index)
        if self.painted is not None:
            return [self._as_painted(class_id, background, rng)]
        size = (background.shape[0], background.shape[1])
        allowed = self._region(file)
        if allowed is not None and allowed.shape != size:
            raise UserError(
                f"the region is {allowed.shape[1]}x{allowed.shape[0]}, its background"
                f" {size[1]}x{size[0]}",
                subject=file.region,
                remedy="Draw the region on this background.",
            )
        occupied = np.zeros(size, bool)
        picture = size if self.spec.placement.stay_at_edge and allowed is None else None
        many = range(self.spec.placement.per_sample)
        drawn = (self._draw(class_id, rng, picture) for _ in many)
        return list(self._placed(drawn, allowed, occupied, rng, refused))

    def _region(self, file: BackgroundFile) -> Mask | None:
        """Where defects may fall on a background; None: everywhere."""
        if file.region is None:
            return None
        with self._fetch(file.region) as here:
            return read_mask(here)

    def _placed(
        self,
        drawn: Iterator[tuple[Defect, Shape]],
        allowed: Mask | None,
        occupied: Mask,
        rng: np.random.Generator,
        refused: Counter[str],
    ) -> Iterator[Defect]:
        size = (occupied.shape[0], occupied.shape[1])
        for defect, own in drawn:
            shape = own.mask
            where = place(shape, allowed, occupied, size, self.spec.placement, rng, own.edges)
            if isinstance(where, Refusal):
                refused[where.value] += 1
                continue
            top, left = where
            occupied[top : top + shape.shape[0], left : left + shape.shape[1]] |= shape
            # defect.top, left: where the shape's box lies within the defect's own box
            yield replace(defect, top=top - defect.top, left=left - defect.left)

    def _draw(
        self, class_id: int, rng: np.random.Generator, picture: tuple[int, int] | None
    ) -> tuple[Defect, Shape]:
        """A defect not yet placed, and the shape that must find a place.

        picture: the size of that whose borders shapes stay at; None: they lie anywhere.
        """
        seed, weights = draw_seed(rng, self._marks(class_id)), self.generator.card.weights_sha256
        if self.generator.fills_mask:
            shape = self._warped(class_id, rng, picture)
            return self._styled(Defect(class_id, seed, encode(shape.mask), 0, 0, weights)), shape
        card = self.generator.card
        window = np.ones((card.config.height, card.config.width), bool)
        # The place, and so the surface, is not known yet; the shape does not depend on it.
        nowhere = np.full((*window.shape, card.channels), 0.5, np.float32)
        free = self._styled(Defect(class_id, seed, encode(window), 0, 0, weights))
        raw = make_contents(self.generator, free, [seed], window, nowhere)[0].raw_mask
        box = bounding_box(raw)
        if box is None:
            return free, Shape(raw)
        return replace(free, top=box.top, left=box.left), Shape(raw[box.slices])

    def _marks(self, class_id: int) -> Marks:
        return self.spec.marks.get(class_id, Marks())

    def _warped(
        self, class_id: int, rng: np.random.Generator, picture: tuple[int, int] | None
    ) -> Shape:
        own, p = self.shapes[class_id], self.spec.placement
        shape = own[int(rng.integers(len(own)))]
        scale = float(np.exp(rng.uniform(np.log(p.scale_min), np.log(p.scale_max))))
        most = min(p.rotate, LEAN) if self.generator.card.config.keeps_direction else p.rotate
        if picture is None:
            return Shape(shape.mask).warped(rng, scale=scale, turn=most, flip=p.flip)
        scale = shape.scale_across(picture, scale, p.scale_max)
        return shape.warped(rng, scale=scale, turn=most, flip=p.flip).cut_to(picture)

    def _as_painted(self, class_id: int, background: Image, rng: np.random.Generator) -> Defect:
        assert self.painted is not None
        box = bounding_box(self.painted)
        if box is None or self.painted.shape != background.shape[:2]:
            raise UserError(
                "the painted mask is empty or not the size of the background",
                remedy="Paint the mask on this background.",
            )
        seed, weights = draw_seed(rng, self._marks(class_id)), self.generator.card.weights_sha256
        mask = encode(self.painted[box.slices])
        return self._styled(Defect(class_id, seed, mask, box.top, box.left, weights))

    def _styled(self, defect: Defect) -> Defect:
        """The defect with the style, contrast and polish that the batch wants."""
        wanted = self.spec.styles
        style = Style(wanted.truncation)
        return replace(defect, style=style, contrast=wanted.contrast, polish=wanted.polish)


def _is_seen(recipe: Recipe, sample: Composite) -> bool:
    """Whether something of each defect's class is labeled."""
    return all((sample.label == defect.class_id).any() for defect in recipe.defects)
