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


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `out`; renamed to `out` at the end, removed on any error.

    What a killed export left behind is removed by the next one to the same place. Raises
    ExportError when `out` exists and is not an empty folder, when another export is writing to
    it, or when the disk refuses.
    """
    out = out.absolute()
    part = out.with_name(f".{out.name}.part")
    try:
        with _lock(out):
            _refuse_existing(out)
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            try:
                yield part
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
