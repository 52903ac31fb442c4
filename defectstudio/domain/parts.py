"""How a part of the program is started as a process of its own: installed, or frozen into one
executable that has no Python to say `-m` to."""

from __future__ import annotations

import sys

PARTS = {
    "commands": "defectstudio",
    "window": "defectstudio.gui",
    "worker": "defectstudio.worker",
}
"""Part and the package whose `__main__` it is."""

OWNER = "DEFECTSTUDIO_OWNER"
"""In a worker's environment: the process id of its owner."""

WORD = "--part"
"""The first word of the frozen program where a part is meant, not a command."""


def is_frozen() -> bool:
    """Whether this is the executable that packaging/freeze.py builds."""
    return bool(getattr(sys, "frozen", False))


def start_of(part: str) -> tuple[str, ...]:
    """The first words of a command line that starts a part; its arguments follow."""
    package = PARTS[part]
    return (sys.executable, WORD, part) if is_frozen() else (sys.executable, "-m", package)


def how_to_install(requirement: str) -> str:
    """What a person does where a library is missing."""
    if is_frozen():
        return "Install DefectStudio again."
    return f'Run: {sys.executable} -m pip install "{requirement}"'


def how_to_get(extra: str) -> str:
    """What a person does who wants something that only an extra brings."""
    wanted = f"pip install 'defectstudio[{extra}]'"
    if is_frozen():
        return f"This application does not bring it; an installation by {wanted} does."
    return f"Install it: {wanted}."
