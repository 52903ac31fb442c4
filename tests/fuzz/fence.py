"""Sees what code under test does to the world: files written, processes, sockets, pickles."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.mkdir": (0,), "os.remove": (0,), "os.rmdir": (0,), "os.rename": (0, 1), "os.link": (0, 1),
    "os.symlink": (1,), "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,),
    "sqlite3.connect": (0,), "shutil.rmtree": (0,),
}  # fmt: skip
"""Event -> which of its arguments are paths that are changed."""
_NEVER = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.", "pickle.")

_state: dict[str, Path | None] = {}
"""While a fence is up: "root" -> where may be written, None nowhere."""


class Escaped(BaseException):
    """Something was done that no reader may do; nothing catches it by accident."""


@contextmanager
def fenced(root: Path | None) -> Iterator[None]:
    """Within the block nothing is written outside `root`, and nothing at all for None.

    Raises Escaped where it is tried, before it happens.
    """
    if "hooked" not in _state:
        _state["hooked"] = None
        sys.addaudithook(_watch)
    _state["root"] = root
    try:
        yield
    finally:
        lower()


def lower() -> None:
    """Take a fence down, also one whose end was interrupted."""
    _state.pop("root", None)


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if "root" not in _state:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITES:
            _check(event, path)
    elif event in _CHANGES:
        folder = arguments[-1] if event.startswith("os.") else -1
        for place in _CHANGES[event]:
            _check(event, arguments[place], folder)
    elif event.startswith(_NEVER):
        raise Escaped(f"{event} {arguments}")


def _check(event: str, path: object, folder: object = -1) -> None:
    if isinstance(path, int) or path == ":memory:":
        return
    text = os.fsdecode(path)  # type: ignore[arg-type]
    text = text.removeprefix("file://").partition("?")[0] if text.startswith("file:") else text
    if isinstance(folder, int) and folder >= 0:
        text = f"{Path(f'/proc/self/fd/{folder}').readlink()}/{text}"
    whole = os.path.abspath(text)  # noqa: PTH100
    place = Path(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))  # noqa: PTH119, PTH120
    root = _state["root"]
    if root is None or not place.is_relative_to(root):
        raise Escaped(f"{event} {text}")
