"""Surfaces to inspect: brushed metal, woven fabric, wood grain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.noise import Field, fractal, smooth, soften, step, streaks

TEXTURES = ("metal", "fabric", "wood")
MIN_SIDE = 64
MAX_SIDE = 4096


@dataclass(frozen=True)
class Surface:
    """A surface as the lens sees it, before the sensor.

    colour: float32 (H, W, 3) RGB, display values in [0, 1], light included.
    grain: float32 (H, W) rows by which a grain line (or yarn) is displaced from horizontal:
    a line of the grain through (row, column) keeps `row + grain` constant.
    pitch: period of the structure in pixels (yarn spacing), 0 where it has none.
    noise: float32 (H, W, 3), the sensor's noise of unit deviation, fixed with the surface so
    that two paintings of one surface differ nowhere but in the paint.
    """

    colour: Field
    grain: Field
    pitch: float
    noise: Field


def surface(texture: str, height: int, width: int, rng: np.random.Generator) -> Surface:
    """A random surface of a texture of TEXTURES, height and width from 64 to 4096 pixels.

    Raises SettingError for an unknown texture or a size out of bounds.
    """
    if texture not in _MAKERS:
        raise SettingError(
            "the texture is unknown", subject=texture, remedy=f"Use one of {', '.join(TEXTURES)}."
        )
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise SettingError(
            "the size of the scene is out of bounds",
            subject=f"{height} x {width}",
            remedy=f"Use {MIN_SIDE} to {MAX_SIDE} pixels a side.",
        )
    colour, grain, pitch = _MAKERS[texture](height, width, rng)
    return Surface(colour, grain, pitch, _sensor_noise(height, width, rng))


def develop(colour: Field, noise: Field) -> NDArray[np.uint8]:
    """What the sensor writes for a `colour` (H, W, 3) in [0, 1]: uint8 with shot and read noise."""
    clipped = np.clip(colour, 0, 1)
    spread = np.float32(0.0045) + np.float32(0.0105) * np.sqrt(clipped)
    levels = (clipped + spread * noise) * np.float32(255)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def background(
    texture: str, height: int, width: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A defect-free image of a texture of TEXTURES: uint8 (height, width, 3) RGB.

    Raises SettingError as `surface` does.
    """
    made = surface(texture, height, width, rng)
    return develop(made.colour, made.noise)


def _sensor_noise(height: int, width: int, rng: np.random.Generator) -> Field:
    """Luminance noise, fine, and weaker colour noise, coarser, as after demosaicing."""
    luminance = rng.standard_normal((height, width, 1), dtype=np.float32)
    chroma = soften(rng.standard_normal((height, width, 3), dtype=np.float32), 0.8)
    return np.asarray(np.float32(0.95) * luminance + np.float32(0.8) * chroma, dtype=np.float32)


def _light(height: int, width: int, rng: np.random.Generator, strength: float) -> Field:
    """A lamp's gradient and its slight unevenness, about 1, float32 (H, W)."""
    angle, bend = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    slope = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
    vignette = np.float32(0.3) * (x * x + y * y - 1)
    uneven = smooth(height, width, rng, row_px=height / 2, column_px=width / 2)
    field = slope + np.float32(bend) * slope * slope - vignette + np.float32(0.35) * uneven
    return np.asarray(1 + np.float32(strength * rng.uniform(0.6, 1.3)) * field, dtype=np.float32)


def _tint(value: Field, *stops: tuple[float, float, float]) -> Field:
    """Colours at equal steps of `value` in [0, 1], linear between: (H, W) -> (H, W, 3)."""
    at = np.linspace(0, 1, len(stops))
    table = np.array(stops)
    planes = [np.interp(value, at, table[:, k]).astype(np.float32) for k in range(3)]
    return np.asarray(np.dstack(planes), dtype=np.float32)


