"""Decisions read off bytes, whoever made them: a seed, hypothesis or a coverage-guided fuzzer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Numbers from bytes; where these end, zeros."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, below: int) -> int:
        """0 .. below - 1."""
        width = max(1, (below - 1).bit_length() + 7 >> 3)
        taken = self._data[self._at : self._at + width]
        self._at += width
        return int.from_bytes(taken, "big") % below

    def one(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.number(len(options))]

    def rare(self, of: int = 8) -> bool:
        """True once in so many; never when the bytes have ended."""
        return self.number(of) == 1
