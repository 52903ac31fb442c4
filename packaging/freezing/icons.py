"""The program's icon in the formats of the three systems, from the drawing in resources/icons."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
_TILE, _INK = "#24507a", "#ffffff"
_SMALLER = 0.8


def drawing(source: Path) -> str:
    """The shipped drawing in white on a tile: it is seen on light and on dark desktops."""
    text = source.read_text(encoding="utf-8")
    found = re.fullmatch(r"\s*<svg(?P<how>[^>]*)>(?P<what>.*)</svg>\s*", text, re.DOTALL)
    if found is None:
        raise ValueError(f"{source} is not a drawing of one <svg>")
    style = re.sub(r'\s(xmlns|viewBox|width|height)="[^"]*"', "", found["how"])
    middle = 12 * (1 - _SMALLER)
    inside = f'<g transform="translate({middle:g} {middle:g}) scale({_SMALLER})"{style}>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="512" height="512">'
        f'<rect x="1" y="1" width="22" height="22" rx="5" fill="{_TILE}"/>'
        f"{inside}{found['what']}</g></svg>\n"
    ).replace("currentColor", _INK)


def write(source: Path, folder: Path) -> None:
    """defectstudio.svg, .ico, .icns and <size>.png for each of SIZES."""
    folder.mkdir(parents=True, exist_ok=True)
    text = drawing(source)
    (folder / "defectstudio.svg").write_text(text, encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.encode()))
    for side in SIZES:
        picture = QImage(side, side, QImage.Format.Format_ARGB32)
        picture.fill(0)
        painter = QPainter(picture)
        renderer.render(painter)
        painter.end()
        picture.save(str(folder / f"{side}.png"))
    with Image.open(folder / f"{SIZES[-1]}.png") as largest:
        largest.save(folder / "defectstudio.ico", sizes=[(side, side) for side in SIZES[:-1]])
        largest.save(folder / "defectstudio.icns")
