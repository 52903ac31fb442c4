"""A whole project as one tar file: what is in it, and packing it.

The first member says what it is, the last one lists the SHA-256 of all others, as `sha256sum`
writes them. Members are sorted, and without times and owners: the same project, the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from defectstudio import __version__
from defectstudio.domain.errors import ProjectError, UserError
from defectstudio.domain.files import inside, to_json, write_beside
from defectstudio.project.database import Database
from defectstudio.project.folder import read_meta
from defectstudio.project.names import DEVICES
from defectstudio.project.place import DATABASE
from defectstudio.project.unused import ASIDE, referenced, told

ABOUT, SUMS = "packed-project.json", "SHA256SUMS"
FORMAT = 1
LONGEST_NAME = 1000
"""Bytes of a member's path."""
CHUNK = 1 << 20

Progress = Callable[[int, int], object]
"""Told the bytes that are done, and all."""

_NOT_AT_TOP = re.compile(
    rf"{ABOUT}|{SUMS}|project\.sqlite.*|cache|supervisor\.(json|log)|{re.escape(ASIDE)}-[0-9a-f]+"
)
_NOWHERE = re.compile(r".*\.lock|worker\.json|\.[0-9a-f]{16}\.part.*")
"""What is of this machine or of this moment only. The database is copied apart."""
_STORED = re.compile(r"files/[0-9a-f]{2}/([0-9a-f]{64})(\..+)?")
_CUT = "It was packed before it was done."


@dataclass(frozen=True)
class Packed:
    """What was packed or unpacked: the folder or file that was made, files and their bytes."""

    path: Path
    files: int
    size: int


def pack(database: Database, root: Path, target: Path, progress: Progress | None = None) -> Packed:
    """Write the project at `root` into a new file, beside and renamed.

    Other programs may work on the project: the database is copied as of one moment, and what it
    speaks of is there since. Unused files stay behind. Jobs that are not done are interrupted in
    the copy. Raises ProjectError: the target is there or lies within the project, a file is
    damaged, missing or a link, or the disk fails.
    """
    _check_target(root, target)
    made: list[Packed] = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(suffix=".part", prefix=".", dir=target.parent) as desk:
            copy = Path(desk) / DATABASE
            needed = _copied(database, copy)
            write_beside(
                target, lambda part: made.append(_write(part, root, copy, needed, progress))
            )
    except OSError as error:
        raise ProjectError(
            f"the project cannot be packed ({error.strerror or error})",
            subject=error.filename or target,
            remedy="Check that there is room, and that you may read and write there.",
        ) from error
    return Packed(target, made[0].files, made[0].size)


def check_name(name: str) -> PurePosixPath:
    """The path of a member. Raises UserError for one that leaves its folder, is not legal on every
    system, or is not packed."""
    inside(Path("/"), name)
    path = PurePosixPath(name)
    illegal = any(DEVICES.fullmatch(part) or part.endswith((".", " ")) for part in path.parts)
    if illegal or not name.isprintable() or re.search(r'[<>"|?*]', name):
        raise UserError("the path is not legal on every system", subject=name)
    if len(os.fsencode(name)) > LONGEST_NAME:
        raise UserError("the path is too long", subject=name)
    if _NOT_AT_TOP.fullmatch(path.parts[0]) and name not in (ABOUT, SUMS, DATABASE):
        raise UserError("a packed project has no such file", subject=name)
    if any(_NOWHERE.fullmatch(part) for part in path.parts):
        raise UserError("a packed project has no such file", subject=name)
    return path


def stored_hash(name: str) -> str | None:
    """What a content-addressed file must have, None for any other."""
    found = _STORED.fullmatch(name)
    return found and found[1]


def _check_target(root: Path, target: Path) -> None:
    if target.exists():
        raise ProjectError("it is there already", subject=target, remedy="Choose another name.")
    if target.resolve().is_relative_to(root):
        raise ProjectError(
            "the archive would lie in the project itself",
            subject=target,
            remedy="Choose another folder.",
        )


def _copied(database: Database, copy: Path) -> set[str]:
    """Copy the database as of one moment; the hashes of the files that it speaks of."""
    with database.read() as connection, closing(sqlite3.connect(copy)) as made:
        connection.backup(made)
    with closing(sqlite3.connect(copy)) as made:
        made.execute("PRAGMA journal_mode = DELETE")
        made.execute(
            "UPDATE jobs SET state = 'interrupted', message = ?, ended = created, wanted = '',"
            " place = '', retries = 0, seconds_left = NULL"
            " WHERE state IN ('queued', 'starting', 'running', 'paused')",
            (_CUT,),
        )
        made.commit()
        made.execute("VACUUM")
        return referenced(made)


