"""Small drawings for reports, as SVG text: histograms, curves, and figures with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from defectstudio.metrics.intervals import Interval

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 200, 40, 28
_COLOURS = ("#4477aa", "#bbbbbb", "#cc6677", "#117733")
_ROW, _NAMES, _SIDE, _TOP = 22, 190, 260, 22


def histogram(
    series: Sequence[tuple[str, Sequence[float]]], axis: str, line: float | None = None
) -> str:
    """Shares of each named series over common bins, one behind the other; `line` is marked."""
    values = [value for _, own in series for value in own] or [0.0]
    most = max(float(np.percentile(values, 99)), line or 0.0) * 1.05 or 1.0
    edges = np.linspace(0, most, 41)
    bars, legend, high = [], [], 0.0
    shares = [np.histogram(np.minimum(own, most), edges)[0] / max(1, len(own)) for _, own in series]
    high = max((float(share.max()) for share in shares), default=0.0) or 1.0
    for n, ((name, _), share) in enumerate(zip(series, shares, strict=True)):
        colour = _COLOURS[n % len(_COLOURS)]
        for left, right, part in zip(edges, edges[1:], share, strict=False):
            if part:
                x, width = _x(left / most), _x(right / most) - _x(left / most)
                height = part / high * (_HEIGHT - _BOTTOM - 20)
                bars.append(
                    f'<rect x="{x:.1f}" y="{_HEIGHT - _BOTTOM - height:.1f}" width="{width:.1f}"'
                    f' height="{height:.1f}" fill="{colour}" fill-opacity="0.55"/>'
                )
        legend.append(_text(_LEFT + 200 * n, 14, f"■ {name}", fill=colour))
    ticks = [_tick(_x(part), _HEIGHT - 12, part * most) for part in (0, 0.25, 0.5, 0.75, 1)]
    marked = "" if line is None else _line(_x(line / most))
    label = _text(_WIDTH / 2, _HEIGHT, axis)
    return _svg(_HEIGHT + 4, [*bars, marked, *legend, *ticks, label])


def interval_plot(
    rows: Sequence[tuple[str, Interval]], axis: str, line: float | None = None
) -> str:
    """A row for each name: a dot for every value, a bar from least to most, a tick at the mean."""
    values = [value for _, own in rows for value in own.values] + ([line] if line else [])
    low, high = min(0.0, *values, 0.0), max(*values, 1e-9)
    marks = []
    height = _ROW * len(rows) + 40

    def x(value: float) -> float:
        return _NAMES + (value - low) / (high - low) * (_WIDTH - _NAMES - 20)

    for n, (name, own) in enumerate(rows):
        y = 12 + _ROW * n
        marks.append(_text(4, y + 4, name))
        marks.append(
            f'<line x1="{x(own.least):.1f}" x2="{x(own.most):.1f}" y1="{y}" y2="{y}"'
            f' stroke="{_COLOURS[0]}" stroke-width="3"/>'
        )
        marks += [f'<circle cx="{x(v):.1f}" cy="{y}" r="3.5" fill="{_COLOURS[0]}"/>'
                  for v in own.values]  # fmt: skip
        marks.append(
            f'<line x1="{x(own.mean):.1f}" x2="{x(own.mean):.1f}" y1="{y - 7}" y2="{y + 7}"'
            ' stroke="#222"/>'
        )
    ticks = [_tick(x(v), height - 16, v) for v in np.linspace(low, high, 5).tolist()]
    if line is not None:
        marks.append(
            f'<line x1="{x(line):.1f}" x2="{x(line):.1f}" y1="0" y2="{height - 30}"'
            ' stroke="#cc6677" stroke-dasharray="4 3"/>'
        )
    return _svg(height, [*marks, *ticks, _text(_WIDTH / 2, height - 2, axis)])


def curve(points: tuple[NDArray[np.float64], NDArray[np.float64]], across: str, up: str) -> str:
    """A curve in the unit square, thinned to what can be seen."""
    x, y = points
    # A point for every pixel that it crosses, across or up.
    moved = np.flatnonzero(np.diff(np.round(x * _SIDE)) + np.diff(np.round(y * _SIDE)))
    kept = np.unique(np.concatenate([[0], moved, moved + 1, [len(x) - 1]]))
    path = " ".join(
        f"{_LEFT + a * _SIDE:.1f},{_TOP + (1 - b) * _SIDE:.1f}"
        for a, b in zip(x[kept].tolist(), y[kept].tolist(), strict=True)
    )
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none"'
        ' stroke="#bbb"/>',
        f'<polyline points="{path}" fill="none" stroke="{_COLOURS[0]}" stroke-width="2"/>',
        *(_text(_LEFT + v * _SIDE - 8, _TOP + _SIDE + 16, f"{v:g}") for v in (0, 0.5, 1)),
        *(_text(8, _TOP + 4 + (1 - v) * _SIDE, f"{v:g}") for v in (0, 0.5, 1)),
        _text(_LEFT + _SIDE / 3, _TOP + _SIDE + 32, across),
        _text(_LEFT, 14, up),
    ]
    return _svg(_TOP + _SIDE + 38, parts)


def _svg(height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="11">'
        + "".join(parts)
        + "</svg>"
    )


def _x(part: float) -> float:
    return _LEFT + part * (_WIDTH - _LEFT - 20)


def _line(x: float) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{_HEIGHT - _BOTTOM}"'
        ' stroke="#222" stroke-dasharray="4 3"/>'
    )


def _text(x: float, y: float, text: str, fill: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}">{escape(text)}</text>'


def _tick(x: float, y: float, value: float) -> str:
    """A figure below its place on an axis."""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#333" text-anchor="middle">{value:.3g}</text>'
