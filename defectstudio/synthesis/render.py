"""The main path: a recipe and its background become a labeled sample."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from defectstudio.domain.bounds import pixels_by_id
from defectstudio.domain.errors import RecipeError
from defectstudio.domain.files import sha256_bytes, sync, to_json
from defectstudio.domain.recipe import Defect, Recipe, SampleManifest, Style
from defectstudio.imaging.compose import Composite, PlacedContent, compose
from defectstudio.imaging.contrast import strengthened
from defectstudio.imaging.masks import Box, decode, dilate
from defectstudio.imaging.reading import pixel_sha256, png_bytes
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.tone import Level, from_relative, surround
from defectstudio.imaging.types import Image, Mask, Unit
from defectstudio.synthesis.generators.content import (
    Content,
    ContentGenerator,
    PolishingGenerator,
    StyledGenerator,
)

Generators = Mapping[str, ContentGenerator]
"""Loaded generators by the SHA-256 of their weights."""


def place_content(defect: Defect, background: Image, generators: Generators) -> PlacedContent:
    """The content of one defect at its place, in the tone of the surface there.

    Its contrast is the generator's own, whatever the defect wants (`place_contents` follows it).
    Raises RecipeError for an unknown generator and for a style that it cannot draw.
    """
    return place_gallery(defect, [defect.seed], background, generators)[0]


def place_gallery(
    defect: Defect, seeds: Sequence[int], background: Image, generators: Generators
) -> list[PlacedContent]:
    """As `place_content`, one content a seed, in one call of the network where it can.

    A gallery is for looking and choosing: several contents at once may differ from single ones in
    their last bits, so what is kept is made again alone.
    """
    if defect.generator not in generators:
        raise RecipeError(
            f"the generator {defect.generator[:12]} is not at hand",
            remedy="Open the project that made the sample, or train the generator again.",
        )
    generator = generators[defect.generator]
    relative = generator.card.config.tone == "relative"
    mask, place = _as_trained(generator, defect)
    level = surround(background, mask, place) if relative else None
    rows, columns = generator.card.config.context(*mask.shape)
    size = mask.shape[0] + 2 * rows, mask.shape[1] + 2 * columns
    box = Box(place[0] - rows, place[1] - columns, *size)
    surface = surface_under(background, box, generator.card.channels, level)
    placed = []
    for seed, made in zip(
        seeds, make_contents(generator, defect, seeds, mask, surface), strict=True
    ):
        pixels = made.pixels
        if level is not None:
            own = level if generator.fills_mask else surround(background, made.raw_mask, place)
            pixels = from_relative(pixels, _like(own, pixels.shape[2]))
        placed.append(PlacedContent(defect.class_id, pixels, made.raw_mask, *place, seed))
    return placed


def _as_trained(generator: ContentGenerator, defect: Defect) -> tuple[Mask, tuple[int, int]]:
    """The painted mask, widened as the masks that its class was trained on, and where it lies."""
    mask, place = decode(defect.mask), (defect.top, defect.left)
    card = generator.card
    px = pixels_by_id(card.config.dilate, card.classes).get(defect.class_id, 0)
    if not px or not generator.fills_mask:
        return mask, place
    return dilate(np.pad(mask, px), px), (place[0] - px, place[1] - px)


def place_contents(
    recipe: Recipe, background: Image, generators: Generators
) -> list[PlacedContent]:
    """The contents of a recipe in order, each at its place and of the contrast it wants."""
    return [
        with_contrast(place_content(defect, background, generators), defect, recipe, background)
        for defect in recipe.defects
    ]


def with_contrast(
    content: PlacedContent, defect: Defect, recipe: Recipe, background: Image
) -> PlacedContent:
    """The content of the contrast its defect wants; where it wants none, as it is."""
    if not defect.contrast:
        return content
    return strengthened(background, content, defect.contrast, recipe.blend, recipe.refine)


def make_contents(
    generator: ContentGenerator, defect: Defect, seeds: Sequence[int], mask: Mask, surface: Unit
) -> list[Content]:
    """What the generator makes of the defect's style, one content a seed, for a mask (h, w).

    surface: as in `ContentGenerator.generate`. Raises RecipeError for a style it cannot draw.
    """
    if defect.polish:
        if not isinstance(generator, PolishingGenerator):
            raise RecipeError(
                "this kind of generator cannot refine a content at its place",
                subject=generator.card.kind,
                remedy="Set polish to 0, or use a generator of kind dst.",
            )
        return [
            generator.polished(defect.class_id, seed, mask, surface, defect.polish)
            for seed in seeds
        ]
    plain = defect.style == Style()
    if isinstance(generator, StyledGenerator) and (len(seeds) > 1 or not plain):
        return generator.styled(defect.class_id, seeds, defect.style, mask)
    if not plain:
        raise RecipeError(
            "this kind of generator has no styles that can be mixed or truncated",
            subject=generator.card.kind,
            remedy="Use a seed alone, or a generator of kind dcdganc.",
        )
    return [generator.generate(defect.class_id, seed, mask, surface) for seed in seeds]


def _like(level: Level, channels: int) -> Level:
    """Grey content takes each channel's own level, colour content on grey repeats it."""
    return level if channels == 1 else np.broadcast_to(level, channels)


def render(recipe: Recipe, background: Image, generators: Generators) -> Composite:
    """Make the sample of `recipe` on `background` (H, W) or (H, W, 3), uint8 or uint16."""
    contents = place_contents(recipe, background, generators)
    return compose(background, contents, recipe.blend, recipe.grain, recipe.refine)


def recipe_sha256(recipe: Recipe) -> str:
    """What a recipe is named by: the SHA-256 of its canonical JSON."""
    return sha256_bytes(to_json(recipe).encode("utf-8"))


def sample_files(recipe: Recipe, sample: Composite) -> dict[str, bytes]:
    """image.png, label.png, painted.png and recipe.json, which holds the manifest."""
    manifest = SampleManifest(
        recipe,
        pixel_sha256(sample.image),
        pixel_sha256(sample.label),
        pixel_sha256(sample.painted),
        sample.fits,
    )
    return {
        "image.png": png_bytes(sample.image),
        "label.png": png_bytes(sample.label),
        "painted.png": png_bytes(sample.painted),
        "recipe.json": (to_json(manifest) + "\n").encode("utf-8"),
    }


def write_sample(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a sample; the folder appears when whole, in place of a torn one."""
    beside = folder.with_name(f".{folder.name}.part")
    for old in (beside, folder):
        shutil.rmtree(old, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, data in files.items():
        (beside / name).write_bytes(data)
    beside.rename(folder)


def keep_sample(folder: Path, recipe: Recipe, sample: Composite) -> None:
    """Write a sample so that it survives the loss of power."""
    files = sample_files(recipe, sample)
    write_sample(folder, files)
    for name in files:
        sync(folder / name)
