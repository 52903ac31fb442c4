"""The window's log: a file beside the settings, and what of it may be shown to others."""

from __future__ import annotations

import getpass
import logging
import platform
import re
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

import defectstudio
from defectstudio.app.settings import load, settings_path
from defectstudio.domain.errors import DefectStudioError

if TYPE_CHECKING:
    from defectstudio.app.doctor import Check

_NAME = "defectstudio"
_BYTES, _KEPT = 500_000, 3
_SHOWN = 60_000
_PATH = re.compile(r"""(?:[A-Za-z]:|PLACE)?(?:[/\\][^/\\\s:'",;()]+){2,}""")
_NUMBERS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b|\b[\w.+-]+@[\w-]+\.[\w.]+\b")

logging.getLogger(_NAME).addHandler(logging.NullHandler())


def log_path() -> Path:
    """Where the log lies: beside the settings."""
    return settings_path().with_name("logs") / "window.log"


def start() -> logging.Handler | None:
    """Write the log from now on; None where no file can be made there, which stops nobody."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger(_NAME)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.info("DefectStudio %s on %s", defectstudio.__version__, platform.platform())
    return handler


def stop(handler: logging.Handler | None) -> None:
    """Write no longer."""
    if handler is not None:
        logging.getLogger(_NAME).removeHandler(handler)
        handler.close()


def note(text: str) -> None:
    """Write what happened."""
    logging.getLogger(_NAME).info(text)


def note_error(error: DefectStudioError) -> None:
    """Write an error with its notes, such as where it came from."""
    notes = getattr(error, "__notes__", [])
    logging.getLogger(_NAME).error("\n".join([f"{type(error).__name__}: {error}", *notes]))


def read() -> str:
    """The end of the log; empty while there is none."""
    try:
        text = log_path().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text[-_SHOWN:]


def diagnostics(checks: Iterable[Check]) -> str:
    """What a report of a fault needs, without names of persons, folders and machines."""
    lines = [f"{check.state:8} {check.name}: {check.found}" for check in checks]
    return without_private("\n".join([*lines, "", read()]).rstrip())


def without_private(text: str) -> str:
    """The text without folders, the user's and the machine's name and addresses."""
    homes = [one.path for one in load().settings.recent]
    for place in sorted(map(str, [*homes, Path.home()]), key=len, reverse=True):
        if len(place) > 3:
            text = text.replace(place, "PLACE")
    text = _PATH.sub(_shortened, text)
    for name, stand_in in ((_user(), "USER"), (platform.node(), "MACHINE")):
        if len(name) > 2:
            text = re.sub(rf"\b{re.escape(name)}\b", stand_in, text)
    return _NUMBERS.sub("ADDRESS", text)


def _shortened(found: re.Match[str]) -> str:
    """Of a path only what lies in the program or in a library."""
    parts = re.split(r"[/\\]", found.group())
    for root in ("site-packages", "defectstudio"):
        if root in parts:
            return "/".join(parts[parts.index(root) :])
    return "PATH"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
