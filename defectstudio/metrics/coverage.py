"""Which defects there are, real and made: by class, position, size, contrast and surround."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.auditing import Cell, Measured, Wanted

THIRDS = 3
Edges = NDArray[np.float64]
Key = tuple[int, int, int, int, int]


def cells(real: Sequence[Measured], made: Sequence[Measured]) -> list[Cell]:
    """The cells that hold a defect, in order.

    Size, contrast and surround are cut at the thirds of the real defects of a class; of a class
    without real ones, of the made ones.
    """
    found: list[Cell] = []
    for class_id in sorted({one.class_id for one in [*real, *made]}):
        own = [one for one in real if one.class_id == class_id]
        others = [one for one in made if one.class_id == class_id]
        edges = thirds(own or others)
        counts = [Counter(key(one, edges) for one in some) for some in (own, others)]
        for place in sorted({*counts[0], *counts[1]}):
            found.append(Cell(*place, counts[0][place], counts[1][place]))
    return found


def thirds(defects: Sequence[Measured]) -> Mapping[str, Edges]:
    """By axis the two values that at least one and two thirds of the defects do not exceed."""
    return {
        name: np.quantile([getattr(one, name) for one in defects], [1 / 3, 2 / 3])
        for name in ("area", "contrast", "surround")
    }


def key(one: Measured, edges: Mapping[str, Edges]) -> Key:
    """Class, position, size, contrast and surround of a defect, as in a cell."""
    row, column = (min(int(part * THIRDS), THIRDS - 1) for part in (one.row, one.column))
    return (
        one.class_id,
        row * THIRDS + column,
        level(one.area, edges["area"]),
        level(one.contrast, edges["contrast"]),
        level(one.surround, edges["surround"]),
    )


def level(value: float, edges: Edges) -> int:
    """0, 1 or 2: how many of the edges lie below a value."""
    return int(np.searchsorted(edges, value, side="left"))


def plan(
    found: Sequence[Cell],
    real: Sequence[Measured],
    classes: Mapping[int, str],
    grounds: Mapping[str, float],
    each: int,
) -> list[Wanted]:
    """What to make for the holes: `each` a hole, on backgrounds as grey as the surround wanted.

    grounds: the mean grey of the backgrounds, 0..1, by name. Where none is as grey, any will do.
    A plan can ask for a class on backgrounds, not for a position, size or contrast: these come
    as they are drawn, so that some holes stay.
    """
    holes: Counter[tuple[int, int]] = Counter()
    for cell in found:
        if cell.is_hole:
            holes[cell.class_id, cell.surround] += 1
    by_class: dict[int, list[Measured]] = defaultdict(list)
    for one in real:
        by_class[one.class_id].append(one)
    lines: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for (class_id, surround), count in sorted(holes.items()):
        edges = thirds(by_class[class_id])["surround"]
        names = tuple(name for name, grey in grounds.items() if level(grey, edges) == surround)
        lines[class_id, () if len(names) == len(grounds) else names] += count * each
    return [Wanted(classes[class_id], count, names) for (class_id, names), count in lines.items()]
