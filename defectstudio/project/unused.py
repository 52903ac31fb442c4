"""Files of a project that nothing speaks of any more: found, and taken away.

Who stores a file sets its time, also where it was there already, and speaks of it soon after. So a
file is taken only when it is an hour old, and its time is looked at once more after it was moved
aside, where nobody finds it: who comes before is seen, who comes after stores it anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from defectstudio.domain.errors import ProjectError, UserError
from defectstudio.domain.files import inside
from defectstudio.project.database import Database
from defectstudio.project.models import GENERATORS, SEGMENTERS
from defectstudio.project.queue_rules import OWNED

Sort = Literal["file", "run", "model", "checkpoint", "cache", "backup", "remnant"]

DEAR: tuple[Sort, ...] = ("cache",)
"""Nothing is lost with them but hours of work to make them again."""
YOUNG_SECONDS = 3600.0
"""Longer than between storing a file and the row that speaks of it, outside of jobs."""
ASIDE = ".unused"
"""How the folder begins where things lie until they are deleted."""

_SLASH = "+"
"""In the names of what lies aside, all in one folder: making and removing many takes long."""
_HASH = re.compile(rb"[0-9a-f]{64}")
_STORED = re.compile(r"[0-9a-f]{64}(\.[A-Za-z0-9]{1,8})?")
_REMNANT = re.compile(r"\.[0-9a-f]{16}\.part(\..*)?|\..*\.taken")
_BACKUP = re.compile(r"project-schema\d+-.*\.sqlite")
_TRAININGS = "('train', 'train_segmenter')"


@dataclass(frozen=True)
class Unused:
    """A file or folder, its path in the project (POSIX), and its bytes."""

    sort: Sort
    path: str
    size: int


@dataclass(frozen=True)
class _Seen:
    """What a moment in which no row changes shows: folders that can be taken, the hashes of files
    that are spoken of, and before when others must have been written to be nobody's."""

    folders: list[Unused]
    known: set[str]
    before: float


def find(database: Database, root: Path, at: float) -> list[Unused]:
    """All that can be taken at this time (as `time.time`).

    What may still be waited for stays: files younger than an hour or than a job that runs, caches
    while one does. Raises ProjectError while a job starts, or an import or export runs: those have
    lists of files that stand nowhere.
    """
    with database.write() as connection:
        seen = _look(connection, root, at)
    return [*seen.folders, *_loose(root, seen)]


def take(database: Database, root: Path, at: float, sorts: Collection[Sort]) -> list[Unused]:
    """Delete what `find` finds of these sorts. Returns what is gone: what another program has open
    stays.

    Killed, it leaves things aside; the next one brings back of them what is spoken of.
    """
    aside = root / f"{ASIDE}-{secrets.token_hex(4)}"
    with database.write() as connection:
        _bring_back(connection, root)
        seen = _look(connection, root, at)
        _make(aside)
        folders = [one for one in seen.folders if one.sort in sorts]
        taken = [one for one in folders if _moved_aside(root, one, aside, at)]
    loose = (one for one in _loose(root, seen) if one.sort in sorts)
    taken += [one for one in loose if _moved_aside(root, one, aside, at)]
    shutil.rmtree(aside, ignore_errors=True)
    return taken


def referenced(connection: sqlite3.Connection) -> set[str]:
    """The hashes of the stored files that any text of the database speaks of."""
    found: set[str] = set()
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for column in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            name, declared = column[1], column[2]
            if declared in ("INTEGER", "REAL"):
                continue
            rows = connection.execute(
                f'SELECT CAST("{name}" AS BLOB) FROM "{table}" WHERE instr("{name}", \'files/\')'
            )
            for (text,) in rows:
                found.update(map(bytes.decode, _HASH.findall(text)))
    return found


def size_of(path: Path) -> int:
    """The bytes of a file, or of all in a folder; none where nothing is, or a link, which is not
    followed."""
    if path.is_symlink() or not path.exists():
        return 0
    if not path.is_dir():
        return path.stat().st_size
    return sum(entry.stat().st_size for entry in _walk(path))


