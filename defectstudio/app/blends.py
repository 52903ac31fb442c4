"""One recipe blended in every way, and where two pictures differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.app.palette import class_colour
from defectstudio.app.recipes import recipe_box
from defectstudio.domain.recipe import BlendMode, Recipe
from defectstudio.imaging.compose import Composite, PlacedContent, compose
from defectstudio.imaging.masks import Box
from defectstudio.imaging.noise import MARGIN
from defectstudio.imaging.types import FULL_RANGE, Image, Label, planes

Layer = Literal["background", "painted", "alpha", "poisson", "improved"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

_VEIL = 0.6
"""How much of a class's colour a painted pixel gets."""


@dataclass(frozen=True)
class Blends:
    """The pictures of a part of a background, by layer: native depth, all of one height and width.

    "painted" is in colour on grey backgrounds too.
    """

    box: Box
    pictures: dict[Layer, Image]


@dataclass(frozen=True)
class HeatMap:
    """Where two pictures differ: uint8 RGB in cividis, from none to `most` of the full range."""

    pixels: NDArray[np.uint8]
    most: float


def blended_each_way(
    background: Image, contents: Sequence[PlacedContent], recipe: Recipe
) -> Blends:
    """The recipe around its defects, blended in every mode; the mode of its own is as previewed.

    background: the whole of it, uint8 or uint16; only the part is read. Raises ImageError as
    `compose`.
    """
    box = _around(recipe, background)
    part = background[box.slices]
    here = [replace(one, top=one.top - box.top, left=one.left - box.left) for one in contents]

    def blended(mode: BlendMode) -> Composite:
        blend = replace(recipe.blend, mode=mode)
        return compose(part, here, blend, recipe.grain, recipe.refine)

    made = {mode: blended(mode) for mode in get_args(BlendMode)}
    pictures: dict[Layer, Image] = {
        "background": part.copy(),
        "painted": _painted(part, made["alpha"].painted),
    }
    return Blends(box, pictures | {mode: one.image for mode, one in made.items()})


def difference(first: Image, second: Image) -> HeatMap:
    """The largest difference of any channel; the most there is gets the brightest colour.

    Both of one dtype, height and width; grey is compared with every channel.
    """
    apart = np.abs(planes(first).astype(np.int32) - planes(second)).max(axis=2)
    most = int(apart.max())
    scaled = np.rint(apart * (255 / max(1, most))).astype(np.uint8)
    coloured = cv2.applyColorMap(scaled, cv2.COLORMAP_CIVIDIS)
    pixels = np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    return HeatMap(pixels, most / FULL_RANGE[first.dtype])


def _around(recipe: Recipe, background: Image) -> Box:
    """The defects with air around them, and at least what their noise is measured on."""
    box = recipe_box(recipe, (background.shape[0], background.shape[1]))
    return box.grown(max(MARGIN, max(box.shape) // 4)).clipped(background.shape)


def _painted(part: Image, painted: Label) -> Image:
    """The painted classes in their colours over the background."""
    made = planes(part).repeat(3 if part.ndim == 2 else 1, axis=2).astype(np.float32)
    full = FULL_RANGE[part.dtype]
    for class_id in np.unique(painted[painted > 0]).tolist():
        colour = np.array(class_colour(class_id), np.float32) * (full / 255)
        mask = painted == class_id
        made[mask] += _VEIL * (colour - made[mask])
    levels = np.rint(made)
    return levels.astype(np.uint8) if part.dtype == np.uint8 else levels.astype(np.uint16)