def _metal(height: int, width: int, rng: np.random.Generator) -> tuple[Field, Field, float]:
    """Brushing: streaks of many lengths, single deep grooves, a sheen band across the lines."""
    slope = float(rng.normal(0, 0.02))
    margin = int(abs(slope) * width) + 4
    tall = height + 2 * margin
    lines = (
        0.022 * streaks(tall, width, rng, length_px=6)
        + 0.030 * streaks(tall, width, rng, length_px=28)
        + 0.026 * streaks(tall, width, rng, length_px=110)
        + 0.020 * smooth(tall, width, rng, row_px=5, column_px=300)
    )
    lines += _grooves(tall, width, rng)
    x = np.arange(width, dtype=np.float32)[None, :]
    wave = smooth(1, width, rng, row_px=1, column_px=width / 1.5)
    grain = np.repeat(np.float32(slope) * (x - width / 2) + np.float32(0.5) * wave, height, axis=0)
    grain = np.asarray(grain, dtype=np.float32)
    lines = _follow(lines.astype(np.float32), grain, margin)
    sheen = _sheen(height, width, rng)
    mottle = fractal(height, width, rng, row_px=40, column_px=90, octaves=3)
    base = rng.normal(0.575, 0.02) + 0.06 * sheen + np.float32(0.006) * mottle
    value = base * (1 + soften(lines, 0.45) * (0.8 + 0.5 * sheen))
    value *= _light(height, width, rng, 0.07)
    warm = rng.normal(0, 0.006)
    colour = value[:, :, None] * np.array([0.985 + warm, 1.0, 1.015 - warm], dtype=np.float32)
    return np.asarray(colour, dtype=np.float32), grain, 0.0


