"""A report: one JSON file for machines and one HTML page that needs no other file.

A page is a list of blocks - headings, paragraphs, tables, pictures, drawings - and knows nothing of
what they are about: every protocol makes its own.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.files import write_bytes, write_json


@dataclass(frozen=True)
class Heading:
    """A section's title; level 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; warning: to be seen first."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Table:
    """Cells as text, the first column names the row; caption says what, on which data, and how.
    Without a header the rows alone say it."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """uint8 (H, W, 3), embedded as PNG."""

    caption: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Drawing:
    """An inline SVG element."""

    caption: str
    svg: str


Block = Heading | Text | Table | Picture | Drawing
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#222;
background:#fff}
h1{font-size:1.6rem}h2{margin-top:2.2rem;border-bottom:1px solid #ddd}
table{border-collapse:collapse;margin:.4rem 0}td,th{padding:.2rem .7rem;text-align:right;
border-bottom:1px solid #e5e5e5;font-variant-numeric:tabular-nums}
td:first-child,th:first-child,.words{text-align:left}th{background:#f4f4f4}
figure{margin:1rem 0;overflow-x:auto}figcaption,caption{text-align:left;color:#555;
font-size:.85rem;caption-side:bottom}img{max-width:100%;image-rendering:pixelated}
.warning{background:#fff3cd;border-left:4px solid #d39e00;padding:.4rem .8rem}
"""


def page(title: str, blocks: Sequence[Block]) -> str:
    """The HTML page, as text; every text in it is escaped, drawings are taken as they are."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def write_report(
    folder: Path, name: str, data: object, title: str, blocks: Sequence[Block]
) -> None:
    """Write `name`.json and `name`.html into the folder, each beside and renamed."""
    write_json(folder / f"{name}.json", data)
    write_bytes(folder / f"{name}.html", page(title, blocks).encode("utf-8"))


def number(value: float | None) -> str:
    """A figure, or a dash where it is undefined."""
    return "–" if value is None else f"{value:.3f}"


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Text):
        return f"<p{' class=warning' if block.warning else ''}>{escape(block.text)}</p>"
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Picture):
        source = base64.b64encode(_png(block.pixels)).decode("ascii")
        inner = f'<img alt="{escape(block.caption)}" src="data:image/png;base64,{source}">'
    else:
        inner = block.svg
    return f"<figure>{inner}<figcaption>{escape(block.caption)}</figcaption></figure>"


def _table(table: Table) -> str:
    columns = list(zip(*table.rows, strict=True))
    kinds = [" class=words" if any(map(_is_words, cells)) else "" for cells in columns]
    kinds = kinds or [""] * len(table.header)
    head = f"<thead>{_row('th', table.header, kinds)}</thead>" if table.header else ""
    rows = "\n".join(_row("td", row, kinds) for row in table.rows)
    return (
        f"<figure><table><caption>{escape(table.caption)}</caption>"
        f"{head}<tbody>\n{rows}\n</tbody></table></figure>"
    )


def _row(tag: str, cells: Sequence[str], kinds: Sequence[str]) -> str:
    """kinds: an attribute for each column."""
    inner = (
        f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True)
    )
    return f"<tr>{''.join(inner)}</tr>"


def _is_words(cell: str) -> bool:
    """Figures stand at the right, below each other; words at the left."""
    return any(char.isalpha() for char in cell)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    return encoded.tobytes()
