"""Set up, then run."""

from __future__ import annotations

import sys
from pathlib import Path

from bootstrapping import arguments, install, launch, libraries
from bootstrapping.talk import SetupError, say

ROOT = Path(__file__).resolve().parents[2]
_FAILED = 1
_INTERRUPTED = 130


def main(words: list[str]) -> int:
    """The exit status: that of the program run, or 1 when the set-up failed."""
    try:
        return _run(words)
    except SetupError as problem:
        say(f"\n{problem}")
        return _FAILED
    except KeyboardInterrupt:
        say("\nInterrupted. Run the command again to go on.")
        return _INTERRUPTED


def _run(words: list[str]) -> int:
    request = arguments.parse(words)
    if request is None:
        sys.stdout.write(arguments.HELP + "\n")
        return 0
    test = request.command == "test"
    python = install.ensure(ROOT, ROOT / ".venv", request.torch, test=test)
    found = libraries.provide()
    if request.setup_only:
        return 0
    if test:
        return launch.tests(python, ROOT, found, request.passed_on)
    return launch.demo(python, found, request.passed_on)
