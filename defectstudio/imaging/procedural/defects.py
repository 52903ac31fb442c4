"""Defects painted on surfaces: what each kind looks like on metal, fabric and wood."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.drawing import Stroke, cover_strokes
from defectstudio.imaging.procedural.noise import Field, fractal, smooth, soften, step, streaks
from defectstudio.imaging.procedural.painting import Painting, depth, facing
from defectstudio.imaging.procedural.shapes import DEFECTS, Outline, outline
from defectstudio.imaging.procedural.textures import Surface

_EXTENT = {
    "scratch": (0.25, 0.60),
    "crack": (0.28, 0.60),
    "hole": (0.10, 0.22),
    "stain": (0.16, 0.40),
    "thread": (0.20, 0.45),
}
"""Longer side of the defect's box, as a part of the shorter side of the image."""

_LARGEST_PX = 320


def paint(
    ground: Surface, texture: str, kind: str, rng: np.random.Generator
) -> tuple[Field, NDArray[np.bool_]]:
    """A random defect of a kind of DEFECTS painted on a surface of a texture.

    Returns the surface with the defect, float32 (H, W, 3) in about [0, 1], and its mask, bool
    (H, W), never empty; outside the mask the surface is unchanged to the bit.
    Raises SettingError for an unknown kind.
    """
    if kind not in DEFECTS:
        raise SettingError(
            "the kind of defect is unknown",
            subject=kind,
            remedy=f"Use one of {', '.join(DEFECTS)}.",
        )
    angle = rng.uniform(0, 2 * np.pi)
    painting = Painting(ground, (float(np.sin(angle)), float(np.cos(angle))))
    form = _placed(painting, texture, kind, rng)
    _PAINTERS[kind](painting, texture, form, rng)
    return painting.finish()


def _placed(painting: Painting, texture: str, kind: str, rng: np.random.Generator) -> Outline:
    """The defect's outline in a random box inside the image, along the grain where it must be."""
    height, width = painting.size
    low, high = _EXTENT[kind]
    longest = max(12.0, rng.uniform(low, high) * min(height, width, _LARGEST_PX / high))
    along, across = longest, max(8.0, longest * _slimness(texture, kind, rng))
    follows = (texture, kind) in {("wood", "crack"), ("fabric", "crack")}
    if not follows and rng.random() < 0.5:
        along, across = across, along
    rows, columns = int(across), int(along)
    form = outline(kind, rows, columns, rng)
    top = float(rng.uniform(2, max(3, height - rows - 2)))
    left = float(rng.uniform(2, max(3, width - columns - 2)))
    form = form.moved(top, left)
    if not follows:
        return form
    middle = np.array([top + rows / 2, left + columns / 2])
    squeeze = float(rng.uniform(0.15, 0.45)) if texture == "wood" else 1.0
    grain = painting.ground.grain
    return Outline(strokes=tuple(_along_grain(s, grain, middle, squeeze) for s in form.strokes))


def _slimness(texture: str, kind: str, rng: np.random.Generator) -> float:
    """Short over long side of the box."""
    if kind == "crack" and texture == "wood":
        return float(rng.uniform(0.15, 0.3))
    if kind == "crack" and texture == "fabric":
        return float(rng.uniform(0.12, 0.25))
    if kind in ("scratch", "crack"):
        return float(rng.uniform(0.15, 0.9))
    return float(rng.uniform(0.6, 1.0))


def _along_grain(
    stroke: Stroke, grain: Field, middle: NDArray[np.float64], squeeze: float
) -> Stroke:
    """The stroke bent as the grain is bent, its run across the grain squeezed about `middle`."""
    height, width = grain.shape
    spots = np.concatenate([middle[None, :], stroke.points])
    rows = np.clip(np.rint(spots[:, 0]), 0, height - 1).astype(np.intp)
    columns = np.clip(np.rint(spots[:, 1]), 0, width - 1).astype(np.intp)
    bend = grain[rows, columns].astype(np.float64)
    across = (stroke.points[:, 0] - middle[0]) * (squeeze - 1)
    return stroke.moved(across + bend[0] - bend[1:])


def _shaded_side(stroke: Stroke, light: tuple[float, float], distance: float) -> Stroke:
    """The stroke moved sideways, away from the lamp."""
    run = stroke.points[-1] - stroke.points[0]
    side = np.array([-run[1], run[0]]) / (np.linalg.norm(run) + 1e-9)
    away = -distance if float(side @ np.array(light)) > 0 else distance
    return stroke.moved(float(side[0]) * away, float(side[1]) * away)


