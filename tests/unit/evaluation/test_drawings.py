"""Drawings are well-formed and stay within their frame."""

from xml.etree import ElementTree

import numpy as np
import pytest

from defectstudio.evaluation.drawings import curve, histogram, interval_plot
from defectstudio.metrics.intervals import interval


def _parsed(svg):
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.attrib.get(name, 0)) <= width
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.attrib.get(name, 0)) <= height
    return root


def _texts(root):
    return [element.text for element in root if element.tag.endswith("text")]


@pytest.mark.parametrize("values", [[], [0.0], [1.0] * 5, [0.5, 1.5, 300.0]])
def test_histograms(values):
    root = _parsed(histogram([("a <b>", values), ("c", [1.0, 2.0])], "distance", 1.0))
    assert "■ a <b>" in _texts(root)
    assert "distance" in _texts(root)


def test_bars_show_shares():
    root = _parsed(histogram([("a", [1.0, 1.0, 1.0, 2.0])], "d"))
    heights = [float(e.attrib["height"]) for e in root if e.tag.endswith("rect")]
    assert max(heights) == pytest.approx(3 * min(heights), abs=0.2)


@pytest.mark.parametrize("line", [None, 0.02])
def test_intervals(line):
    rng = np.random.default_rng(0)
    rows = [("one", interval([0.1, 0.2, -0.05], rng)), ("two", interval([0.4], rng))]
    root = _parsed(interval_plot(rows, "KID", line))
    assert {"one", "two", "KID"} <= set(_texts(root))
    assert sum(e.tag.endswith("circle") for e in root) == 4


def test_all_zero_intervals():
    _parsed(interval_plot([("zero", interval([0.0], np.random.default_rng(0)))], "KID"))


def test_a_curve_is_thinned_but_keeps_its_ends():
    x = np.linspace(0, 1, 65537)
    root = _parsed(curve((x, np.sqrt(x)), "false-positive rate", "recall"))
    (line,) = [one for one in root.iter() if one.tag.endswith("polyline")]
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert 50 < len(points) < 1200
    assert (points[-1][0] - points[0][0]) == pytest.approx(260)
    assert (points[0][1] - points[-1][1]) == pytest.approx(260)
