"""Whatever the tools do, in any order, undo and redo give the same bytes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.tools.shapes import SHAPES
from defectstudio.app.tools.tool import Pointer

TOOLS = (
    "brush", "eraser", "line", "shape", "lasso", "polygon", "fill", "wand", "grabcut", "stamp",
)  # fmt: skip
point = st.tuples(st.floats(-20, 110), st.floats(-20, 140))
edits = st.fixed_dictionaries(
    {
        "tool": st.sampled_from(TOOLS),
        "points": st.lists(point, min_size=1, max_size=5),
        "class_id": st.integers(1, 3),
        "locked": st.sets(st.integers(1, 3), max_size=2),
        "erasing": st.booleans(),
        "brush": st.integers(1, 60),
        "hardness": st.sampled_from([0, 50, 100]),
        "shape": st.sampled_from(SHAPES),
        "straight": st.booleans(),
        "pressure": st.floats(0, 1),
        "ending": st.sampled_from(["end", "Enter", "cancel", "clear", "undo"]),
    }
)


class Witness:
    """Sees the plane after each step, and that it is the same when the step is reached again."""

    def __init__(self, desk):
        self._desk, self._history = desk, desk.studio.history
        self._planes = [desk.labels.copy()]
        self._known = False
        self._history.changed.connect(self._saw)

    def undo(self):
        self._known = True
        moved = self._history.undo()
        self._known = False
        return moved

    def redo(self):
        self._known = True
        moved = self._history.redo()
        self._known = False
        return moved

    def _saw(self):
        steps = len(self._history)
        if self._known:
            np.testing.assert_array_equal(self._desk.labels, self._planes[steps])
        else:
            self._planes[steps:] = [self._desk.labels.copy()]


def do(desk, witness, edit):
    """One edit; what is left pending is ended by whatever comes next."""
    studio, tool = desk.studio, desk.tools[f"tool.{edit['tool']}"]
    studio.choose_class(edit["class_id"])
    for class_id in (1, 2, 3):
        studio.lock_class(class_id, class_id in edit["locked"])
    if edit["erasing"]:
        studio.swap()
    studio.tools.resize(edit["brush"])
    studio.tools.harden(edit["hardness"])
    studio.tools.choose_shape(edit["shape"])
    if edit["ending"] == "cancel":
        studio.end_stroke()
    before = desk.labels.copy()
    pointers = [Pointer(*place, edit["straight"], edit["pressure"]) for place in edit["points"]]
    tool.start(pointers[0])
    for pointer in pointers[1:]:
        tool.move(pointer)
        if tool.takes_wheel and tool.pending:
            tool.turn(1.5, rotate=edit["straight"])
    if edit["ending"] == "cancel":
        tool.cancel()
        if edit["tool"] != "fill":
            np.testing.assert_array_equal(desk.labels, before)
        return
    tool.end()
    desk.later.catch_up()
    if edit["ending"] == "Enter" and tool.pending:
        tool.press("Enter")
    elif edit["ending"] == "clear":
        studio.clear()
    elif edit["ending"] == "undo":
        studio.end_stroke()
        witness.undo()


@settings(max_examples=60, deadline=None)
@given(edits=st.lists(edits, min_size=1, max_size=8))
def test_any_edits_undone_and_redone_restore_every_byte(desk_on, disc, edits):
    desk = desk_on(disc[1])
    witness = Witness(desk)
    for edit in edits:
        do(desk, witness, edit)
    desk.studio.end_stroke()
    while witness.undo():
        pass
    levels = desk.studio.document.plane.levels
    assert not any(level.any() for level in levels)
    while witness.redo():
        pass
    for level, again in zip(levels, LabelPlane(desk.labels).levels, strict=True):
        np.testing.assert_array_equal(level, again)
