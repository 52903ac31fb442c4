"""A background and its defects become an image and its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import BlendSettings, GrainSettings, LabelFit, RefineSettings
from defectstudio.domain.records import MAX_CLASSES
from defectstudio.imaging import noise
from defectstudio.imaging.blending import blend_patch
from defectstudio.imaging.channels import LUMINANCE
from defectstudio.imaging.refinement import fit, refine
from defectstudio.imaging.types import Image, Label, Mask, Unit


@dataclass(frozen=True)
class PlacedContent:
    """One defect: content in [0, 1] (h, w) or (h, w, c), its raw mask, class and place.

    top, left: the first pixel's place in the background; it may hang over the border. seed: the
    defect's own, from the recipe; its grain is drawn from it.
    """

    class_id: int
    pixels: Unit
    raw_mask: Mask
    top: int
    left: int
    seed: int


@dataclass(frozen=True)
class Composite:
    """An image with its label (refined) and the raw masks as they were placed (painted).

    image: the background's shape and dtype; label, painted: uint8 (H, W) of class ids; fits: how
    far label and raw mask of each defect differ, in the order of the contents.
    """

    image: Image
    label: Label
    painted: Label
    fits: tuple[LabelFit, ...]


def compose(
    background: Image,
    contents: Sequence[PlacedContent],
    blend: BlendSettings,
    grain: GrainSettings,
    labeling: RefineSettings,
) -> Composite:
    """Blend the contents in order, label what can be seen of each, give it the surface's grain.

    background: uint8 or uint16, (H, W) or (H, W, 3); not changed. Colour content on a grey
    background becomes its luminance, grey content on colour is repeated. A later defect lies over
    the earlier ones: inside its raw mask only its own class is labeled, and only where the image
    differs visibly from the *background*. No label lies outside the raw masks. The noise that
    labels and grain go by is that of the background around each defect. Raises ImageError
    for a class id outside 1..254 and for contents that do not fit (see `blend_patch`). Apart
    from one copy of the background and two planes only the defects' boxes are touched.
    """
    canvas = _Canvas(background, blend, grain, labeling)
    fits = []
    for number, content in enumerate(contents):
        if not 1 <= content.class_id <= MAX_CLASSES:
            raise ImageError(
                f"{content.class_id} is no class id", remedy=f"Class ids are 1 to {MAX_CLASSES}."
            )
        fits.append(canvas.lay(content, np.random.default_rng([content.seed, number])))
    return Composite(canvas.image, canvas.label, canvas.painted, tuple(fits))


class _Canvas:
    """The image and its planes, one defect after the other."""

    def __init__(
        self,
        background: Image,
        blend: BlendSettings,
        grain: GrainSettings,
        labeling: RefineSettings,
    ) -> None:
        self.background = background
        self.blend, self.grain, self.labeling = blend, grain, labeling
        self.image = background.copy()
        self.label: Label = np.zeros(background.shape[:2], dtype=np.uint8)
        self.painted = np.zeros_like(self.label)

    def lay(self, content: PlacedContent, rng: np.random.Generator) -> LabelFit:
        """Put a defect over those that are there."""
        patch, box = blend_patch(
            self.image,
            _like(content.pixels, self.background),
            content.raw_mask,
            (content.top, content.left),
            mode=self.blend.mode,
            ramp_px=self.blend.ramp_px,
            retention_px=self.blend.retention_px,
        )
        raw = content.raw_mask[box.moved(-content.top, -content.left).slices]
        if not raw.any():
            return fit(raw, raw)
        surface, here = noise.measure(self.background, box), box.slices
        visible = raw & refine(self.background[here], patch, raw, self.labeling, surface.sigma)
        if self.grain.strength > 0:
            strength = self.grain.strength
            patch = noise.add_grain(surface, self.image[here], patch, raw, rng, strength=strength)
        self.image[here] = patch
        self.label[here][raw] = 0
        self.label[here][visible] = content.class_id
        self.painted[here][raw] = content.class_id
        return fit(visible, raw)


def _like(pixels: Unit, background: Image) -> Unit:
    """The content with as many channels as the background."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if background.ndim == 2 and pixels.ndim == 3:
        grey: Unit = (pixels * np.array(LUMINANCE, np.float32)).sum(axis=2, dtype=np.float32)
        return grey
    if background.ndim == 3 and pixels.ndim == 2:
        return np.repeat(pixels[..., None], background.shape[2], axis=2)
    return pixels
