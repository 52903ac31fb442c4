"""Shapes of defects: paths and outlines inside a box, and the masks they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.drawing import Stroke, cover_outlines, cover_strokes
from defectstudio.imaging.procedural.noise import Field

DEFECTS = ("scratch", "crack", "hole", "stain", "thread")
MIN_BOX = 4
MAX_BOX = 4096

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Outline:
    """A defect's geometry in its box: strokes for line-like kinds, else filled polygons."""

    strokes: tuple[Stroke, ...] = ()
    polygons: tuple[Points, ...] = ()

    def moved(self, rows: float, columns: float) -> Outline:
        """The same geometry with the box's origin at (rows, columns)."""
        shift = np.array([rows, columns])
        return Outline(
            tuple(s.moved(rows, columns) for s in self.strokes),
            tuple(p + shift for p in self.polygons),
        )

    def coverage(self, height: int, width: int) -> Field:
        """Antialiased coverage float32 (height, width) in [0, 1]."""
        drawn = cover_strokes(height, width, self.strokes)
        return np.maximum(drawn, cover_outlines(height, width, self.polygons))


def outline(kind: str, height: int, width: int, rng: np.random.Generator) -> Outline:
    """Random geometry of a kind of DEFECTS that about fills a box of height x width pixels.

    Line widths are pixels of a usual camera (1 to 4), whatever the box.
    Raises SettingError for an unknown kind or a box outside 4 to 4096 pixels.
    """
    if kind not in _KINDS:
        raise SettingError(
            "the kind of defect is unknown",
            subject=kind,
            remedy=f"Use one of {', '.join(DEFECTS)}.",
        )
    if not (MIN_BOX <= height <= MAX_BOX and MIN_BOX <= width <= MAX_BOX):
        raise SettingError(
            "the box of the shape is out of bounds",
            subject=f"{height} x {width}",
            remedy=f"Use {MIN_BOX} to {MAX_BOX} pixels a side.",
        )
    return _KINDS[kind](height, width, rng)


