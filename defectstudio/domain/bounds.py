"""Bounds of hyper-parameters, said once beside the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from defectstudio.domain.errors import SettingError


@dataclass(frozen=True)
class Bounds:
    """Inclusive limits of a number, as `Annotated[float, Bounds(0, 1)]`.

    Forms read the attributes; pydantic, where it is used, reads the same object
    through its schema hook, so that the domain does not depend on pydantic.
    """

    ge: float
    le: float

    def __get_pydantic_core_schema__(
        self, source: Any, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """https://docs.pydantic.dev/latest/concepts/types/#customizing-validation-with-__get_pydantic_core_schema__"""
        number = int if source is int else float
        return {**handler(source), "ge": number(self.ge), "le": number(self.le)}


@dataclass(frozen=True)
class PixelsByClass:
    """Marks a text of whole pixels by class name within inclusive limits: `color:3,cut:1`."""

    ge: int
    le: int

    @property
    def wanted(self) -> str:
        """What the text may be, for a message."""
        return f"class:pixels,... with {self.ge} to {self.le} pixels, or nothing"

    def check(self, text: str) -> str:
        """The text. Raises ValueError when it is not what it should be."""
        for part in filter(None, text.split(",")):
            name, colon, pixels = part.rpartition(":")
            whole = pixels.strip().isdecimal()
            if not colon or not name.strip() or not whole or not self.ge <= int(pixels) <= self.le:
                raise ValueError(f"{part!r} is not {self.wanted}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """As that of Bounds."""
        after = {"type": "no-info", "function": self.check}
        return {"type": "function-after", "function": after, "schema": handler(source)}


def pixels_by_id(text: str, classes: Mapping[int, str]) -> dict[int, int]:
    """Class id -> pixels of a text that PixelsByClass allows; case does not matter.

    Raises SettingError for a class that is not among `classes` (id -> name).
    """
    ids = {name.strip().casefold(): class_id for class_id, name in classes.items()}
    pixels = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.rpartition(":")
        if name.strip().casefold() not in ids:
            raise SettingError(
                "there is no such class",
                subject=name.strip(),
                remedy=f"There are: {', '.join(classes.values())}.",
            )
        pixels[ids[name.strip().casefold()]] = int(number)
    return pixels
