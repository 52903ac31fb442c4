"""The frozen program: the commands, and every part of itself that it starts as a process.

Without a word it opens the window, as a double click wants it.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys

from defectstudio.domain.parts import PARTS, WORD

LIBRARIES = "LD_LIBRARY_PATH"
APART = "PYINSTALLER_RESET_ENVIRONMENT"


def main() -> None:
    """Run what the first words name; whatever it is ends the process itself."""
    multiprocessing.freeze_support()
    give_back(LIBRARIES)
    # A part that we start finds our libraries by itself, as if nobody had set the variable before.
    os.environ[APART] = "1"
    package, rest = meant(sys.argv[1:])
    sys.argv[1:] = rest
    runpy.run_module(package, run_name="__main__", alter_sys=True)


def meant(words: list[str]) -> tuple[str, list[str]]:
    """The package to run, and its arguments."""
    if not words:
        return PARTS["window"], []
    if words[0] == WORD and len(words) > 1 and words[1] in PARTS:
        return PARTS[words[1]], words[2:]
    return PARTS["commands"], words


def give_back(variable: str) -> None:
    """Programs of the system that we start get the variable as it was before PyInstaller set it:
    with our libraries they would not run."""
    before = os.environ.get(f"{variable}_ORIG")
    if before is not None:
        os.environ[variable] = before
    else:
        os.environ.pop(variable, None)


if __name__ == "__main__":
    main()
