"""File names that every file system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100


def safe_name(name: str) -> str:
    """`name` without what Windows, macOS or Linux forbid in a file name; never empty or hidden."""
    plain = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    plain = plain[:_LONGEST].strip(" .") or "unnamed"
    return f"_{plain}" if _RESERVED.fullmatch(plain) else plain


def ascii_name(name: str) -> str:
    """`name` in letters of ASCII, without accents, others as underlines; empty if none is left."""
    plain = (one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return "".join(one if one.isascii() else "_" for one in plain).strip(" ._")


def unique_names(names: Iterable[str]) -> list[str]:
    """Safe names in order, those equal but for upper and lower case told apart by a number."""
    taken: set[str] = set()
    unique = []
    for name in names:
        plain = candidate = safe_name(name)
        number = 2
        while candidate.casefold() in taken:
            candidate = f"{plain}-{number}"
            number += 1
        taken.add(candidate.casefold())
        unique.append(candidate)
    return unique
