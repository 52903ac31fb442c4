"""Bounds of hyper-parameters, said once beside the field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


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