def shape(kind: str, height: int, width: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask of a kind of DEFECTS about filling its box: bool (height, width), never empty.

    A pixel belongs to the mask when the shape covers at least a third of it.
    Raises SettingError as `outline` does.
    """
    drawn = outline(kind, height, width, rng).coverage(height, width)
    return np.asarray(drawn >= min(1 / 3, float(drawn.max())), dtype=np.bool_)


def _scratch(height: int, width: int, rng: np.random.Generator) -> Outline:
    """One to three slightly bowed lines, pointed at their ends, the pressure wavering."""
    main = _line(rng, 48, bow=rng.normal(0, 0.05))
    across = _across(height, width)
    strokes = [Stroke(_fit(main, height, width, rng), _pressure(rng, 48, rng.uniform(1.8, 3.4)))]
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        start, end = np.sort(rng.uniform(0, 1, 2))
        if end - start < 0.2:
            continue
        part = strokes[0].points[int(start * 47) : int(end * 47) + 1]
        aside = part + across * rng.normal(0, 0.04) * min(height, width) + rng.normal(0, 1.2, 2)
        strokes.append(Stroke(aside, _pressure(rng, len(part), rng.uniform(0.9, 1.6))))
    return Outline(strokes=_bounded(strokes, height, width))


def _crack(height: int, width: int, rng: np.random.Generator) -> Outline:
    """A jagged walk of irregular width that narrows to its ends and throws branches."""
    count = 64
    trunk = _fit(_line(rng, count, bow=rng.normal(0, 0.06), jag=0.055), height, width, rng)
    strokes = [Stroke(trunk, _ragged(rng, count, rng.uniform(1.8, 3.2)))]
    reach = float(np.hypot(height, width))
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(count // 8, count - count // 8))
        heading = trunk[min(at + 3, count - 1)] - trunk[at - 3]
        side = rng.choice([-1, 1]) * rng.uniform(0.35, 1.0)
        turned = _rotated(heading / (np.linalg.norm(heading) + 1e-9), side)
        length = reach * rng.uniform(0.08, 0.24)
        steps = max(6, int(length / 2.5))
        walk = _line(rng, steps, bow=rng.normal(0, 0.1), jag=0.09)
        branch = trunk[at] + length * (
            walk[:, :1] * turned + walk[:, 1:] * np.array([-turned[1], turned[0]])
        )
        taper = np.linspace(1, 0.25, steps)
        wide = strokes[0].widths[at] * 0.75
        strokes.append(Stroke(branch, wide * taper * rng.uniform(0.7, 1.2, steps)))
    return Outline(strokes=_bounded(strokes, height, width))


def _hole(height: int, width: int, rng: np.random.Generator) -> Outline:
    """A closed rim near an ellipse, with a few harmonics and fine raggedness."""
    return Outline(polygons=(_blob(height, width, rng, coarse=0.07, fine=0.012),))


def _stain(height: int, width: int, rng: np.random.Generator) -> Outline:
    """A spill with lobes, and droplets beside it."""
    main = _blob(height, width, rng, coarse=0.22, fine=0.012)
    drops = [main]
    for _ in range(int(rng.choice([0, 0, 1, 2, 3]))):
        size = rng.uniform(0.04, 0.11) * min(height, width)
        if size < 2:
            continue
        centre = rng.uniform(size, [height - 1 - size, width - 1 - size])
        drops.append(centre + _circle(rng, size, 24))
    return Outline(polygons=tuple(drops))


def _thread(height: int, width: int, rng: np.random.Generator) -> Outline:
    """A fibre of even width whose direction turns smoothly: waves, hooks, sometimes a loop."""
    count = 90
    t = np.linspace(0, 1, count)
    heading = np.zeros(count)
    for wave in range(1, 4):
        heading += rng.normal(0, 1.5 / wave) * np.sin(2 * np.pi * (wave * 0.55 * t + rng.random()))
    curl = rng.normal(0, 1.0)
    angle = heading + curl * t * t * 2
    path = np.cumsum(np.stack([np.sin(angle), np.cos(angle)], axis=1), axis=0)
    wide = rng.uniform(1.5, 2.6) * (1 + 0.10 * np.sin(2 * np.pi * (5 * t + rng.random())))
    wide[:2] *= 0.7
    wide[-2:] *= 0.7
    return Outline(strokes=_bounded([Stroke(path, wide)], height, width))


def _line(rng: np.random.Generator, count: int, *, bow: float, jag: float = 0.0) -> Points:
    """A path from (0, 0) to (1, 0) as (along, aside): an arc plus a pinned random walk."""
    t = np.linspace(0, 1, count)
    aside = 4 * bow * t * (1 - t)
    if jag > 0:
        walk = np.cumsum(rng.standard_normal(count)) / np.sqrt(count)
        walk -= np.linspace(walk[0], walk[-1], count)
        teeth = np.repeat(rng.standard_normal(count // 2 + 1), 2)[:count]
        aside = aside + jag * (1.6 * walk + 0.18 * teeth * np.sin(np.pi * t))
    return np.stack([t, aside], axis=1)


def _fit(line: Points, height: int, width: int, rng: np.random.Generator) -> Points:
    """A `_line` laid along the box's diagonal (either one), aside in units of its length."""
    down = 1.0 if rng.random() < 0.5 else -1.0
    size = np.array([height - 1.0, width - 1.0])
    start, end = np.array([0.0, 0.0]), size.copy()
    if down < 0:
        start[0], end[0] = size[0], 0.0
    heading = end - start
    normal = np.array([-heading[1], heading[0]])
    points = start + line[:, :1] * heading + line[:, 1:] * normal
    return np.asarray(points, dtype=np.float64)


def _across(height: int, width: int) -> Points:
    """Unit vector along the shorter side of the box."""
    return np.array([1.0, 0.0]) if height <= width else np.array([0.0, 1.0])


def _pressure(rng: np.random.Generator, count: int, wide: float) -> Points:
    t = np.linspace(0, 1, count)
    taper = np.clip(np.minimum(t / rng.uniform(0.1, 0.4), (1 - t) / rng.uniform(0.05, 0.25)), 0, 1)
    waver = 1 + 0.18 * np.interp(t, np.linspace(0, 1, 9), rng.standard_normal(9))
    widths = wide * (0.3 + 0.7 * np.sqrt(taper)) * waver
    return np.asarray(np.clip(widths, 0.5, None), dtype=np.float64)


def _ragged(rng: np.random.Generator, count: int, wide: float) -> Points:
    t = np.linspace(0, 1, count)
    swell = np.interp(t, np.linspace(0, 1, 12), rng.uniform(0.45, 1.35, 12))
    taper = 0.35 + 0.65 * np.clip(np.minimum(t, 1 - t) * 4, 0, 1)
    widths = wide * swell * taper * rng.uniform(0.8, 1.2, count)
    return np.asarray(np.clip(widths, 0.7, None), dtype=np.float64)


def _blob(
    height: int, width: int, rng: np.random.Generator, *, coarse: float, fine: float
) -> Points:
    """A star-shaped outline of random harmonics, stretched to touch all sides of the box."""
    angle = np.linspace(0, 2 * np.pi, 128, endpoint=False)
    radius = np.ones_like(angle)
    for order in range(2, 7):
        radius += rng.normal(0, coarse * 2.4 / order**1.5) * np.cos(
            order * angle + rng.uniform(0, 2 * np.pi)
        )
    for order in range(9, 26):
        radius += rng.normal(0, fine * 9 / order) * np.cos(
            order * angle + rng.uniform(0, 2 * np.pi)
        )
    radius = np.clip(radius, 0.3, None)
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.array([height - 1.0, width - 1.0])
    return np.asarray((points - low) / (high - low) * size, dtype=np.float64)


def _circle(rng: np.random.Generator, radius: float, count: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    wobble = radius * (1 + 0.12 * np.cos(2 * angle + rng.uniform(0, 2 * np.pi)))
    return np.stack([wobble * np.sin(angle), wobble * np.cos(angle)], axis=1)


def _rotated(vector: Points, angle: float) -> Points:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


def _bounded(strokes: list[Stroke], height: int, width: int) -> tuple[Stroke, ...]:
    """The strokes stretched together to fill the box, with widths that a small box can hold."""
    size = np.array([height - 1.0, width - 1.0])
    thickest = max(1.0, min(height, width) / 4)
    every = np.concatenate([s.points for s in strokes])
    low, high = every.min(axis=0), every.max(axis=0)
    inset = np.minimum(1.5, size / 4)
    stretch = (size - 2 * inset) / np.maximum(high - low, 1e-6)
    return tuple(
        Stroke(inset + (s.points - low) * stretch, np.minimum(s.widths, thickest)) for s in strokes
    )


_KINDS: dict[str, Callable[[int, int, np.random.Generator], Outline]] = {
    "scratch": _scratch,
    "crack": _crack,
    "hole": _hole,
    "stain": _stain,
    "thread": _thread,
}
