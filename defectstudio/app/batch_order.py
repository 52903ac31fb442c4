"""What a batch is to be, as its row keeps it until its turn comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from defectstudio.app.batch_plan import PlanLine
from defectstudio.domain.device import Device
from defectstudio.domain.recipe import BlendMode


@dataclass(frozen=True)
class BatchOrder:
    """`count` samples of the generator of that name; the same order makes the same bytes.

    item: default the generator's own. class_name: default all classes the generator knows and
    has shapes for, in turn. mask: a picture of the one painted shape every sample uses, of its
    background's size; without it shapes come from the item's labeled images. background: a
    picture, added to the project when new; default the item's normal images. Where the item is
    split, shapes and backgrounds are of the training split. region: a picture of where defects
    may fall; regions: they fall inside the regions painted on backgrounds that have one. plan:
    how many samples of which class on which backgrounds, in place of class_name and count.
    blend: default as the generator wants. overrides: fields of BlendSettings, GrainSettings,
    RefineSettings, PlacementSettings, StyleSettings and SpreadSettings, of which `polish` is by
    default as the generator wants. trial: make only so many of the samples, spread over the batch
    and the same as its own, and accept none; `batch_trial.read_trial` tells of them.
    """

    generator: str
    item: str | None = None
    class_name: str | None = None
    count: int = 1
    seed: int = 0
    mask: Path | None = None
    background: Path | None = None
    region: Path | None = None
    regions: bool = False
    plan: tuple[PlanLine, ...] = ()
    blend: BlendMode | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    device: Device = "cpu"
    trial: int = 0

    @classmethod
    def kept(cls, row: Mapping[str, Any]) -> BatchOrder:
        """The one that a row keeps, as JSON has it."""
        given = {one.name: row[one.name] for one in fields(cls) if one.name in row}
        for name in ("mask", "background", "region"):
            given[name] = Path(given[name]) if given.get(name) else None
        lines = given.get("plan", ())
        given["plan"] = tuple(
            PlanLine(**{**line, "backgrounds": tuple(line["backgrounds"])}) for line in lines
        )
        return cls(**given)

    def row(self) -> dict[str, Any]:
        """What a row is to keep."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def title(self, count: int, generator: str) -> str:
        """What its job is called."""
        return f"{'Dry run of ' if self.trial else ''}{count} with {generator}"