def _scratch(painting: Painting, texture: str, form: Outline, rng: np.random.Generator) -> None:
    """A furrow: on metal a bright burr with a shaded flank, on wood torn pale fibre, on fabric
    rubbed, fuzzy yarn."""
    height, width = painting.size
    if texture == "fabric":
        _abrasion(painting, form, rng)
        return
    away = rng.uniform(1.0, 1.5)
    flank = [_shaded_side(s, painting.light, away).scaled(0.9) for s in form.strokes]
    core = cover_strokes(height, width, [s.scaled(0.85) for s in form.strokes])
    waver = 0.82 + 0.18 * np.clip(smooth(height, width, rng, row_px=7, column_px=7), -1, 1)
    shade = cover_strokes(height, width, flank)
    if texture == "metal":
        painting.filter((0.42, 0.42, 0.43), shade * 0.85)
        glint = np.float32(rng.uniform(0.86, 0.97)) + 0.05 * streaks(
            height, width, rng, length_px=2
        )
        painting.lay(_grey(glint, (1.0, 1.0, 0.99)), np.minimum(core * 1.25, 1) * waver)
        return
    painting.filter((0.50, 0.44, 0.40), shade * 0.8)
    fibre = 0.90 + 0.05 * streaks(height, width, rng, length_px=3)
    painting.lay(_grey(fibre, (0.98, 0.85, 0.68)), np.minimum(core * 1.2, 1) * waver)


def _abrasion(painting: Painting, form: Outline, rng: np.random.Generator) -> None:
    """Rubbed cloth: the relief fades into a pale fuzz, single raised fibres stand off."""
    height, width = painting.size
    band = cover_strokes(height, width, [s.scaled(2.3) for s in form.strokes])
    fuzz = fractal(height, width, rng, row_px=4, column_px=4, octaves=2)
    level = painting.colour.mean(axis=2)
    crest = step(-0.06, 0.05, level - soften(level, painting.ground.pitch / 2))
    rubbed = soften(band, 0.7) * (0.72 + 0.28 * crest) + 0.14 * np.minimum(fuzz, 0) * band
    pale = soften(painting.colour, 0.8) * 0.50 + 0.46 + 0.06 * fuzz[:, :, None]
    painting.lay(np.asarray(pale, dtype=np.float32), np.clip(rubbed, 0, 1))
    hairs = [_hair(s, rng) for s in form.strokes for _ in range(3 + int(_length(s) / 7))]
    painting.lay((0.92, 0.93, 0.93), cover_strokes(height, width, hairs) * 0.95)


def _length(stroke: Stroke) -> float:
    """Length of the stroke's path in pixels."""
    return float(np.linalg.norm(np.diff(stroke.points, axis=0), axis=1).sum())


def _hair(stroke: Stroke, rng: np.random.Generator) -> Stroke:
    """A short curved fibre standing off a stroke."""
    root = stroke.points[int(rng.integers(len(stroke.points)))] + rng.normal(0, 1.0, 2)
    return _fibre(root, rng.uniform(0, 2 * np.pi), rng.uniform(4, 9), rng)


def _fibre(
    root: NDArray[np.float64], angle: float, length: float, rng: np.random.Generator
) -> Stroke:
    """A thin curved stroke from `root` in a direction (0 along columns, pi/2 along rows)."""
    t = np.linspace(0, 1, 9)
    turn = angle + rng.normal(0, 0.9) * t
    steps = np.stack([np.sin(turn), np.cos(turn)], axis=1) * (length / 8)
    return Stroke(root + np.cumsum(steps, axis=0), np.linspace(1.1, 0.6, 9))


