"""Judging contents: how real, how well labeled, how well blended, how visible; and what fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, prod

import numpy as np

from defectstudio.domain.recipe import Defect, Recipe
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.contrast import Trial, try_on
from defectstudio.imaging.masks import Box, decode
from defectstudio.imaging.refinement import fit
from defectstudio.imaging.tone import surround, to_relative
from defectstudio.imaging.types import Image, Unit
from defectstudio.synthesis.generators.content import ContentGenerator, class_index
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.synthesis.record import look

AGREEMENT = 0.5
"""A label that shares less with the painted mask (IoU) is not what was painted."""
SEAM, SEAM_MOST = 2.0, 16.0
"""Steps across the outline up to so many times the background's own are good; or too many."""
VISIBLE = 3.0
"""A contrast of so many standard deviations of the noise is seen at once."""


class Reject(StrEnum):
    """Why a content is not used."""

    INVISIBLE = "no visible change"
    OFF_LABEL = "its label is not the painted shape"
    SEAM = "its edge shows"
    COPY = "it is a copy of a training content"
    STRANGER = "it is like no training content"


@dataclass(frozen=True)
class Score:
    """Each 0..1, 1 is best; realism None for generators that cannot tell.

    realism: against the class's training contents by the discriminator; agreement: IoU of the
    label and the painted mask; seam: edge steps against the background's own; contrast: against
    VISIBLE times the background's noise.
    """

    realism: float | None
    agreement: float
    seam: float
    contrast: float

    @property
    def total(self) -> float:
        """The geometric mean of what is known: what fails in one respect fails."""
        known = [self.agreement, self.seam, self.contrast]
        known += [] if self.realism is None else [self.realism]
        return float(prod(known) ** (1 / len(known)))


@dataclass(frozen=True)
class Candidate:
    """A content that was tried for a defect: its score, and why it is no use, if so."""

    defect: Defect
    content: PlacedContent
    score: Score
    reject: Reject | None

    @property
    def rank(self) -> tuple[bool, float]:
        """The larger the better; what is rejected comes last."""
        return self.reject is None, self.score.total


def nearness(
    generator: ContentGenerator, contents: Sequence[PlacedContent], background: Image
) -> list[float]:
    """How far each of the contents, all of one class, is from its nearest training content: below
    1 it is a near-copy (`Guard.nearness`). Infinite for a generator that knows none."""
    if not (isinstance(generator, Dcdganc) and generator.guard):
        return [inf] * len(contents)
    index = class_index(generator.card, contents[0].class_id)
    found: list[float] = generator.guard.near(index, contents, background).tolist()
    return found


def judge(
    generator: ContentGenerator,
    defect: Defect,
    content: PlacedContent,
    background: Image,
    recipe: Recipe,
    *,
    apart: float = inf,
) -> Candidate:
    """Blend the content alone as the recipe says, and judge it; apart: its `nearness`."""
    trial = try_on(background, content, recipe.blend, recipe.refine)
    realism, strange = None, None
    if isinstance(generator, Dcdganc) and content.raw_mask.any():
        realism, strange = _against_training(generator, content, background)
    agreement = _agreement(trial, generator, defect, content)
    score = Score(
        realism,
        agreement,
        min(1.0, SEAM / max(trial.seam, 1e-6)),
        min(1.0, trial.contrast / VISIBLE),
    )
    copy = Reject.COPY if apart < 1 else None
    return Candidate(defect, content, score, _seen(trial, agreement) or copy or strange)


def _seen(trial: Trial, agreement: float) -> Reject | None:
    if not trial.label.any():
        return Reject.INVISIBLE
    if agreement < AGREEMENT:
        return Reject.OFF_LABEL
    return Reject.SEAM if trial.seam > SEAM_MOST else None


def _agreement(
    trial: Trial, generator: ContentGenerator, defect: Defect, content: PlacedContent
) -> float:
    """IoU of the label and what was painted, which the content may exceed (RunConfig.dilate)."""
    mask, place = content.raw_mask, (content.top, content.left)
    if generator.fills_mask:
        mask, place = decode(defect.mask), (defect.top, defect.left)
    here = Box(*place, *mask.shape).moved(-trial.box.top, -trial.box.left)
    shown = here.clipped(trial.label.shape)
    painted = np.zeros_like(trial.label)
    painted[shown.slices] = mask[shown.moved(-here.top, -here.left).slices]
    return fit(trial.label, painted).iou


def _against_training(
    generator: Dcdganc, content: PlacedContent, background: Image
) -> tuple[float | None, Reject | None]:
    """Realism, and whether the content is a stranger; None for old weights. Where no training
    contents are known, its tone and texture tell a copy."""
    pixels, record = _in_tone(generator, content, background), generator.record
    found = generator.looks_real(content.class_id, pixels, content.raw_mask)
    if record is None or found is None:
        return None, None
    index = class_index(generator.card, content.class_id)
    distance = record.distance(index, look(pixels, content.raw_mask))
    low, high = record.band(index)
    strange = Reject.STRANGER if distance > high else None
    if distance < low and generator.guard is None:
        strange = Reject.COPY
    return record.realism(index, found), strange


def _in_tone(generator: Dcdganc, content: PlacedContent, background: Image) -> Unit:
    """The content's pixels as the generator makes them: its tone, its channels."""
    pixels = content.pixels
    if generator.card.config.tone == "relative":
        level = surround(background, content.raw_mask, (content.top, content.left))
        pixels = to_relative(pixels, level)
    return pixels[..., : generator.card.channels]  # grey content on colour is one grey thrice
