"""Where the files we ship lie: icons, styles, help, weights of the sample generator."""

from __future__ import annotations

from pathlib import Path

from defectstudio.domain.errors import InternalError

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, such as `resource("icons", "brush.svg")`.

    An installed wheel carries the files inside the package, a checkout has them beside it.
    Raises InternalError when the file is not there: it is part of the program.
    """
    found = _root().joinpath(*parts)
    if not found.exists():
        raise InternalError(
            "a file of the program is missing",
            subject=found,
            remedy="Install DefectStudio again.",
        )
    return found


def _root() -> Path:
    inside = _PACKAGE / "resources"
    return inside if inside.is_dir() else _PACKAGE.parent / "resources"