def _crack(painting: Painting, texture: str, form: Outline, rng: np.random.Generator) -> None:
    """A dark gap of irregular width; its far edge catches the light. In cloth: a tear."""
    height, width = painting.size
    wide = {"metal": 0.95, "fabric": 1.9, "wood": 1.0}[texture]
    gap = cover_strokes(height, width, [s.scaled(wide) for s in form.strokes])
    dark = {
        "metal": (0.10, 0.10, 0.105),
        "fabric": (0.045, 0.05, 0.065),
        "wood": (0.13, 0.075, 0.045),
    }
    rim = {"metal": 1.28, "fabric": 1.22, "wood": 1.16}[texture]
    towards = np.array(painting.light) * -0.9
    lip = [s.moved(towards[0], towards[1]).scaled(wide) for s in form.strokes]
    painting.filter((rim, rim, rim), cover_strokes(height, width, lip) * 0.8)
    bottom = 1 + 0.35 * np.clip(smooth(height, width, rng, row_px=4, column_px=4), -1, 1.5)
    painting.lay(_grey(bottom, dark[texture]), np.minimum(gap * 1.1, 1) * 0.96)
    if texture == "fabric":
        hairs = [_hair(s, rng) for s in form.strokes for _ in range(1 + int(_length(s) / 6))]
        cover = cover_strokes(height, width, hairs)
        painting.lay((0.66, 0.72, 0.78), cover * 0.8)


def _hole(painting: Painting, texture: str, form: Outline, rng: np.random.Generator) -> None:
    """A dark well: drilled into metal, bored by a beetle into wood, torn into cloth."""
    height, width = painting.size
    cover = form.coverage(height, width)
    lit = facing(cover, painting.light, 1.5)
    inside = depth(cover)
    if texture == "metal":
        bevel = soften(np.clip(cover * (1 - step(1.5, 3.0, inside)), 0, 1), 0.3)
        painting.lay(
            _grey(0.09 + 0.11 * step(9, 2, inside) * np.clip(0.3 + lit, 0, 1), (1.0, 1.0, 1.05)),
            cover,
        )
        edge = 0.52 + 0.42 * lit + 0.05 * streaks(height, width, rng, length_px=2)
        painting.lay(_grey(edge, (1.0, 1.0, 1.0)), bevel * 0.9)
        return
    if texture == "wood":
        halo = soften(cover, 1.4) * (1 + 0.3 * streaks(height, width, rng, length_px=9))
        painting.filter((0.72, 0.66, 0.60), np.clip(halo * 1.3, 0, 1) * 0.9)
        well = 1 + 2.2 * step(8, 0.5, inside) * np.clip(0.45 + 0.8 * lit, 0, 2)
        well *= 1 + 0.12 * streaks(height, width, rng, length_px=4)
        painting.lay(_grey(well, (0.10, 0.058, 0.036)), cover)
        return
    _torn_hole(painting, form, cover, rng)


def _torn_hole(painting: Painting, form: Outline, cover: Field, rng: np.random.Generator) -> None:
    """Cloth torn open: a dark ground, a pulled lip, yarn ends and fibres hanging into it."""
    height, width = painting.size
    lip = np.clip(soften(cover, 2.0) * 2, 0, 1) - cover
    painting.filter((1.18, 1.18, 1.18), np.clip(lip, 0, 1) * 0.9)
    ground = 1 + 0.4 * fractal(height, width, rng, row_px=7, column_px=7, octaves=2)
    painting.lay(_grey(ground, (0.05, 0.055, 0.07)), cover)
    rim = form.polygons[0]
    centre = rim.mean(axis=0)
    radius = float(np.linalg.norm(rim - centre, axis=1).mean())
    ends, hairs = [], []
    for _ in range(int(3 + 1.5 * radius)):
        root = rim[int(rng.integers(len(rim)))]
        inwards = np.arctan2(*(centre - root)) + rng.normal(0, 0.5)
        start = root - 2.0 * np.array([np.sin(inwards), np.cos(inwards)])
        ends.append(_fibre(start, inwards, rng.uniform(0.3, 0.75) * radius + 2, rng).scaled(2.2))
        for _ in range(2):
            hairs.append(_fibre(start, inwards + rng.normal(0, 0.6), rng.uniform(4, 9), rng))
    shade = [e.moved(1.0, 1.0) for e in ends]
    tone = 1 + 0.16 * fractal(height, width, rng, row_px=3, column_px=3, octaves=2)
    painting.filter((0.5, 0.5, 0.5), cover_strokes(height, width, shade) * 0.7)
    painting.lay(_grey(tone, (0.43, 0.49, 0.56)), cover_strokes(height, width, ends))
    painting.lay(_grey(tone, (0.66, 0.71, 0.75)), cover_strokes(height, width, hairs) * 0.75)


