"""Batches in chunks: independent parts whose outputs are the same whoever makes them, and whenever.

A chunk is a folder of samples, each named by its number and its recipe's hash, and a record beside
it, which is written last: a chunk with a record is whole. What a killed worker left of one without
is looked through, and only what is missing is made.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ImageError
from defectstudio.domain.files import sync, write_json
from defectstudio.domain.recipe import SampleManifest
from defectstudio.domain.specs import CHUNKS_FOLDER
from defectstudio.domain.spread import SpreadSettings
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.render import recipe_sha256, sample_files, write_sample

AT_LEAST = 8
"""Chunks a process, where there are samples enough: the last to end keeps few others idle."""
WRITERS, MOST_UNWRITTEN = 16, 8
"""Threads that write samples and wait for the disk, and how many samples may wait to be written."""
_MANIFEST = TypeAdapter(SampleManifest)


@dataclass(frozen=True)
class Chunk:
    """Samples `first` to `last`, this one not included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def name(self) -> str:
        """Of its folder; names sort as chunks do."""
        return f"{self.first:07d}-{self.last:07d}"


@dataclass(frozen=True)
class Record:
    """A chunk that is whole: its samples' folders in order, what was refused on the way by reason,
    and how many seconds a worker had it in hand."""

    chunk: Chunk
    samples: tuple[str, ...]
    refused: dict[str, int]
    seconds: float = 0.0


@dataclass(frozen=True)
class Packed:
    """A record and the files of its samples, to be sent."""

    record: Record
    files: tuple[dict[str, bytes], ...]


def missing(run: Path, count: int, settings: SpreadSettings) -> tuple[list[Record], list[Chunk]]:
    """The records that are in the run folder, and what of a batch has none, in chunks."""
    there = list(records(run))
    done = {index for record in there for index in range(record.chunk.first, record.chunk.last)}
    left = [index for index in range(count) if index not in done]
    size = settings.chunk
    if settings.processes > 1:
        size = min(size, max(1, len(left) // (AT_LEAST * settings.processes)))
    return there, list(_runs(left, size))


def records(run: Path) -> Iterator[Record]:
    """Of the chunks in a run folder that are whole, in order."""
    for path in sorted((run / CHUNKS_FOLDER).glob("*.json")):
        told = json.loads(path.read_text("utf-8"))
        chunk = Chunk(**told["chunk"])
        yield Record(chunk, tuple(told["samples"]), told["refused"], told["seconds"])


def fill(batch: Batch, chunk: Chunk, run: Path, tick: Callable[[], None] = lambda: None) -> Record:
    """Make what is missing of a chunk in the run folder; tick: called after every sample."""
    began, refused, names = time.perf_counter(), Counter[str](), []
    folder = run / CHUNKS_FOLDER / chunk.name
    known = {name.name.partition("-")[0]: name for name in folder.glob("[0-9]*") if _intact(name)}
    there = {index: known.get(f"{index:07d}") for index in range(chunk.first, chunk.last)}
    with _writing() as write:
        for sample in filter(None, there.values()):
            _keep(sample)
            names.append(sample.name)
            tick()
        for name, files, own in _made(batch, [index for index, old in there.items() if not old]):
            write(folder / name, files)
            names.append(name)
            refused.update(own)
            tick()
    names.sort()  # they begin with their numbers
    record = Record(chunk, tuple(names), dict(refused), time.perf_counter() - began)
    return _recorded(record, run)


def pack(batch: Batch, chunk: Chunk) -> Packed:
    """Make a chunk, to be unpacked elsewhere."""
    began, refused = time.perf_counter(), Counter[str]()
    names, files = [], []
    for name, made, own in _made(batch, range(chunk.first, chunk.last)):
        names.append(name)
        files.append(made)
        refused.update(own)
    record = Record(chunk, tuple(names), dict(refused), time.perf_counter() - began)
    return Packed(record, tuple(files))


def unpack(packed: Packed, run: Path) -> Record:
    """Leave a packed chunk in the run folder, as `fill` does."""
    record = packed.record
    folder = run / CHUNKS_FOLDER / record.chunk.name
    with _writing() as write:
        for name, files in zip(record.samples, packed.files, strict=True):
            if _intact(folder / name):
                _keep(folder / name)
            else:
                write(folder / name, files)
    return _recorded(record, run)


def _made(
    batch: Batch, indices: Sequence[int]
) -> Iterator[tuple[str, dict[str, bytes], Counter[str]]]:
    """Of every sample its name, its files and what was refused on the way."""
    for index, made in zip(indices, batch.make_all(indices), strict=True):
        name = f"{index:07d}-{recipe_sha256(made.recipe)[:16]}"
        yield name, sample_files(made.recipe, made.sample), made.refused


@contextmanager
def _writing() -> Iterator[Callable[[Path, Mapping[str, bytes]], None]]:
    """Within, samples are written while the next ones are made; after it all are on the disk.

    Many files are waited for at a time, for which a disk needs hardly longer than for one. Raises
    what `write_sample` raised of one of them.
    """
    written: deque[Future[list[Future[None]]]] = deque()
    waited: list[Future[None]] = []

    def keep(folder: Path, files: Mapping[str, bytes]) -> list[Future[None]]:
        write_sample(folder, files)
        return [pool.submit(sync, folder / name) for name in files]

    def write(folder: Path, files: Mapping[str, bytes]) -> None:
        if len(written) == MOST_UNWRITTEN:
            waited.extend(written.popleft().result())
        written.append(pool.submit(keep, folder, files))

    with ThreadPoolExecutor(WRITERS, "writing") as pool:
        yield write
        for one in written:
            waited.extend(one.result())
        for file in waited:
            file.result()


def _keep(sample: Path) -> None:
    """Let a sample that a killed run left survive the loss of power, as new ones do."""
    for path in sample.iterdir():
        sync(path)


def _recorded(record: Record, run: Path) -> Record:
    write_json((run / CHUNKS_FOLDER / record.chunk.name).with_suffix(".json"), record)
    return record


def _intact(folder: Path) -> bool:
    """Whether a sample is what its manifest says: after the loss of power it may not be."""
    try:
        manifest = _MANIFEST.validate_json((folder / "recipe.json").read_bytes())
        planes = read_label(folder / "label.png"), read_label(folder / "painted.png")
        found = [pixel_sha256(plane) for plane in (read_image(folder / "image.png"), *planes)]
    except (OSError, ValidationError, ImageError):
        return False
    return found == [manifest.image_sha256, manifest.label_sha256, manifest.painted_sha256]


def _runs(indices: Sequence[int], size: int) -> Iterator[Chunk]:
    """Ascending numbers as chunks of neighbours."""
    first = 0
    for place, index in enumerate(indices):
        ends = place + 1 == len(indices) or indices[place + 1] != index + 1
        if ends or place + 1 - first == size:
            yield Chunk(indices[first], index + 1)
            first = place + 1
