"""Whole scenes with their labels, and a sample set of them as a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.procedural.defects import paint
from defectstudio.imaging.procedural.shapes import DEFECTS
from defectstudio.imaging.procedural.textures import develop, surface
from defectstudio.imaging.reading import write_png


@dataclass(frozen=True)
class Scene:
    """An image uint8 (H, W, 3) RGB, the same without its defect, and the bool (H, W) mask.

    Outside the mask image and clean are equal. defect is None for a normal scene.
    """

    image: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    texture: str
    defect: str | None


def scene(
    texture: str, defect: str | None, height: int, width: int, rng: np.random.Generator
) -> Scene:
    """A random scene of a texture of TEXTURES with a defect of DEFECTS, or none.

    height, width: 64 to 4096 pixels. The same state of `rng` makes the same bytes on one machine.
    Raises SettingError for an unknown texture or kind, or a size out of bounds.
    """
    ground = surface(texture, height, width, rng)
    clean = develop(ground.colour, ground.noise)
    if defect is None:
        return Scene(clean, clean, np.zeros((height, width), dtype=np.bool_), texture, None)
    colour, mask = paint(ground, texture, defect, rng)
    return Scene(develop(colour, ground.noise), clean, mask, texture, defect)


def defective(
    texture: str, kind: str, height: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Image uint8 (height, width, 3) RGB of a texture with one defect, and its bool mask.

    Raises SettingError as `scene` does.
    """
    made = scene(texture, kind, height, width, rng)
    return made.image, made.mask


def write_sample_set(
    folder: Path,
    texture: str,
    rng: np.random.Generator,
    *,
    height: int = 256,
    width: int = 256,
    per_class: int = 12,
    good: int = 30,
) -> int:
    """Write scenes of one texture as `<class>/{images,masks}/NNN.png` and `good/images/NNN.png`.

    Masks are 0 / 255. Existing files of these names are replaced. Returns the count of images.
    Raises SettingError as `scene` does, OSError when the folder cannot be written.
    """
    for number in range(good):
        made = scene(texture, None, height, width, rng)
        write_png(folder / "good" / "images" / f"{number:03}.png", made.image)
    for kind in DEFECTS:
        for number in range(per_class):
            made = scene(texture, kind, height, width, rng)
            write_png(folder / kind / "images" / f"{number:03}.png", made.image)
            write_png(folder / kind / "masks" / f"{number:03}.png", made.mask)
    return good + per_class * len(DEFECTS)