def _grooves(height: int, width: int, rng: np.random.Generator) -> Field:
    """Few deeper brush lines of finite length, bright or dark, with pointed ends."""
    field = np.zeros((height, width), dtype=np.float32)
    for _ in range(max(1, height * width // 1300)):
        row = int(rng.integers(height))
        length = float(rng.gamma(2.0, 30.0)) + 10
        centre = float(rng.uniform(-length / 2, width + length / 2))
        x = np.arange(
            max(0, int(centre - length / 2)),
            min(width, int(centre + length / 2) + 1),
            dtype=np.float32,
        )
        taper = np.clip(1 - np.abs(x - centre) / (length / 2), 0, 1)
        field[row, x.astype(np.intp)] += np.float32(rng.normal(0, 0.075)) * np.sqrt(taper)
    return field


def _sheen(height: int, width: int, rng: np.random.Generator) -> Field:
    """The broad reflex of a bar lamp, across the brushing, in [0, 1]."""
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    centre = np.float32(rng.uniform(-0.1, 1.1)) + np.float32(rng.normal(0, 0.08)) * y
    return np.asarray(np.exp(-(((x - centre) / np.float32(rng.uniform(0.3, 0.5))) ** 2)))


def _follow(lines: Field, grain: Field, margin: int) -> Field:
    """Straight horizontal `lines` (H + 2 margin, W) bent along the grain: (H, W)."""
    height, width = grain.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    bent = cv2.remap(
        lines, x, y + grain + np.float32(margin), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(bent, dtype=np.float32)


def _wood(height: int, width: int, rng: np.random.Generator) -> tuple[Field, Field, float]:
    """A plain-sawn board: growth rings cut by a wavering plane, fibres, pores along the grain."""
    slope = float(rng.normal(0, 0.05))
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2
    grain = (
        np.float32(slope) * x
        + np.float32(5.0) * smooth(height, width, rng, row_px=90, column_px=230)
        + np.float32(0.9) * smooth(height, width, rng, row_px=28, column_px=90)
    ).astype(np.float32)
    margin = int(np.abs(grain).max()) + 4
    tall = height + 2 * margin
    fibres = (
        0.45 * streaks(tall, width, rng, length_px=5)
        + 0.55 * streaks(tall, width, rng, length_px=22)
        + 0.40 * streaks(tall, width, rng, length_px=70)
    )
    rings = _rings(tall, width, rng)
    pores = _pores(tall, width, rng, rings)
    fibres, rings, pores = (
        _follow(np.asarray(f, dtype=np.float32), grain, margin) for f in (fibres, rings, pores)
    )
    mottle = fractal(height, width, rng, row_px=36, column_px=140, octaves=3)
    value = 0.80 - 0.50 * rings + 0.055 * soften(fibres, 0.4) + 0.05 * mottle
    value = np.clip(value - 0.42 * pores + rng.normal(0, 0.03), 0, 1).astype(np.float32)
    colour = _tint(
        value, (0.22, 0.115, 0.06), (0.50, 0.31, 0.185), (0.72, 0.50, 0.325), (0.86, 0.66, 0.46)
    )
    colour *= _light(height, width, rng, 0.06)[:, :, None]
    return soften(colour, 0.45), grain, 0.0


def _rings(height: int, width: int, rng: np.random.Generator) -> Field:
    """Growth rings in [0, 1]: early wood darkens slowly to late wood, then breaks off at once."""
    count = height // 9 + 40
    spacing = rng.uniform(13, 20) * rng.gamma(9.0, 1 / 9.0, count).astype(np.float32) + 3
    edges = np.concatenate([[0], np.cumsum(spacing)]) - rng.uniform(20, 60)
    y = np.arange(height, dtype=np.float32)[:, None]
    wander = np.float32(1.1) * smooth(height, width, rng, row_px=14, column_px=120)
    at = np.clip(y + wander, edges[0] + 1, edges[-1] - 1)
    phase = np.interp(at, edges, np.arange(edges.size)).astype(np.float32)
    depth = rng.uniform(0.45, 1.0, edges.size).astype(np.float32)[phase.astype(np.intp)]
    within = phase - np.floor(phase)
    rise = np.float32(0.75) * within**3 + np.float32(0.25) * within
    rings = depth * np.minimum(rise, (1 - within) * 9)
    return np.asarray(rings, dtype=np.float32)


def _pores(height: int, width: int, rng: np.random.Generator, rings: Field) -> Field:
    """Vessels: short dark dashes along the grain, thicker where late wood begins; in [0, 1]."""
    canvas = np.zeros((height, width), dtype=np.float32)
    for _ in range(height * width // 170):
        row, column = int(rng.integers(height)), int(rng.integers(width))
        if rng.random() > 0.3 + rings[row, column]:
            continue
        length = int(rng.gamma(2.0, 3.5)) + 2
        depth = float(rng.uniform(0.25, 0.9))
        canvas[row, column : column + length] = depth
    kernel = np.array([0.2, 0.6, 0.2], dtype=np.float32)
    return np.asarray(cv2.sepFilter2D(canvas, cv2.CV_32F, kernel, kernel), dtype=np.float32)


def _fabric(height: int, width: int, rng: np.random.Generator) -> tuple[Field, Field, float]:
    """Plain weave: round yarns of twisted fibres that pass over and under each other."""
    pitch = float(rng.normal(11.0, 0.15))
    fine = 2
    h, w = height * fine, width * fine
    y = np.arange(h, dtype=np.float32)[:, None] / np.float32(fine)
    x = np.arange(w, dtype=np.float32)[None, :] / np.float32(fine)
    skew, bow = rng.normal(0, 0.01), rng.normal(0, 1.2)
    grain = (
        np.float32(skew) * (x - width / 2)
        + np.float32(bow) * smooth(h, w, rng, row_px=h, column_px=w / 2)
        + np.float32(0.7) * smooth(h, w, rng, row_px=fine * 12, column_px=fine * 28)
    )
    sway = np.float32(-skew) * (y - height / 2) + np.float32(0.7) * smooth(
        h, w, rng, row_px=fine * 28, column_px=fine * 12
    )
    v = (y + grain) / np.float32(pitch) + np.float32(rng.random())
    u = (x + sway) / np.float32(pitch) + np.float32(rng.random())
    woven = _woven(v, u, rng)
    small = soften(_reduced(woven, height, width), 0.4) * _light(height, width, rng, 0.06)
    colour = _tint(
        np.clip(small, 0, 1), (0.03, 0.035, 0.05), (0.40, 0.46, 0.53), (0.95, 0.95, 0.92)
    )
    return colour, _reduced(grain, height, width), pitch


def _reduced(field: Field, height: int, width: int) -> Field:
    small = cv2.resize(field, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _woven(v: Field, u: Field, rng: np.random.Generator) -> Field:
    """Brightness of the cloth, at v yarns down and u yarns across: lit crowns, dark gaps."""
    h, w = v.shape
    weft = _yarn(v, u, h, w, rng, lead=0.0, upright=False)
    warp = _yarn(u, v, h, w, rng, lead=1.0, upright=True)
    over = step(-0.10, 0.10, warp.height - weft.height)
    tone = over * warp.tone + (1 - over) * weft.tone
    level = np.maximum(warp.height, weft.height)
    light = rng.uniform(0, 2 * np.pi)
    soft = soften(level, 0.8)
    relief = cv2.Sobel(soft, cv2.CV_32F, 1, 0) * np.float32(np.cos(light))
    relief += cv2.Sobel(soft, cv2.CV_32F, 0, 1) * np.float32(np.sin(light))
    crowns = 0.30 + 0.70 * step(-0.85, 0.70, level)
    gaps = 0.35 + 0.65 * step(-0.55, -0.15, level)
    value = tone * crowns * (1 + np.float32(0.05) * relief) * gaps
    return np.asarray(value, dtype=np.float32)


@dataclass(frozen=True)
class _Yarn:
    height: Field
    tone: Field


def _yarn(
    across: Field,
    along: Field,
    h: int,
    w: int,
    rng: np.random.Generator,
    *,
    lead: float,
    upright: bool,
) -> _Yarn:
    """One system of parallel yarns: relief in about [-1, 1] and brightness in [0, 1]."""
    index = np.floor(across)
    offset = across - index - np.float32(0.5)
    first = int(index.min())
    count = int(index.max()) - first + 1
    number = index.astype(np.intp) - first
    breadth = rng.normal(0.47, 0.03, count).astype(np.float32)[number]
    slub_row, slub_column = (40.0, 16.0) if upright else (16.0, 40.0)
    breadth += np.float32(0.035) * smooth(h, w, rng, row_px=slub_row, column_px=slub_column)
    r = np.clip(np.abs(offset) / np.maximum(breadth, 0.2), 0, 1.25)
    crown = np.sqrt(np.clip(1 - r * r, 0, 1)) - np.clip(r - 1, 0, 1) * 4
    swing = np.cos(np.float32(np.pi) * (along + index + np.float32(lead - 0.5)))
    height = np.float32(0.55) * crown + np.float32(0.55) * swing - np.float32(0.25)
    twist = across * np.float32(3.2) + along * np.float32(1.5)
    row_px, column_px = (14.0, 2.0) if upright else (2.0, 14.0)
    fibre = smooth(h, w, rng, row_px=row_px, column_px=column_px)
    strand = np.sin(np.float32(2 * np.pi) * (twist + np.float32(0.28) * fibre))
    tone_of = rng.normal(0.58, 0.04, count).astype(np.float32)[number]
    length_row, length_column = (64.0, 16.0) if upright else (16.0, 64.0)
    drift = smooth(h, w, rng, row_px=length_row, column_px=length_column)
    tone = tone_of * (1 + 0.07 * strand + 0.10 * fibre + 0.06 * drift)
    return _Yarn(height.astype(np.float32), np.asarray(tone, dtype=np.float32))


_MAKERS: dict[str, Callable[[int, int, np.random.Generator], tuple[Field, Field, float]]] = {
    "metal": _metal,
    "fabric": _fabric,
    "wood": _wood,
}
