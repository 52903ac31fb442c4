"""Outlines against the set of pixel edges counted one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from defectstudio.app.outlines import outlines


def edges_one_by_one(mask):
    """Independent reference: unit edges between a true pixel and its neighbour that is not."""
    found = set()
    for row, column in np.argwhere(mask).tolist():
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            r, c = row + down, column + right
            if not (0 <= r < mask.shape[0] and 0 <= c < mask.shape[1] and mask[r, c]):
                top, left = row + (down == 1), column + (right == 1)
                found.add((top, left, top, left + 1) if down else (top, left, top + 1, left))
    return found


def unit_edges(lines):
    found = set()
    for r, c, s, d in lines.astype(int).tolist():
        for step in range(max(s - r, d - c)):
            edge = (r, c + step, r, c + step + 1) if r == s else (r + step, c, r + step + 1, c)
            assert edge not in found
            found.add(edge)
    return found


@settings(max_examples=80, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 2))
)
def test_lines_are_the_edges_of_each_class(labels):
    found = outlines(labels)
    assert set(found) == set(np.unique(labels).tolist()) - {0}
    for class_id, lines in found.items():
        assert unit_edges(lines) == edges_one_by_one(labels == class_id)


def test_a_rectangle_has_four_lines():
    labels = np.zeros((50, 60), np.uint8)
    labels[10:40, 5:55] = 3
    assert sorted(outlines(labels)[3].tolist()) == [
        [10, 5, 10, 55], [10, 5, 40, 5], [10, 55, 40, 55], [40, 5, 40, 55]
    ]  # fmt: skip
