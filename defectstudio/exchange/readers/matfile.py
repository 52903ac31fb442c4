"""The one array that is wanted of a MATLAB file of level 5, read without trust.

scipy.io.loadmat ends the process on foreign bytes: it looks types up by unchecked numbers.
Source: MAT-File Format, https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEAD = 128
_MATRIX, _COMPRESSED = 14, 15
_STRUCT, _NUMBERS = 2, range(6, 16)
"""Classes of arrays."""
_TYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
"""Types of numbers."""


def field(data: bytes, variable: str, name: str, most: int) -> NDArray[Any]:
    """The numeric field `name` of the struct `variable`, as an array of its shape.

    most: bytes that a packed variable may have. Raises ValueError where there is none.
    """
    order = {b"IM": "<", b"MI": ">"}.get(data[_HEAD - 2 : _HEAD])
    if order is None:
        raise ValueError("this is no MATLAB file of level 5")
    for element in _elements(data[_HEAD:], order):
        kind, body = element
        if kind == _COMPRESSED:
            kind, body = next(_elements(_unpacked(body, most), order), (0, b""))
        if kind == _MATRIX and (found := _Array.read(body, order)).name == variable:
            return found.numbers(name)
    raise ValueError(f"it has no {variable}")


def _unpacked(body: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error as error:
        raise ValueError("a packed variable is damaged") from error


@dataclass(frozen=True)
class _Array:
    """An array: its class, shape and name, and the elements of its content."""

    kind: int
    shape: tuple[int, ...]
    name: str
    content: Iterator[tuple[int, bytes]]
    order: str

    @classmethod
    def read(cls, data: bytes, order: str) -> _Array:
        """The array of an element. Raises ValueError."""
        content = _elements(data, order)
        head = [body for _, body in islice(content, 3)]
        if len(head) < 3 or len(head[0]) < 4:
            raise ValueError("an array ends within its head")
        kind = int.from_bytes(head[0][:4], "little" if order == "<" else "big") & 0xFF
        shape = tuple(np.frombuffer(head[1], f"{order}i4").tolist())
        return cls(kind, shape, head[2].decode("latin-1"), content, order)

    def numbers(self, name: str) -> NDArray[Any]:
        """The numeric field `name` of the first struct. Raises ValueError."""
        if self.kind != _STRUCT:
            raise ValueError(f"{self.name} is no struct")
        (_, length), (_, names) = next(self.content, (0, b"")), next(self.content, (0, b""))
        step = int.from_bytes(length[:4], "little" if self.order == "<" else "big")
        if not 0 < step <= len(names):
            raise ValueError(f"{self.name} has no fields")
        fields = [names[at : at + step].split(b"\0")[0] for at in range(0, len(names), step)]
        for field_name, (_, body) in zip(fields, self.content, strict=False):
            if field_name.decode("latin-1") == name:
                return _Array.read(body, self.order)._values()
        raise ValueError(f"{self.name} has no {name}")

    def _values(self) -> NDArray[Any]:
        kind, body = next(self.content, (0, b""))
        if self.kind not in _NUMBERS or kind not in _TYPES or min(self.shape, default=-1) < 0:
            raise ValueError("it holds no numbers")
        return np.frombuffer(body, self.order + _TYPES[kind]).reshape(self.shape, order="F")


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and content of each element. Raises ValueError for one that is cut off."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16:  # A small one has its size and four bytes of content in its head.
            yield kind & 0xFFFF, data[at + 4 : at + 4 + min(kind >> 16, 4)]
            at += 8
            continue
        if size > len(data) - at - 8:
            raise ValueError("an element is cut off")
        yield kind, data[at + 8 : at + 8 + size]
        # Packed variables follow each other at once, all others begin at a multiple of eight.
        at += 8 + size + (0 if kind == _COMPRESSED else -size % 8)
