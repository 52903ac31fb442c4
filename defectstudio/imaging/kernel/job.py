"""One blend as the compiled core and the fallback both take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from defectstudio.domain.recipe import BlendSettings
from defectstudio.imaging.types import FULL_RANGE, Mask

Sides = tuple[int, int, int, int]


@dataclass(frozen=True)
class Job:
    """background, content: (h, w, c), c 1..4, in the mask's box; mask bool (h, w), not empty.

    out: (h, w, c), holds the background and takes the result; its pixels outside the mask are
    never written. sides: top, bottom, left, right, 1 where the background goes on beyond the box,
    0 at the image's border.
    """

    background: NDArray[Any]
    content: NDArray[Any]
    mask: Mask
    out: NDArray[Any]
    sides: Sides
    settings: BlendSettings

    @property
    def full(self) -> float:
        """The background's full range in grey levels."""
        return FULL_RANGE[self.background.dtype]

    @property
    def scale(self) -> float:
        """Brings the content to the background's grey levels."""
        return 1.0 if self.content.dtype == self.background.dtype else self.full

    @property
    def tolerance(self) -> float:
        """Of the solver's estimated error: 0.2 grey levels of 255."""
        return 0.2 * self.full / 255
