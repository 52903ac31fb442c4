"""The main path: a recipe and its background become a labeled sample."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from defectstudio.domain.errors import RecipeError
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, Recipe, SampleManifest
from defectstudio.imaging.compose import Composite, PlacedContent, compose
from defectstudio.imaging.masks import Box, decode
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.tone import Level, from_relative, surround
from defectstudio.imaging.types import Image
from defectstudio.synthesis.generators.content import ContentGenerator

Generators = Mapping[str, ContentGenerator]
"""Loaded generators by the SHA-256 of their weights."""


def place_content(defect: Defect, background: Image, generators: Generators) -> PlacedContent:
    """The content of one defect at its place, in the tone of the surface there.

    Raises RecipeError for an unknown generator.
    """
    if defect.generator not in generators:
        raise RecipeError(
            f"the generator {defect.generator[:12]} is not at hand",
            remedy="Open the project that made the sample, or train the generator again.",
        )
    generator, mask = generators[defect.generator], decode(defect.mask)
    relative = generator.card.config.tone == "relative"
    place = defect.top, defect.left
    level = surround(background, mask, place) if relative else None
    surface = surface_under(background, Box(*place, *mask.shape), generator.card.channels, level)
    made = generator.generate(defect.class_id, defect.seed, mask, surface)
    pixels = made.pixels
    if level is not None:
        if not generator.fills_mask:
            level = surround(background, made.raw_mask, place)
        pixels = from_relative(pixels, _like(level, pixels.shape[2]))
    return PlacedContent(
        defect.class_id, pixels, made.raw_mask, defect.top, defect.left, defect.seed
    )


def _like(level: Level, channels: int) -> Level:
    """Grey content takes each channel's own level, colour content on grey repeats it."""
    return level if channels == 1 else np.broadcast_to(level, channels)


def render(recipe: Recipe, background: Image, generators: Generators) -> Composite:
    """Make the sample of `recipe` on `background` (H, W) or (H, W, 3), uint8 or uint16."""
    contents = [place_content(defect, background, generators) for defect in recipe.defects]
    return compose(background, contents, recipe.blend, recipe.grain, recipe.refine)


def write_sample(folder: Path, recipe: Recipe, sample: Composite) -> SampleManifest:
    """Write image.png, label.png, painted.png and recipe.json; the folder appears when whole."""
    manifest = SampleManifest(
        recipe,
        pixel_sha256(sample.image),
        pixel_sha256(sample.label),
        pixel_sha256(sample.painted),
        sample.fits,
    )
    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    write_png(beside / "image.png", sample.image)
    write_png(beside / "label.png", sample.label)
    write_png(beside / "painted.png", sample.painted)
    write_json(beside / "recipe.json", manifest)
    beside.rename(folder)
    return manifest
