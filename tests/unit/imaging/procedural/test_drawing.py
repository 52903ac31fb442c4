import numpy as np
import pytest

from defectstudio.imaging.procedural.drawing import Stroke, cover_outlines, cover_strokes


def _line(start: tuple[float, float], end: tuple[float, float], width: float) -> Stroke:
    return Stroke(np.array([start, end]), np.array([width, width]))


def test_a_stroke_covers_its_length_times_its_width() -> None:
    cover = cover_strokes(60, 80, [_line((30, 10), (30, 69), 3)])
    assert cover.dtype == np.float32
    assert cover.shape == (60, 80)
    assert cover.min() >= 0 and cover.max() == 1
    # Per column exactly the width, within a fine pixel's quarter on each side.
    assert np.allclose(cover[:, 20:60].sum(axis=0), 3, atol=0.5)


@pytest.mark.parametrize("row", [20.0, 20.25, 20.5, 20.75])
def test_a_stroke_lies_where_its_points_say(row: float) -> None:
    cover = cover_strokes(41, 41, [_line((row, 5), (row, 35), 4)])
    column = cover[:, 20]
    centre = (column * np.arange(41)).sum() / column.sum()
    assert centre == pytest.approx(row, abs=0.2)


def test_a_square_covers_its_area() -> None:
    square = np.array([[10.0, 10.0], [10.0, 30.0], [25.0, 30.0], [25.0, 10.0]])
    cover = cover_outlines(40, 40, [square])
    assert cover.sum() == pytest.approx(15 * 20, rel=0.04)
    assert cover[18, 20] == 1
    assert cover[5, 5] == 0


def test_coverage_is_a_union_and_cut_at_the_border() -> None:
    one = _line((10, -20), (10, 60), 3)
    once, twice = cover_strokes(20, 30, [one]), cover_strokes(20, 30, [one, one])
    assert np.array_equal(once, twice)
    assert once[10].min() == 1


def test_nothing_drawn_is_nothing_covered() -> None:
    assert not cover_strokes(10, 10, []).any()
    assert not cover_outlines(10, 10, []).any()
    assert not cover_strokes(10, 10, [_line((5, 2), (5, 8), 0.05)]).any()


def test_moved_and_scaled() -> None:
    stroke = _line((1, 2), (3, 4), 2)
    assert np.array_equal(stroke.moved(1.0, -1.0).points, [[2, 1], [4, 3]])
    assert np.array_equal(stroke.moved(np.array([1.0, 2.0])).points, [[2, 2], [5, 4]])
    assert np.array_equal(stroke.scaled(1.5).widths, [3, 3])
