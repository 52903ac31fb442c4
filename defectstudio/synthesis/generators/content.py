"""What a generator makes, and what a generator is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.recipe import Style
from defectstudio.imaging.types import Mask, Unit


@dataclass(frozen=True)
class Content:
    """What a generator made for one mask box: pixels float32 (h, w, C) in [0, 1] and its raw mask.

    pixels are in the tone of the generator's configuration, not yet on any surface;
    raw_mask bool (h, w) lies inside the painted mask.
    """

    pixels: Unit
    raw_mask: Mask


class ContentGenerator(Protocol):
    """Anything that fills a painted mask with defect content.

    fills_mask: the content fills exactly the painted mask; else its shape is the generator's own,
    the mask is only a window, and raw_mask, which says where content is, does not depend on the
    surface.
    """

    card: GeneratorCard
    fills_mask: bool

    def generate(self, class_id: int, seed: int, mask: Mask, surface: Unit) -> Content:
        """Content for `mask` (h, w); `seed` names the style. The same call, the same bytes.

        surface: float32 (h, w, C) in [0, 1], what lies under the mask's box and, where the
        configuration has a context, around it, in its tone. Raises CheckpointError for a class it
        does not know.
        """


@runtime_checkable
class StyledGenerator(ContentGenerator, Protocol):
    """A generator whose styles can be changed, and drawn several at a time."""

    def styled(
        self, class_id: int, seeds: Sequence[int], style: Style, mask: Mask
    ) -> list[Content]:
        """As `generate`, one content a seed with the style changed, in one call of the network.

        One seed alone gives the same bytes always; several may differ from it in their last bits.
        Raises RecipeError for a style that is not one of this generator.
        """


@runtime_checkable
class PolishingGenerator(ContentGenerator, Protocol):
    """A generator that can refine a single content at its place."""

    def polished(
        self, class_id: int, seed: int, mask: Mask, surface: Unit, iterations: int
    ) -> Content:
        """As `generate`, then refined so many times. Raises CheckpointError also where what it
        needs beside its weights is missing."""


def class_index(card: GeneratorCard, class_id: int) -> int:
    """The place of a class in the one-hot code. Raises CheckpointError when it is unknown."""
    ids = class_order(card)
    if class_id not in ids:
        raise CheckpointError(
            f"the generator does not know class {class_id}",
            remedy=f"It was trained on {', '.join(card.classes.values())}.",
        )
    return ids.index(class_id)


def class_order(card: GeneratorCard) -> list[int]:
    """The class ids in the order of the one-hot code: that of their constants."""
    return sorted(card.values, key=card.values.__getitem__)