def _look(connection: sqlite3.Connection, root: Path, at: float) -> _Seen:
    _check_lists(connection)
    created = [
        datetime.fromisoformat(row["created"]).timestamp()
        for row in connection.execute(f"SELECT created FROM jobs {OWNED}")
    ]
    parts = (
        _runs(connection, root),
        _models(connection, root),
        _checkpoints(connection, root),
        () if created else _whole(root, "cache", "cache"),
        _backups(connection, root),
    )
    known = referenced(connection) | told(root)
    before = min([at - YOUNG_SECONDS, *created])
    return _Seen([one for part in parts for one in part], known, before)


def _check_lists(connection: sqlite3.Connection) -> None:
    row = connection.execute(
        f"SELECT title FROM jobs {OWNED} AND (slot = 'disk' OR state = 'starting')"
    ).fetchone()
    if row:
        raise ProjectError(
            f"the job {row['title']!r} works with the files as they are",
            remedy="Wait until it is done, or cancel it.",
        )


def _loose(root: Path, seen: _Seen) -> Iterator[Unused]:
    yield from _files(root, seen)
    taken = {one.path for one in seen.folders}
    for path in _remnants(root):
        within = path.relative_to(root)
        if within.parent.as_posix() not in taken and _newest(path) < seen.before:
            yield Unused("remnant", within.as_posix(), size_of(path))


def _files(root: Path, seen: _Seen) -> Iterator[Unused]:
    for folder in _folders(root / "files"):
        for entry in _entries(folder):
            digest = entry.name[:64]
            ours = _STORED.fullmatch(entry.name) and folder.name == digest[:2]
            if ours and entry.is_file(follow_symlinks=False) and digest not in seen.known:
                told = entry.stat(follow_symlinks=False)
                if told.st_mtime < seen.before:
                    yield Unused("file", f"files/{folder.name}/{entry.name}", told.st_size)


def told(root: Path) -> set[str]:
    """Hashes in descriptions of jobs, in cards of models, in what removed classes were, and in the
    backup that is kept."""
    found: set[str] = set()
    for pattern in ("*.json", "runs/*/*.json", "generators/*/*.json", "segmenters/*/*.json",
                    "backups/*.json"):  # fmt: skip
        for path in root.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # written beside and renamed just now
                found.update(digest.decode() for digest in _HASH.findall(path.read_bytes()))
    for backup in _kept_backups(root)[-1:]:
        with (
            contextlib.suppress(sqlite3.Error),  # a damaged one brings nothing back
            closing(sqlite3.connect(f"{backup.as_uri()}?mode=ro&immutable=1", uri=True)) as copy,
        ):
            found |= referenced(copy)
    return found


def _runs(connection: sqlite3.Connection, root: Path) -> Iterator[Unused]:
    known = {row["folder"] for row in connection.execute("SELECT folder FROM jobs")}
    for folder in _folders(root / "runs"):
        path = f"runs/{folder.name}"
        if re.fullmatch(r"\d{4,}", folder.name) and path not in known:
            yield Unused("run", path, size_of(folder))


def _models(connection: sqlite3.Connection, root: Path) -> Iterator[Unused]:
    for shelf in (GENERATORS, SEGMENTERS):
        rows = connection.execute(f"SELECT folder FROM {shelf.table}")
        known = {str(row["folder"]).casefold() for row in rows}
        for folder in _folders(root / shelf.table):
            path = f"{shelf.table}/{folder.name}"
            ours = (folder / shelf.card_file).is_file() and not folder.name.startswith(".")
            if ours and path.casefold() not in known:
                yield Unused("model", path, size_of(folder))


