"""A case: good files, spoilt by choices, read within a fence."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType

from defectstudio.domain.errors import UserError
from tests.fuzz.choices import Choices
from tests.fuzz.fence import Escaped, fenced, lower
from tests.fuzz.spoil import Files, Link, spoil

BAIT = b"not yours"
SECONDS = 20.0
"""A case that takes longer is given up as one that hangs; the slowest on a busy machine took 3."""
_LENGTH = 96


class Hung(BaseException):
    """A case took longer than SECONDS."""


def _nothing(files: Files) -> None:
    """Files need no mending."""


@dataclass(frozen=True)
class Reader:
    """What is fuzzed.

    seeds: makes good files, once. read: reads the case's folder; UserError is all it may raise.
    writes: whether it may write below that folder. mend: makes hashes fit what was spoilt, so that
    the check of a hash does not hide what lies behind it. spoil: an own way to spoil.
    slow: makes a network or opens every file; the suite runs a hundredth, not a tenth.
    """

    seeds: Callable[[], list[Files]]
    read: Callable[[Path], object]
    writes: bool = False
    mend: Callable[[Files], None] = _nothing
    spoil: Callable[[Files, Choices], None] = spoil
    slow: bool = False

    @cached_property
    def good(self) -> list[Files]:
        """The seeds, made once."""
        return self.seeds()


@dataclass
class Found:
    """What a run of cases found: traces by their last line, how many, and the slowest case."""

    cases: int = 0
    traces: dict[str, list[str]] = field(default_factory=dict)
    refused: int = 0
    slowest: float = 0.0

    def note(self, error: BaseException, data: bytes) -> None:
        """Keep one trace and the data of a fault, counted by its place."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        key = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        whole = f"{data.hex()}\n{''.join(traceback.format_exception(error))}"
        self.traces.setdefault(key, []).append(whole)


def seeded(count: int, seed: int = 0) -> Iterator[bytes]:
    """Data of cases, the same for a seed."""
    source = random.Random(seed)
    for _ in range(count):
        yield source.randbytes(_LENGTH)


@contextmanager
def place() -> Iterator[Path]:
    """A folder for cases, in memory where the system has such, with bait beside them."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        root = Path(name).resolve()
        (root / "outside").mkdir()
        (root / "outside" / "bait.png").write_bytes(BAIT)
        yield root


def run_case(reader: Reader, data: bytes, root: Path) -> bool:
    """Read files spoilt as `data` says, in a folder below `root`; whether they were refused.

    Raises what is not a UserError, Escaped for writing elsewhere and Hung.
    """
    choices = Choices(data)
    files = dict(choices.one(reader.good))
    for _ in range(choices.one((1, 1, 1, 2, 2, 4))):
        reader.spoil(files, choices)
    reader.mend(files)
    folder = root / "case"
    _write(folder, files)
    try:
        with _at_most(SECONDS), fenced(folder if reader.writes else None):
            reader.read(folder)
    except UserError as error:
        assert error.reason, "an error says why"
        str(error).encode()
        return True
    finally:
        lower()
        shutil.rmtree(folder)
    if [path.name for path in root.iterdir()] != ["outside"] or (
        (root / "outside" / "bait.png").read_bytes() != BAIT
    ):
        raise Escaped("something changed beside the case")
    return False


def run_cases(reader: Reader, data: Iterator[bytes]) -> Found:
    """All of them, faults noted."""
    found = Found()
    with place() as root:
        for one in data:
            began = time.perf_counter()
            try:
                found.refused += run_case(reader, one, root)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                found.note(error, one)
            found.cases += 1
            found.slowest = max(found.slowest, time.perf_counter() - began)
    return found


def _write(folder: Path, files: Mapping[str, bytes | Link]) -> None:
    folder.mkdir()
    made = {folder}
    for name, content in files.items():
        path = folder / name
        try:
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            if isinstance(content, Link):
                path.symlink_to(content.to)
            elif name.endswith("/"):
                path.mkdir(exist_ok=True)
            elif not path.is_symlink():
                path.write_bytes(content)
        except (OSError, ValueError):
            continue  # The system has no such file, so no reader meets it.


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    if os.name != "posix":
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hung(f"longer than {seconds} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
