"""What a format has to do, and what all of them do alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.errors import ExportError
from defectstudio.domain.files import sha256_file, write_beside
from defectstudio.exchange.journal import Row
from defectstudio.exchange.pictures import VOID, Picture
from defectstudio.exchange.request import ExportRequest
from defectstudio.imaging.reading import read_image, write_png
from defectstudio.imaging.types import Image, Label, Mask

Rows = Callable[[], Iterator[Row]]
"""All rows of the export, read anew at each call."""
NO_SPLIT = "train"
"""Where the formats that know splits only put images without one."""


@dataclass(frozen=True)
class Ground:
    """Where a writer works. taken: folder in the export -> images in it already."""

    folder: Path
    request: ExportRequest
    taken: Mapping[str, int]


@dataclass(frozen=True)
class Written:
    """A picture in the export: its file and its own label files, the tables its label goes into
    and what they shall say of it."""

    image: str
    labels: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    table: Any = None


class Writer(Protocol):
    """A format. deep: it holds 16-bit pictures. void: it holds void pixels."""

    deep: ClassVar[bool]
    void: ClassVar[bool]

    def __init__(self, ground: Ground) -> None: ...

    def write(self, picture: Picture) -> Written:
        """Write a picture and read it back. Raises ExportError when it is not as written."""
        ...

    def finish(self, rows: Rows, /) -> list[str]:
        """Write the tables; what the format could not hold, one sentence each."""
        ...


def put_image(folder: Path, relative: str, image: Image | Mask) -> None:
    """Write a PNG and read it back. Raises ExportError when it is not as written."""
    write_png(folder / relative, image)
    pixels = image if image.dtype != np.bool_ else image.astype(np.uint8) * np.uint8(255)
    must_equal(read_image(folder / relative), pixels, folder / relative)


def put_text(path: Path, pieces: Iterable[str]) -> None:
    """Write text in UTF-8, piece by piece, whole or not, and read it back. Raises ExportError
    when it is not as written."""
    digest = hashlib.sha256()

    def write(beside: Path) -> None:
        with beside.open("wb") as stream:
            for piece in pieces:
                data = piece.encode()
                digest.update(data)
                stream.write(data)

    write_beside(path, write)
    if sha256_file(path) != digest.hexdigest():
        raise not_as_written(path)


def must_equal(found: NDArray[Any], written: NDArray[Any], path: Path) -> None:
    """Raise ExportError when what was read back is not what was written."""
    if found.dtype != written.dtype or not np.array_equal(found, written):
        raise not_as_written(path)


def not_as_written(path: Path) -> ExportError:
    """The error for a file that reads back differently."""
    return ExportError(
        "the file did not read back as it was written",
        subject=path.name,
        remedy="Check the disk, then export again.",
    )


def without_void(label: Label) -> Label:
    """The label with background for void."""
    plain: Label = np.where(label == VOID, 0, label).astype(np.uint8)
    return plain


def split_note(request: ExportRequest) -> list[str]:
    """The sentence for formats where every image has a split."""
    bare = sum(entry.split is None for entry in request.entries)
    return [f"{bare} images without a split are in {NO_SPLIT}."] if bare else []