def _checkpoints(connection: sqlite3.Connection, root: Path) -> Iterator[Unused]:
    """Of trainings that are done: nothing goes on from there."""
    rows = connection.execute(
        f"SELECT folder FROM jobs WHERE state = 'done' AND kind IN {_TRAININGS} ORDER BY id"
    )
    for row in rows:
        yield from _whole(root, "checkpoint", f"{row['folder']}/checkpoint")


def _whole(root: Path, sort: Sort, path: str) -> Iterator[Unused]:
    try:
        folder = inside(root, path)
    except UserError:  # a row that somebody else wrote, or a link
        return
    if folder.is_dir() and not folder.is_symlink():
        yield Unused(sort, path, size_of(folder))


def _backups(connection: sqlite3.Connection, root: Path) -> Iterator[Unused]:
    """Of older schemas but the last one, and of removed classes that are back."""
    old = _kept_backups(root)[:-1]
    gone = connection.execute("SELECT item_id, id FROM gone_classes")
    kept = {f"class-{row['item_id']}-{row['id']}.json" for row in gone}
    back = [
        path
        for path in sorted((root / "backups").glob("class-*.json"))
        if re.fullmatch(r"class-\d+-\d+\.json", path.name) and path.name not in kept
    ]
    for path in (*old, *back):
        if not path.is_symlink():
            yield Unused("backup", f"backups/{path.name}", path.stat().st_size)


def _kept_backups(root: Path) -> list[Path]:
    """Of the database before its schema changed, oldest first."""
    found = [path for path in (root / "backups").glob("*.sqlite") if _BACKUP.fullmatch(path.name)]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))


def _remnants(root: Path) -> Iterator[Path]:
    """What a program writes, or removes, until it is renamed, or killed."""
    places = [root, *(root / name for name in ("backups", "drafts", "regions"))]
    places += [root / shelf.table for shelf in (GENERATORS, SEGMENTERS)]
    places += [*_folders(root / "files"), *_folders(root / "runs")]
    places += [folder / "chunks" for folder in _folders(root / "runs")]
    for place in places:
        for entry in _entries(place):
            if _REMNANT.fullmatch(entry.name) and not entry.is_symlink():
                yield Path(entry.path)


def _newest(path: Path) -> float:
    """When something in it was last written, or copied there with an older time."""
    inside = [entry.stat() for entry in _walk(path)] if path.is_dir() else []
    return max(time for told in (path.stat(), *inside) for time in (told.st_mtime, told.st_ctime))


def _make(aside: Path) -> None:
    try:
        aside.mkdir()
    except OSError as error:
        raise ProjectError(
            f"nothing can be deleted there ({error.strerror or error})",
            subject=aside.parent,
            remedy="Allow writing to the project's folder.",
        ) from error


def _moved_aside(root: Path, one: Unused, aside: Path, at: float) -> bool:
    target = aside / one.path.replace("/", _SLASH)
    try:
        source = inside(root, one.path)
        source.replace(target)
    except (OSError, UserError):
        return False
    if one.sort == "file" and target.stat().st_mtime > at - YOUNG_SECONDS:
        target.replace(source)  # somebody speaks of it since a moment ago
        return False
    return True


def _bring_back(connection: sqlite3.Connection, root: Path) -> None:
    """Undo, of what was killed on the way, what took a file that is spoken of."""
    left = [folder for folder in _folders(root) if folder.name.startswith(f"{ASIDE}-")]
    known = referenced(connection) if left else set()
    for aside in left:
        for entry in _entries(aside):
            path = entry.name.replace(_SLASH, "/")
            stored = path.startswith("files/") and Path(path).name[:64] in known
            if stored and not (root / path).exists():
                Path(entry.path).replace(root / path)
        shutil.rmtree(aside, ignore_errors=True)


def _folders(folder: Path) -> list[Path]:
    return [Path(e.path) for e in _entries(folder) if e.is_dir(follow_symlinks=False)]


def _entries(folder: Path) -> Iterable[os.DirEntry[str]]:
    """What lies in a folder by name; nothing in one that is not there or is a link."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The files in a folder, at any depth; links are passed over."""
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield entry