def _write(
    part: Path, root: Path, copy: Path, needed: set[str], progress: Progress | None
) -> Packed:
    missing, total = set(needed), copy.stat().st_size
    known = needed | told(root)
    for path in _wanted(root, known):
        missing.discard(stored_hash(path.relative_to(root).as_posix()) or "")
        total += _size(path)
    if missing:
        raise _missing(root, min(missing))
    with part.open("wb") as stream, closing(_Writer(stream)) as writer:
        writer.add_text(ABOUT, f"{to_json(_about(copy))}\n")
        writer.add_file(DATABASE, copy)
        for path in _wanted(root, known):
            name = path.relative_to(root).as_posix()
            if not writer.add_file(name, path) and (digest := stored_hash(name)) in needed:
                raise _missing(root, str(digest))
            if progress:
                progress(writer.size, max(total, writer.size))
        writer.add_sums()
        return Packed(part, writer.files, writer.size)


def _missing(root: Path, digest: str) -> ProjectError:
    return ProjectError(
        "the project speaks of a file that is missing or was removed just now",
        subject=root / "files" / digest[:2] / digest,
        remedy="Pack once more; restore the file from a copy if it stays missing.",
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _about(copy: Path) -> dict[str, object]:
    with closing(sqlite3.connect(copy)) as connection:
        connection.row_factory = sqlite3.Row
        identity = read_meta(connection, "id")
    return {"format": FORMAT, "made_by": f"DefectStudio {__version__}", "project": identity}


def _wanted(root: Path, known: set[str]) -> Iterator[Path]:
    """The files that are packed, always in the same order: of stored ones those that are known.
    Raises ProjectError for a link."""
    for top in _listed(root):
        if not _NOT_AT_TOP.fullmatch(top.name):
            for path in _below(top):
                digest = stored_hash(path.relative_to(root).as_posix())
                if digest is None or digest in known:
                    yield path


def _below(path: Path) -> Iterator[Path]:
    if _NOWHERE.fullmatch(path.name):
        return
    if path.is_symlink():
        raise ProjectError(
            "a link cannot be packed", subject=path, remedy="Replace it by what it leads to."
        )
    if path.is_dir():
        for inner in _listed(path):
            yield from _below(inner)
    elif path.is_file():
        yield path


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: path.name)


class _Writer:
    """A tar file that is written once, from its first member to the list of all."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.TarFile(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)
        self._sums: list[str] = []
        self.files, self.size = 0, 0

    def close(self) -> None:
        """Write the end."""
        self._tar.close()

    def add_text(self, name: str, text: str) -> None:
        """Add a member of our own."""
        data = text.encode()
        self._add(name, len(data), io.BytesIO(data))

    def add_file(self, name: str, path: Path) -> bool:
        """Add a file as it is now, False for one that is gone meanwhile. Raises ProjectError for
        one that is not what its name says, and for a name that could not be unpacked."""
        try:
            check_name(name)
            stream = path.open("rb")
        except FileNotFoundError:
            return False
        except UserError as error:
            raise ProjectError(
                f"a file of this name could not be unpacked: {error.reason}",
                subject=path,
                remedy="Rename it or move it out of the project.",
            ) from error
        with stream:
            size = os.fstat(stream.fileno()).st_size
            digest = self._add(name, size, stream)
        if stored_hash(name) not in (None, digest):
            raise ProjectError(
                "the file is damaged: it is not what its name says",
                subject=path,
                remedy="Restore it from a copy of the project.",
            )
        self.files, self.size = self.files + 1, self.size + size
        return True

    def add_sums(self) -> None:
        """Add the list, at last."""
        self.add_text(SUMS, "".join(self._sums))

    def _add(self, name: str, size: int, stream: IO[bytes]) -> str:
        member, source = tarfile.TarInfo(name), _Hashed(stream)
        member.size = size
        self._tar.addfile(member, source)  # type: ignore[arg-type]
        self._tar.members = []  # type: ignore[attr-defined]  # it would keep all
        self._sums.append(f"{source.digest.hexdigest()}  {name}\n")
        return source.digest.hexdigest()


class _Hashed:
    """A stream whose hash is known when it was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        return data
