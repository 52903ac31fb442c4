"""Figures of the user guide: `python packaging/figures.py blending [--out FOLDER]`.

Surfaces and defects are the program's own drawings; the same call draws the same figure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from defectstudio.domain.recipe import BlendMode
from defectstudio.imaging.blending import blend
from defectstudio.imaging.channels import LUMINANCE
from defectstudio.imaging.masks import bounding_box
from defectstudio.imaging.procedural.defects import paint
from defectstudio.imaging.procedural.textures import surface
from defectstudio.imaging.types import FULL_RANGE, Mask

HELP = Path(__file__).resolve().parents[1] / "resources" / "help"
PART, SIDE, ZOOM = 240, 84, 3
TILE, GAP, PLOT, LABEL, HEAD, FOOT = SIDE * ZOOM, 14, 400, 96, 40, 46
INK, PALE, FAINT, SHADE, PAPER = "#202020", "#6b6b6b", "#a0a0a0", "#ececec", "#ffffff"
MODES: dict[BlendMode, str] = {"alpha": "#d55e00", "poisson": "#0072b2", "improved": "#009e73"}
"""And the colours of their lines: Okabe-Ito."""
COLUMNS = ("background", "content in its mask", "alpha", "Poisson", "improved")


@dataclass(frozen=True)
class Row:
    """One defect on one background; window: the levels shown as black and white."""

    title: tuple[str, ...]
    background: NDArray[Any]
    content: NDArray[Any]
    mask: Mask
    window: tuple[float, float]

    def blended(self, mode: BlendMode) -> NDArray[Any]:
        return blend(self.background, self.content, self.mask, mode=mode)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=FIGURES)
    parser.add_argument("--out", type=Path, default=HELP)
    given = parser.parse_args()
    path = given.out / f"{given.figure}.png"
    FIGURES[given.figure]().save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")
    return 0


def blending() -> Image.Image:
    """Alpha, Poisson and improved side by side (P1 Figure 3), with levels along a line."""
    rows = [
        _row(("8 bit", "grey", "hole"), "metal", "hole", seeds=(7, 47), dtype="uint8", grey=True),
        _row(("8 bit", "colour", "stain"), "wood", "stain", seeds=(2, 42), dtype="uint8"),
        _row(
            ("16 bit", "grey", "crack"), "metal", "crack", seeds=(3, 43), dtype="uint16", grey=True
        ),
    ]
    width = LABEL + len(COLUMNS) * (TILE + GAP) + PLOT
    sheet = Image.new("RGB", (width, HEAD + len(rows) * (TILE + FOOT)), PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, name in enumerate(COLUMNS):
        pen.text((_left(number) + TILE / 2, HEAD / 2), name, INK, _font(18), anchor="mm")
    _legend(pen, _left(len(COLUMNS)) + 44)
    for number, row in enumerate(rows):
        _draw_row(sheet, row, HEAD + number * (TILE + FOOT))
    return sheet


FIGURES: dict[str, Callable[[], Image.Image]] = {"blending": blending}


def _row(
    title: tuple[str, ...],
    texture: str,
    kind: str,
    *,
    seeds: tuple[int, int],
    dtype: str,
    grey: bool = False,
) -> Row:
    """A defect of one part, and the same place of another part under a brighter light."""
    defective, mask = _part(texture, kind, seeds[0])
    box = bounding_box(mask)
    assert box is not None
    top = min(max(box.top + box.height // 2 - SIDE // 2, 0), PART - SIDE)
    left = min(max(box.left + box.width // 2 - SIDE // 2, 0), PART - SIDE)
    place = np.s_[top : top + SIDE, left : left + SIDE]
    sound = _part(texture, None, seeds[1])[0] * np.float32(1.2)
    content, background = (_sensed(part[place], dtype, grey) for part in (defective, sound))
    mask = mask[place]
    values = np.concatenate([content[mask].ravel(), background.ravel()])
    low, high = np.quantile(values, (0.001, 0.999)).tolist()
    return Row(title, background, content, mask, (low, high))


def _part(texture: str, kind: str | None, seed: int) -> tuple[NDArray[np.float32], Mask]:
    """A surface (h, w, 3) with its sensor's noise, about [0, 1], and the mask of its defect."""
    rng = np.random.default_rng(seed)
    ground = surface(texture, PART, PART, rng)
    if kind is None:
        colour, mask = ground.colour, np.zeros((PART, PART), dtype=np.bool_)
    else:
        colour, mask = paint(ground, texture, kind, rng)
    return colour + np.float32(0.008) * ground.noise, mask


def _sensed(part: NDArray[np.float32], dtype: str, grey: bool) -> NDArray[Any]:
    """In the type's levels. A 16-bit camera here uses an eighth of its range, as many do."""
    full = FULL_RANGE[np.dtype(dtype)] / (8 if dtype == "uint16" else 1)
    seen = part @ np.array(LUMINANCE, np.float32) if grey else part
    levels: NDArray[Any] = np.rint(np.clip(seen, 0, 1) * full).astype(dtype)
    return levels


