"""Figures and names as people say and read them."""

from __future__ import annotations

import re

_PLURAL = r"s\b"


def shown(name: str) -> str:
    """A name that a system or a file gave, as text: Linux takes any bytes for one, which could
    neither be shown nor written down."""
    return name.encode("utf-8", "replace").decode("utf-8")


def counted(count: int, what: str) -> str:
    """1 image, 2 images; what: several of them, the noun the first word that ends with an s."""
    return f"{count} {re.sub(_PLURAL, '', what, count=1) if count == 1 else what}"


def duration(seconds: float) -> str:
    """12 s, 3 min, 2 h 5 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """12 B, 3.4 kB, 56.7 MB."""
    if count < 1000:
        return f"{count} B"
    power = next((one for one in (1, 2) if count < 999.95 * 1000**one), 3)
    return f"{count / 1000**power:.1f} {'kMG'[power - 1]}B"
