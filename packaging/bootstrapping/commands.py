"""Running other programs."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from bootstrapping.talk import SetupError, say

_SHOWN_ON_FAILURE = 15


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a quiet command can be run and ends well."""
    try:
        done = subprocess.run(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def output(command: Sequence[str | Path]) -> str:
    """What a quiet command prints; empty when it fails."""
    try:
        done = subprocess.run(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def run_through(command: Sequence[str | Path], extra: dict[str, str] | None = None) -> int:
    """Run a program on this terminal and return its exit status, 128 + n after signal n."""
    child = subprocess.Popen(list(map(str, command)), env={**os.environ, **(extra or {})})
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            continue  # The child got it too and decides itself when to end.
        return status if status >= 0 else 128 - status


def run_logged(
    command: Sequence[str | Path], log: Path, failure: str, extra: dict[str, str] | None = None
) -> None:
    """Run an installer: the whole output goes to `log`, downloads are named on the terminal.

    Raises SetupError, with `failure` and the last lines, when it ends badly.
    """
    last: deque[str] = deque(maxlen=_SHOWN_ON_FAILURE)
    with (
        log.open("a", encoding="utf-8") as record,
        subprocess.Popen(
            list(map(str, command)),
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            close_fds=os.name == "nt",
        ) as child,
    ):
        assert child.stdout is not None
        for line in child.stdout:
            record.write(line)
            if not line.startswith("Requirement already satisfied"):
                last.append(line)
            _name_download(line.strip())
    if child.returncode != 0:
        raise SetupError(f"{''.join(last)}\n{failure}\nThe whole log: {log}")


def _name_download(line: str) -> None:
    if line.startswith("Downloading "):
        name, _, size = line.removeprefix("Downloading ").partition(" (")
        if _is_large(size) and not name.endswith(".metadata"):
            say(f"    {name.rpartition('/')[2].partition('-')[0]} ({size.rstrip(')')})")
    elif line.startswith("Installing collected packages"):
        say(f"    unpacking {line.count(',') + 1} packages")


def _is_large(size: str) -> bool:
    number, _, unit = size.rstrip(")").partition(" ")
    try:
        return unit == "GB" or (unit == "MB" and float(number) >= 20)
    except ValueError:
        return False