def _draw_row(sheet: Image.Image, row: Row, top: int) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.text((LABEL / 2, top + TILE / 2), "\n".join(row.title), INK, _font(16), anchor="mm",
             align="center")  # fmt: skip
    made = {mode: row.blended(mode) for mode in MODES}
    void = np.full_like(row.background, (row.window[0] + 3 * row.window[1]) / 4)
    inside = row.mask if row.background.ndim == 2 else row.mask[..., None]
    tiles = [row.background, np.where(inside, row.content, void), *made.values()]
    for number, tile in enumerate(tiles):
        sheet.paste(_shown(tile, row.window), (_left(number), top))
    line = _line(row.mask)
    for number in range(len(tiles)):
        _mark(pen, _left(number), top + line * ZOOM + ZOOM // 2)
    unit = 1 if row.background.dtype == np.uint8 else 257 / 8
    _note(pen, 0, top, f"step {edge_step(row.background, row.mask) / unit:.0f}")
    for number, result in enumerate(made.values()):
        loss = content_loss(result, row.content, row.mask) / unit
        step = edge_step(result, row.mask) / unit
        _note(pen, number + 2, top, f"loss {loss:.0f}, step {step:.0f}")
    _draw_plot(pen, row, made, line, (_left(len(tiles)) + 44, top))


def content_loss(result: NDArray[Any], content: NDArray[Any], mask: Mask) -> float:
    """Mean change of the content where it was put."""
    return float(np.abs(result.astype(np.float64) - content)[mask].mean())


def edge_step(image: NDArray[Any], mask: Mask) -> float:
    """Mean difference of two neighbours of which the mask holds one."""
    levels = image.astype(np.float64)
    below = np.abs(np.diff(levels, axis=0))[mask[1:] != mask[:-1]]
    beside = np.abs(np.diff(levels, axis=1))[mask[:, 1:] != mask[:, :-1]]
    return float(np.concatenate([below, beside]).mean())


def _line(mask: Mask) -> int:
    """The row that the plot follows: through the mask where it is widest."""
    return int(mask.sum(axis=1).argmax())


def _mark(pen: ImageDraw.ImageDraw, left: int, height: int) -> None:
    """Ends of the plotted line, at both sides of a tile."""
    for start in (left, left + TILE - 10):
        pen.line([(start, height), (start + 9, height)], "#e69f00", 2)


def _note(pen: ImageDraw.ImageDraw, column: int, top: int, text: str) -> None:
    pen.text((_left(column) + TILE / 2, top + TILE + 14), text, INK, _font(14), anchor="mm")


def _draw_plot(
    pen: ImageDraw.ImageDraw,
    row: Row,
    made: dict[BlendMode, NDArray[Any]],
    line: int,
    corner: tuple[int, int],
) -> None:
    """Levels along the line: the background pale, the content dotted, the results in colours."""
    left, top = corner
    wide = (PLOT - 44 - GAP) / SIDE
    curves = {name: _levels(result)[line] for name, result in made.items()}
    behind, inner = _levels(row.background)[line], _levels(row.content)[line]
    inside = row.mask[line]
    drawn = np.concatenate([*curves.values(), behind, inner[inside]])
    low, high = float(drawn.min()), float(drawn.max())

    def place(column: int, level: float) -> tuple[float, float]:
        return left + (column + 0.5) * wide, top + (TILE - 1) * (high - level) / (high - low)

    for column in np.flatnonzero(inside).tolist():
        x = left + column * wide
        pen.rectangle([x, top, x + wide, top + TILE - 1], SHADE)
    pen.rectangle([left, top, left + SIDE * wide, top + TILE - 1], outline=PALE)
    for level in (low, high):
        pen.text((left - 6, place(0, level)[1]), f"{level:.0f}", PALE, _font(13), anchor="rm")
    pen.line([place(*each) for each in enumerate(behind.tolist())], FAINT, 2)
    for name, levels in curves.items():
        pen.line([place(*each) for each in enumerate(levels.tolist())], MODES[name], 2)
    for column in np.flatnonzero(inside).tolist():
        x, y = place(column, float(inner[column]))
        pen.ellipse([x - 1.5, y - 1.5, x + 1.5, y + 1.5], INK)


def _legend(pen: ImageDraw.ImageDraw, left: int) -> None:
    names = {
        "background": FAINT,
        "content": INK,
        **{COLUMNS[n + 2]: tone for n, tone in enumerate(MODES.values())},
    }
    for name, tone in names.items():
        pen.text((left, HEAD / 2), name, tone, _font(15), anchor="lm")
        left += int(pen.textlength(name, _font(15))) + 14


def _levels(image: NDArray[Any]) -> NDArray[np.float64]:
    """(h, w): the mean of the channels."""
    planes = image.astype(np.float64)
    return planes if planes.ndim == 2 else planes.mean(axis=2)


def _shown(image: NDArray[Any], window: tuple[float, float]) -> Image.Image:
    low, high = window
    shades = np.clip((image.astype(np.float64) - low) / (high - low), 0, 1)
    picture = Image.fromarray(np.rint(255 * shades).astype(np.uint8))
    return picture.convert("RGB").resize((TILE, TILE), Image.Resampling.NEAREST)


def _left(column: int) -> int:
    return LABEL + column * (TILE + GAP)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


if __name__ == "__main__":
    sys.exit(main())
