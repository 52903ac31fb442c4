"""The user guide: the pages of resources/help, their contents and a search over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from defectstudio.domain.resources import resource

FIRST = ("own-pictures", "window", "tour")
"""The pages to begin with, in this order."""

_MARKS = re.compile(r"!\[[^\]]*\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)|[`*|#>]+")


@dataclass(frozen=True)
class Page:
    """A page: the name of its file without .md, its title, its headings and its lines."""

    name: str
    file: Path
    title: str
    headings: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A line of a page in which all words that were searched for stand."""

    page: Page
    line: str


@cache
def pages() -> tuple[Page, ...]:
    """All pages: those to begin with, then the others by title."""
    found = [_page(file) for file in resource("help").glob("*.md")]
    return tuple(sorted(found, key=_place))


def _place(page: Page) -> tuple[int, str]:
    begins = page.name in FIRST
    return FIRST.index(page.name) if begins else len(FIRST), page.title.casefold()


def search(query: str) -> list[Hit]:
    """Lines that hold all words of the query, headings and titles first within a page."""
    words = query.casefold().split()
    if not words:
        return []
    hits = []
    for page in pages():
        found = [line for line in page.lines if all(word in line.casefold() for word in words)]
        heads = {page.title, *page.headings}
        hits += [Hit(page, line) for line in sorted(found, key=lambda line: line not in heads)]
    return hits


def _page(file: Path) -> Page:
    text = file.read_text(encoding="utf-8")
    heads = [line.lstrip("# ") for line in text.splitlines() if line.startswith("## ")]
    lines = [_plain(line) for line in text.splitlines()]
    title = next((line[2:] for line in text.splitlines() if line.startswith("# ")), file.stem)
    kept = tuple(line for line in lines if line)
    return Page(file.stem, file, title, tuple(heads), kept)


def _plain(line: str) -> str:
    """A line of Markdown without its marks."""
    return _MARKS.sub(lambda found: found.group(1) or "", line).strip(" -:")
