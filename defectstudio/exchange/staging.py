"""A folder that appears whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from defectstudio.domain.errors import ExportError
from defectstudio.exchange.journal import Journal


@contextmanager
def staged(out: Path, fingerprint: str) -> Iterator[tuple[Path, Journal]]:
    """Yield a hidden folder beside `out` and its journal; renamed to `out` at the end, removed on
    any error.

    What a killed export of the same fingerprint left behind is taken up, of another removed.
    Raises ExportError when `out` exists and is not an empty folder, when another export is
    writing to it, or when the disk refuses.
    """
    out = out.absolute()
    part = out.with_name(f".{out.name}.part")
    try:
        with _lock(out):
            _refuse_existing(out)
            try:
                journal = _opened(part, fingerprint)
                try:
                    yield part, journal
                finally:
                    journal.close()
                journal.remove()
                _refuse_existing(out)
                if out.exists():
                    out.rmdir()
                part.replace(out)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    except Timeout as error:
        raise ExportError(
            "another export is writing there", subject=out, remedy="Wait for it to end."
        ) from error
    except OSError as error:
        raise ExportError(
            f"the disk refused ({error.strerror or error})",
            subject=error.filename or out,
            remedy="Free some space or choose another folder.",
        ) from error


def _opened(part: Path, fingerprint: str) -> Journal:
    """The journal in `part`; the folder is emptied first when nothing of it can be used."""
    part.mkdir(parents=True, exist_ok=True)
    journal = Journal(part, fingerprint)
    if journal.entries:
        return journal
    journal.close()
    shutil.rmtree(part)
    part.mkdir()
    return Journal(part, fingerprint)


def _lock(out: Path) -> FileLock:
    # Not beside the export: nothing but the export itself shall be left there.
    name = hashlib.sha256(str(out).encode()).hexdigest()[:32]
    return FileLock(Path(tempfile.gettempdir()) / f"defectstudio-export-{name}.lock", timeout=0)


def _refuse_existing(out: Path) -> None:
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise ExportError(
            "it exists already and is not an empty folder",
            subject=out,
            remedy="Choose a new folder; exports never overwrite.",
        )
