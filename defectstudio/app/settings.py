"""The settings of this program on this machine, in one JSON file.

The window's first paint waits for this module: what checks and writes is imported when it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from defectstudio.domain.bounds import Bounds
from defectstudio.domain.device import Device
from defectstudio.domain.errors import SettingError
from defectstudio.domain.files import read_json, read_plain, write_json
from defectstudio.project.place import is_project

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Theme = Literal["system", "light", "dark"]
Language = Literal["system", "en", "de", "zh_CN"]

HOME = "DEFECTSTUDIO_HOME"
"""The environment variable that names another folder for the settings."""


@dataclass(frozen=True)
class RecentProject:
    """A project that was open on this machine; `name` is its folder's, `steps` the first steps
    that were taken in it."""

    id: str
    path: Path
    name: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preferences:
    """What a person chooses in the settings dialog. Zero threads: all cores but one."""

    theme: Theme = "system"
    language: Language = "system"
    autosave_seconds: Annotated[int, Bounds(1, 300)] = 2
    undo_megabytes: Annotated[int, Bounds(16, 4096)] = 256
    device: Device = "auto"
    threads: Annotated[int, Bounds(0, 256)] = 0


@dataclass(frozen=True)
class Settings:
    """recent: the projects opened last, newest first; keys: those of actions, by id, where a
    person has changed them."""

    recent: tuple[RecentProject, ...] = ()
    preferences: Preferences = Preferences()
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    format: Literal[1] = 1

    @property
    def present(self) -> tuple[RecentProject, ...]:
        """The recent projects that are there now, newest first."""
        return tuple(one for one in self.recent if is_project(one.path))


@dataclass(frozen=True)
class Loaded:
    """The settings, and what a person should know about them; empty when all is well."""

    settings: Settings
    note: str = ""


def settings_path() -> Path:
    """Where the settings lie: in $DEFECTSTUDIO_HOME, or where the system keeps settings."""
    home = os.environ.get(HOME)
    if home:
        return Path(home) / "settings.json"
    from platformdirs import user_config_path

    return user_config_path("DefectStudio", appauthor=False) / "settings.json"


def glance() -> Settings:
    """The settings as they lie there, for the first paint; `load` checks them soon after.

    What cannot be understood is left to that: it is taken as default here.
    """
    try:
        plain = read_json(settings_path())
        return _understood(plain)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Settings()


def load() -> Loaded:
    """The settings. A file that cannot be used is set aside and named in the note, never an
    error: the program starts with defaults then."""
    from pydantic import ValidationError

    path = settings_path()
    try:
        return Loaded(_adapter().validate_json(read_plain(path)))
    except FileNotFoundError:
        return Loaded(Settings())
    except ValidationError:
        return Loaded(Settings(), _set_aside(path))
    except OSError as error:
        return Loaded(
            Settings(), f"The settings {path} cannot be read ({error.strerror}); defaults are used."
        )


def change(edit: Callable[[Settings], Settings]) -> Settings:
    """Apply `edit` to the settings and write them whole or not at all.

    Other processes that change them wait. Raises SettingError when they cannot be written.
    """
    from filelock import FileLock

    path = settings_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=10):
            edited = edit(load().settings)
            write_json(path, edited)
    except OSError as error:
        raise SettingError(
            f"the settings cannot be written ({error.strerror or error})",
            subject=path,
            remedy=f"Allow writing there, or set {HOME} to another folder.",
        ) from error
    return edited


@cache
def _adapter() -> TypeAdapter[Settings]:
    from pydantic import TypeAdapter

    return TypeAdapter(Settings)


def _understood(plain: Any) -> Settings:
    """Raises TypeError, ValueError, KeyError or AttributeError."""
    preferences = Preferences(**plain.get("preferences", {}))
    if preferences.theme not in get_args(Theme) or preferences.language not in get_args(Language):
        raise ValueError("there is no such look or language")
    recent = (
        RecentProject(one["id"], Path(one["path"]), str(one["name"]), tuple(one.get("steps", ())))
        for one in plain.get("recent", ())
    )
    keys = {action: tuple(map(str, mine)) for action, mine in plain.get("keys", {}).items()}
    return Settings(tuple(recent), preferences, keys)


def _set_aside(path: Path) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"settings.broken-{stamp}.json")
    try:
        path.replace(aside)
    except OSError as error:
        return f"The settings {path} are damaged and cannot be moved away ({error.strerror})."
    return f"The settings were damaged and are started anew; the old file is kept as {aside}."
