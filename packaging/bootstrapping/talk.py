"""What is said on the way, and the one kind of error."""

from __future__ import annotations

import sys


class SetupError(Exception):
    """The set-up cannot go on. The text says what is wrong and what to do."""


def say(text: str) -> None:
    """One line of progress. On the error stream: the standard one belongs to the program run."""
    print(text, file=sys.stderr, flush=True)
