"""Names people give: which are allowed, and when two are the same."""

from __future__ import annotations

import re
import unicodedata

from defectstudio.domain.errors import ProjectError

_LONGEST = 120
# Names become folders of an export, which must be legal on every system it may be copied to.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What no file can be called on Windows, whatever its ending."""


def name_key(name: str) -> str:
    """What two names share when they differ only in case or in how accents are encoded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def clean_name(name: str, what: str) -> str:
    """The name without spaces around it. `what` says what it names ("item", "class").

    Raises ProjectError for an empty or overlong name and for one that cannot name a folder.
    """
    cleaned = unicodedata.normalize("NFC", name).strip()
    remedy = "Use letters, digits, spaces, dots, dashes and underscores."
    if not cleaned or len(cleaned) > _LONGEST:
        raise ProjectError(
            f"the name of the {what} must have 1 to {_LONGEST} characters",
            subject=name[:_LONGEST],
            remedy=remedy,
        )
    bad = _FORBIDDEN.search(cleaned) or cleaned.endswith(".") or cleaned.startswith(".")
    if bad or DEVICES.fullmatch(cleaned):
        raise ProjectError(f"this cannot be the name of the {what}", subject=name, remedy=remedy)
    return cleaned
