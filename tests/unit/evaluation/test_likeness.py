"""Made defects beside real ones: what is faint, in specks or elsewhere is told."""

import numpy as np
import pytest

from defectstudio.evaluation import likeness
from defectstudio.exchange.report import Table
from defectstudio.training.crops import labeled_scene


def scene(*boxes, level=50):
    """Squares of 10 px and of that level on a surface of level 100, of class 2."""
    label = np.zeros((100, 120), np.uint8)
    for top, left in boxes:
        label[top : top + 10, left : left + 10] = 2
    return labeled_scene(np.where(label > 0, level, 100).astype(np.uint8), label)


def test_figures_of_a_class():
    scenes = [scene((0, 40), (50, 50)), scene((30, 30))]
    own = likeness.likeness(scenes, 2)
    assert (own.images, own.pieces, own.area) == (2, 1.5, 100)
    assert own.strength == pytest.approx(0.5, abs=1e-6)
    assert own.at_border == pytest.approx(1 / 3)
    assert likeness.likeness(scenes, 1) is None


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (scene((40, 40)), []),
        (scene((40, 40), level=80), ["40% as strong"]),
        (scene((40, 40), (10, 10), (70, 70)), ["3.0 pieces an image, real ones in 1.0"]),
        (scene((0, 0), level=140), ["border in 100% of the cases, real ones in 0%"]),
    ],
)
def test_doubts_are_told(made, told):
    classes = {2: "hole", 3: "never shown"}
    real, own = (likeness.by_class([one], classes) for one in (scene((50, 60)), made))
    found = list(likeness.doubts("glue", real, own))
    assert len(found) == len(told)
    assert all(words in text for words, text in zip(told, found, strict=True))
    assert list(likeness.doubts("glue", {}, own)) == []


def test_the_table_has_a_row_a_class_and_maker():
    own = likeness.by_class([scene((50, 60))], {2: "hole"})
    _, table = likeness.blocks({"real": own, "glue": own, "none": {}}, "Here.")
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["hole, real", "hole, glue"]
