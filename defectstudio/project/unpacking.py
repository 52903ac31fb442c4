"""A packed project made a folder again; nothing in the file is believed unchecked."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import IO

from defectstudio.domain.errors import ProjectError, UserError
from defectstudio.project import folder
from defectstudio.project.archive import (
    ABOUT,
    CHUNK,
    FORMAT,
    LONGEST_NAME,
    SUMS,
    Packed,
    Progress,
    check_name,
    stored_hash,
)
from defectstudio.project.database import Database
from defectstudio.project.names import name_key
from defectstudio.project.place import DATABASE
from defectstudio.project.unused import referenced

_LARGEST_HEADER = LONGEST_NAME + 6 * tarfile.BLOCKSIZE
_LARGEST_ABOUT = 1 << 16
_LONGEST_LINE = LONGEST_NAME + 70
_BAD_HEADER = (tarfile.TarError, ValueError, ArithmeticError, LookupError, EOFError, RecursionError)
_BROKEN = "Copy the archive again from where it was packed, or pack the project again."
_FOREIGN = "Choose a file that `defectstudio pack` made."


def unpack(source: Path, root: Path, progress: Progress | None = None) -> Packed:
    """Make the project of an archive in a new or empty folder, beside and renamed.

    All bytes are checked against the archive's list, and stored files against their names; the
    database must be whole and speak of no file that is missing. Nothing becomes larger than the
    archive, and nothing lies outside of the folder. Raises ProjectError, which names the member
    that is broken or not allowed; then nothing is left.
    """
    root = root.resolve()
    folder.check_free(root)
    desk = root.with_name(f".{secrets.token_hex(8)}.part")
    try:
        desk.mkdir(parents=True)
        with source.open("rb") as stream:
            unpacking = _Unpacking(source, stream, desk)
            made = unpacking.run(root, progress)
        _check_whole(source, desk / "project", unpacking.hashes)
        _put(desk / "project", root)
    except OSError as error:
        raise ProjectError(
            f"the archive cannot be unpacked ({error.strerror or error})",
            subject=error.filename or source,
            remedy="Check that there is room, and that you may read and write there.",
        ) from error
    finally:
        shutil.rmtree(desk, ignore_errors=True)
    return made


class _Unpacking:
    """One run through an archive, into `desk`/project, with both lists of hashes beside it."""

    def __init__(self, source: Path, stream: IO[bytes], desk: Path) -> None:
        self._source, self._stream, self._desk = source, stream, desk
        self._total = os.fstat(stream.fileno()).st_size
        self._keys: set[str] = set()
        self._last = "its beginning"
        self.hashes: set[str] = set()
        """Of the stored files that were there."""

    def run(self, root: Path, progress: Progress | None) -> Packed:
        """Write and check all. Raises ProjectError."""
        self._check_room()
        files, size, ended = 0, 0, False
        with (self._desk / "made").open("w", encoding="utf-8", newline="\n") as made:
            for member in self._members():
                name = self._checked(member)
                if name == SUMS:
                    self._copy(member, self._desk / "told")
                    ended = True
                    break
                target = self._desk / ("about" if name == ABOUT else f"project/{name}")
                digest = self._copy(member, target)
                made.write(f"{digest}  {name}\n")
                if name == ABOUT:
                    self._read_about(target)
                    continue
                files, size = files + 1, size + member.size
                if progress:
                    progress(member.offset_data + member.size, self._total)
        if not ended:
            raise self._broken(f"it ends after {self._last}")
        self._compare()
        return Packed(root, files, size)

    def _members(self) -> Iterator[tarfile.TarInfo]:
        headers = _Headers(self._stream)
        try:
            tar = tarfile.TarFile(fileobj=headers, mode="r")  # type: ignore[arg-type]
            while (member := tar.next()) is not None:
                self._check_plain(member, tar)
                yield member
                self._last = member.name
                tar.members = []  # type: ignore[attr-defined]  # it would keep all
                headers.left = _LARGEST_HEADER
        except _BAD_HEADER as error:
            if self._keys:
                raise self._broken(f"it is damaged after {self._last}") from error
            raise self._foreign() from error

    def _check_plain(self, member: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.sparse
        if not plain or member.size < 0 or tar.pax_headers:
            raise ProjectError(
                f"it is no packed project: {member.name!r} is no plain file",
                subject=self._source,
                remedy=_FOREIGN,
            )
        if member.offset_data + member.size > self._total:
            raise self._broken(f"it is cut off within {member.name!r}")
        if not self._keys and member.name != ABOUT:
            raise self._foreign()

    def _checked(self, member: tarfile.TarInfo) -> str:
        """The member's path, which no other has, on no system."""
        try:
            name = check_name(member.name).as_posix()
        except UserError as error:
            raise ProjectError(
                f"it is no packed project: {error.reason}: {member.name!r}",
                subject=self._source,
                remedy=_FOREIGN,
            ) from error
        if name_key(name) in self._keys:
            raise self._broken(f"it has two files called {name!r}, but for upper and lower case")
        self._keys.add(name_key(name))
        return name

    def _copy(self, member: tarfile.TarInfo, target: Path) -> str:
        digest, left = hashlib.sha256(), member.size
        target.parent.mkdir(parents=True, exist_ok=True)
        self._stream.seek(member.offset_data)
        with target.open("xb") as sink:
            while left and (data := self._stream.read(min(CHUNK, left))):
                digest.update(data)
                sink.write(data)
                left -= len(data)
        stored = stored_hash(member.name)
        if left or stored not in (None, digest.hexdigest()):
            raise self._broken(f"{member.name!r} is damaged")
        self.hashes.update({stored} if stored else ())
        return digest.hexdigest()

    def _read_about(self, path: Path) -> None:
        try:
            if path.stat().st_size > _LARGEST_ABOUT:
                raise ValueError
            told = json.loads(path.read_text("utf-8"))
            version = int(told["format"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._foreign() from error
        if version != FORMAT:
            raise ProjectError(
                f"the archive was made by another DefectStudio ({told.get('made_by', 'unknown')})",
                subject=self._source,
                remedy="Update DefectStudio to unpack it.",
            )

    def _compare(self) -> None:
        """Hold what was written against the archive's own list."""
        with (self._desk / "made").open("rb") as made, (self._desk / "told").open("rb") as told:
            for here, there in zip_longest(_lines(made), _lines(told), fillvalue=b""):
                if here != there:
                    name = (here or there)[66:].decode("utf-8", "replace").strip()
                    raise self._broken(f"{name!r} is not what the archive's list says")

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._desk).free
        if self._total > free:
            raise ProjectError(
                f"{self._total / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free",
                subject=self._desk.parent,
                remedy="Free some space, or choose another disk.",
            )

    def _broken(self, what: str) -> ProjectError:
        return ProjectError(f"the archive is broken: {what}", subject=self._source, remedy=_BROKEN)

    def _foreign(self) -> ProjectError:
        return ProjectError("it is no packed project", subject=self._source, remedy=_FOREIGN)


class _Headers:
    """An archive as `tarfile` reads it: headers only, none of them large."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.left = stream, _LARGEST_HEADER
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        """The next bytes. Raises tarfile.ReadError where one member wants too many."""
        self.left -= size
        if size < 0 or self.left < 0:
            raise tarfile.ReadError("the header is too large")
        return self._stream.read(size)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Its lines, where they are of a sensible length."""
    while line := stream.readline(_LONGEST_LINE):
        yield line


def _check_whole(source: Path, root: Path, there: set[str]) -> None:
    """See that the database is one of ours, whole, and that its files are there."""
    try:
        folder.check(root)
        with closing(Database(root / DATABASE)) as database, database.read() as connection:
            missing = referenced(connection) - there
    except ProjectError as error:
        raise ProjectError(error.reason, subject=source, remedy=_BROKEN) from error
    if missing:
        raise ProjectError(
            f"the archive is broken: its project speaks of a file that is not there,"
            f" {min(missing)}",
            subject=source,
            remedy=_BROKEN,
        )


def _put(made: Path, root: Path) -> None:
    """Move the project to its place once it is on the disk."""
    if hasattr(os, "sync"):
        os.sync()
    folder.check_free(root)
    if root.exists():
        shutil.rmtree(root)  # empty, but for what a killed attempt left
    made.replace(root)
