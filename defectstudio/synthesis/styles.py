"""Finding styles: read from a real defect, the best of many, the one that fits a painted mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from defectstudio.domain.errors import RecipeError
from defectstudio.domain.recipe import SEEDS, Defect, Recipe, Style, StyleMix
from defectstudio.domain.seed_marks import Marks
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.tone import surround, to_relative
from defectstudio.imaging.types import Image, Label, planes
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.synthesis.judging import Candidate, judge, nearness
from defectstudio.synthesis.render import place_content, place_gallery, with_contrast

NEARBY = 0.3
"""How much of another style the search's second round mixes into the best of the first."""
TRIES = 8
"""Seeds tried for a defect that would be a near-copy, its own among them."""
NO_MARKS = Marks()


def draw_seed(rng: np.random.Generator, marks: Marks) -> int:
    """One of the favourites where there are some, else any seed that is not banned."""
    if marks.favourites:
        return marks.favourites[int(rng.integers(len(marks.favourites)))]
    while (seed := int(rng.integers(SEEDS))) in marks.banned:
        pass
    return seed


def successors(seed: int, count: int, marks: Marks = NO_MARKS) -> list[int]:
    """The seed and those that follow it, which it decides alone; `count` in all at most.

    They are drawn as `draw_seed` does, and none is there twice.
    """
    rng = np.random.default_rng(seed)
    following = [draw_seed(rng, marks) for _ in range(count - 1)]
    return list(dict.fromkeys([seed, *following]))


def read_style(generator: Dcdganc, image: Image, label: Label, box: Box, class_id: int) -> Style:
    """The style of the real defect of a class in a box of an image.

    image: (H, W) or (H, W, 3), uint8 or uint16; label: uint8 (H, W) of class ids; the box lies
    inside. A grey image is repeated for a colour generator. Raises CheckpointError as
    `Dcdganc.encode`, ImageError when the box holds no pixel of the class or the image is colour
    and the generator grey.
    """
    mask = label[box.slices] == class_id
    pixels = planes(to_unit(image[box.slices]))
    if generator.card.config.tone == "relative" and mask.any():
        level = surround(image, mask, (box.top, box.left), ignored=label > 0)
        pixels = to_relative(pixels, level)
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, generator.card.channels, axis=2)
    return Style(normal=generator.encode(class_id, pixels, mask))


def drawn_again(
    generator: ContentGenerator,
    defect: Defect,
    background: Image,
    marks: Marks = NO_MARKS,
) -> tuple[Defect, int]:
    """The defect with the first of its seed's successors whose content is no near-copy of a
    training content (synthesis.guard), and how many were near-copies; marks: of its class.

    Where all are, the one that is farthest from being one. A generator that knows no training
    contents draws once. Raises RecipeError as `place_content`.
    """
    if not (isinstance(generator, Dcdganc) and generator.guard):
        return defect, 0
    loaded = {generator.card.weights_sha256: generator}
    near: list[tuple[float, Defect]] = []
    for seed in successors(defect.seed, TRIES, marks):
        own = replace(defect, seed=seed)
        content = place_content(own, background, loaded)
        apart = nearness(generator, [content], background)[0]
        if apart >= 1:
            return own, len(near)
        near.append((apart, own))
    return max(near, key=lambda one: one[0])[1], len(near)


def near_copy(generator: ContentGenerator, defect: Defect, background: Image) -> bool:
    """Whether the defect's content nearly is a training content. Raises as `place_content`."""
    if not (isinstance(generator, Dcdganc) and generator.guard):
        return False
    content = place_content(defect, background, {generator.card.weights_sha256: generator})
    return nearness(generator, [content], background)[0] < 1


def best_of(
    generator: ContentGenerator,
    recipe: Recipe,
    number: int,
    seeds: Sequence[int],
    background: Image,
) -> list[Candidate]:
    """Defect `number` of the recipe with each of the seeds, best first, rejects last.

    The contents are made in one call and judged one by one, each alone on the background. Raises
    RecipeError as `place_content`.
    """
    defect = recipe.defects[number]
    loaded = {generator.card.weights_sha256: generator}
    contents = place_gallery(defect, seeds, background, loaded)
    candidates = []
    for content, apart in zip(contents, nearness(generator, contents, background), strict=True):
        own = replace(defect, seed=content.seed)
        seen = with_contrast(content, own, recipe, background)
        candidates.append(judge(generator, own, seen, background, recipe, apart=apart))
    return ranked(candidates)


def search(
    generator: ContentGenerator,
    recipe: Recipe,
    number: int,
    seeds: Sequence[int],
    background: Image,
) -> list[Candidate]:
    """The style that best fits the painted mask of defect `number`, best first.

    Two rounds: the best of the seeds; then the best with a little of every other seed mixed in.
    What is found is named by seeds alone, so that the recipe makes it again. The fit is the score
    (judging.Score): realism, label, seam and contrast on this very background. Raises RecipeError
    for a defect that is a mix already, and as `place_content`.
    """
    if recipe.defects[number].style.mix is not None:
        raise RecipeError(
            "the search mixes styles itself, and this defect's style is a mix",
            remedy="Search from a style that is not mixed.",
        )
    first = best_of(generator, recipe, number, seeds, background)
    near = []
    for seed in seeds:
        best = first[0].defect
        if seed != best.seed:
            style = replace(best.style, mix=StyleMix(seed, NEARBY))
            one = _with(recipe, number, replace(best, style=style))
            near += best_of(generator, one, number, [best.seed], background)
    return ranked([*first, *near])


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Best first; what is rejected comes last. Equal ones keep their order."""
    return sorted(candidates, key=lambda one: one.rank, reverse=True)


def _with(recipe: Recipe, number: int, defect: Defect) -> Recipe:
    defects = list(recipe.defects)
    defects[number] = defect
    return replace(recipe, defects=tuple(defects))