def _stain(painting: Painting, texture: str, form: Outline, rng: np.random.Generator) -> None:
    """A dried spill: translucent, darkest in the ring where it dried last."""
    height, width = painting.size
    cover = form.coverage(height, width)
    if texture == "fabric":
        cover = _wicked(cover, painting.ground.pitch, rng)
    soaked = soften(cover, {"metal": 0.6, "fabric": 1.1, "wood": 0.9}[texture])
    if texture == "wood":
        soaked = soaked * (1 + 0.25 * streaks(height, width, rng, length_px=14) * (1 - cover))
    inside = depth(cover)
    ring = np.exp(-(((inside - 1.6) / np.float32(rng.uniform(1.6, 3.2))) ** 2))
    mottle = fractal(height, width, rng, row_px=22, column_px=22, octaves=4)
    density = np.clip(
        rng.uniform(0.5, 0.85) + 0.14 * mottle + rng.uniform(0.25, 0.6) * ring, 0.32, 1.6
    )
    tints = {
        "metal": ((0.70, 0.56, 0.40), (0.62, 0.61, 0.60), (0.74, 0.66, 0.50)),
        "fabric": ((0.64, 0.54, 0.44), (0.55, 0.54, 0.54), (0.72, 0.62, 0.46)),
        "wood": ((0.62, 0.55, 0.50), (0.52, 0.54, 0.60), (0.68, 0.46, 0.42)),
    }[texture]
    tint = np.clip(np.array(tints[int(rng.integers(3))]) + rng.normal(0, 0.02, 3), 0.2, 0.9)
    factor = np.exp(np.log(tint).astype(np.float32) * density[:, :, None])
    painting.filter(np.asarray(factor, dtype=np.float32), np.clip(soaked, 0, 1))


def _wicked(cover: Field, pitch: float, rng: np.random.Generator) -> Field:
    """The coverage drawn out along the yarns, each yarn by its own amount."""
    height, width = cover.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = np.float32(0.15 * pitch)
    rows = y + reach * smooth(height, width, rng, row_px=4 * pitch, column_px=pitch / 2)
    columns = x + reach * smooth(height, width, rng, row_px=pitch / 2, column_px=4 * pitch)
    return np.asarray(cv2.remap(cover, columns, rows, cv2.INTER_LINEAR), dtype=np.float32)


def _thread(painting: Painting, texture: str, form: Outline, rng: np.random.Generator) -> None:
    """A loose fibre lying on the surface: round, twisted, with its shadow beside it."""
    height, width = painting.size
    away = -np.array(painting.light) * rng.uniform(1.3, 2.2)
    shadow = [s.moved(away[0], away[1]).scaled(1.15) for s in form.strokes]
    painting.filter((0.55, 0.55, 0.56), soften(cover_strokes(height, width, shadow), 0.5) * 0.9)
    colours = {
        "metal": ((0.20, 0.20, 0.24), (0.62, 0.18, 0.16), (0.16, 0.28, 0.52)),
        "fabric": ((0.90, 0.88, 0.82), (0.70, 0.22, 0.18), (0.10, 0.10, 0.12)),
        "wood": ((0.16, 0.22, 0.42), (0.92, 0.90, 0.86), (0.12, 0.12, 0.12)),
    }[texture]
    colour = np.clip(np.array(colours[int(rng.integers(3))]) + rng.normal(0, 0.03, 3), 0.05, 0.95)
    tone = 1 + 0.12 * smooth(height, width, rng, row_px=2.5, column_px=2.5)
    painting.lay(_grey(tone, tuple(colour)), cover_strokes(height, width, form.strokes))
    lit = np.array(painting.light) * 0.45
    ridge = [s.moved(lit[0], lit[1]).scaled(0.42) for s in form.strokes]
    glow = np.clip(colour * 1.25 + 0.16, 0, 1).astype(np.float32)
    painting.lay(glow, cover_strokes(height, width, ridge) * 0.7)


def _grey(value: Field, colour: tuple[float, ...]) -> Field:
    """`colour` times `value` (H, W) as float32 (H, W, 3)."""
    return np.asarray(value[:, :, None] * np.array(colour, dtype=np.float32), dtype=np.float32)


_PAINTERS: dict[str, Callable[[Painting, str, Outline, np.random.Generator], None]] = {
    "scratch": _scratch,
    "crack": _crack,
    "hole": _hole,
    "stain": _stain,
    "thread": _thread,
}
