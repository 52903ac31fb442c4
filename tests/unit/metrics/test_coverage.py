from __future__ import annotations

from defectstudio.domain.auditing import Cell, Measured, Wanted
from defectstudio.metrics.coverage import cells, medians, plan

SMALL = Measured(1, 0.1, 0.5, 10, 1.0, 0.2)
MIDDLE = Measured(1, 0.5, 0.5, 20, 2.0, 0.5)
LARGE = Measured(1, 1.0, 1.0, 30, 3.0, 0.8)
REAL = [SMALL, MIDDLE, LARGE]


def test_medians_cut_the_real_defects():
    assert medians(REAL) == {"area": 20, "contrast": 2.0, "surround": 0.5}


def test_cells_count_real_and_made_defects():
    found = cells(REAL, [MIDDLE, MIDDLE, Measured(1, 0.9, 0.0, 99, 9.0, 0.9)])
    assert found == [
        Cell(1, 1, 0, 0, 0, 1, 0),
        Cell(1, 4, 0, 0, 0, 1, 2),
        Cell(1, 6, 1, 1, 1, 0, 1),
        Cell(1, 8, 1, 1, 1, 1, 0),
    ]
    assert [cell.is_hole for cell in found] == [True, False, False, True]
    assert [cell.synthetic for cell in cells([], [SMALL])] == [1]


def test_holes_are_planned_on_backgrounds_as_grey():
    found = cells(REAL, [MIDDLE])
    grounds = {"dark": 0.1, "grey": 0.5, "bright": 0.9}
    assert plan(found, REAL, {1: "crack"}, grounds, 3) == [
        Wanted("crack", 3, ("dark", "grey")),
        Wanted("crack", 3, ("bright",)),
    ]
    del grounds["bright"]  # then any will do
    assert plan(found, REAL, {1: "crack"}, grounds, 3) == [Wanted("crack", 6, ())]
    assert plan(found, REAL, {1: "crack"}, {}, 3) == [Wanted("crack", 6, ())]
    assert plan(cells(REAL, REAL), REAL, {1: "crack"}, grounds, 3) == []
