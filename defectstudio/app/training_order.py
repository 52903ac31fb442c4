"""What a training is to be, as its row keeps it until its turn comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from defectstudio.domain.device import Device
from defectstudio.domain.generators import Kind

T = TypeVar("T")


@dataclass(frozen=True)
class SegmenterOrder:
    """A segmenter named `name`, of an item: default the only one.

    overrides: fields of SegmenterConfig, as text or values; `synthetic_share` 0 leaves the samples
    out; and `processes`, which train together.
    """

    name: str
    item: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    device: Device = "auto"


@dataclass(frozen=True)
class GeneratorOrder:
    """A generator named `name`, of an item: default the only one.

    kind: default "dcdganc", or that of the run that goes on. references: names or files of the
    only images to learn from, for the kinds that learn from references; default all labeled ones.
    overrides: fields of its configuration, as text or values, and `processes`, which train
    together.
    """

    name: str
    kind: Kind | None = None
    item: str | None = None
    references: Sequence[str] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    device: Device = "auto"


def row_of(order: SegmenterOrder | GeneratorOrder) -> dict[str, Any]:
    """What a row is to keep."""
    return {one.name: getattr(order, one.name) for one in fields(order)}


def kept(order: type[T], row: Mapping[str, Any]) -> T:
    """The order of this kind that a row keeps, as JSON has it."""
    return order(**{one.name: row[one.name] for one in fields(order) if one.name in row})  # type: ignore[arg-type]
