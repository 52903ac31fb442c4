"""MATLAB files against scipy's writer, and files that ended the process in scipy's reader."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import scipy.io

from defectstudio.exchange.readers.matfile import field


def _file(content: dict[str, Any], packed: bool = False) -> bytes:
    sink = io.BytesIO()
    scipy.io.savemat(sink, content, do_compression=packed)
    return sink.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (3, 1)])
def test_numbers_of_every_type(packed: bool, kind: str, shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).integers(0, 100, shape).astype(kind)
    content = {"other": np.arange(3), "truth": {"Edges": np.eye(3), "Plane": plane, "Z": "text"}}
    found = field(_file(content, packed), "truth", "Plane", 1 << 20)
    np.testing.assert_array_equal(found, plane)
    assert found.dtype == plane.dtype


GOOD = _file({"truth": {"Plane": np.ones((4, 4), np.uint8)}})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "level 5"),
        (GOOD[:128], "no truth"),
        (GOOD[:-20], "cut off"),
        (_file({"truth": {"Other": np.ones(3)}}), "no Plane"),
        (_file({"truth": {"Plane": "text"}}), "no numbers"),
        (_file({"truth": {"Plane": {"a": 1}}}), "no numbers"),
        (_file({"truth": np.ones(3)}), "no struct"),
        (_file({"truth": {"Plane": np.ones((99, 99))}}, packed=True), "cut off"),
        # A shape of other numbers than there are.
        (GOOD.replace(b"\4\0\0\0\4\0\0\0", b"\4\0\0\0\5\0\0\0"), "reshape"),
        (GOOD.replace(b"\4\0\0\0\4\0\0\0", b"\4\0\0\0\xff\xff\xff\xff"), "no numbers"),
    ],
)
def test_files_that_are_wrong(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        field(data, "truth", "Plane", 1 << 10)


def test_every_byte_may_be_another() -> None:
    """scipy's loadmat ends the process on some of these (1.17.0: a type of 0xff)."""
    for place in range(len(GOOD)):
        for value in (0, 0x0F, 0x7F, 0xFF):
            data = GOOD[:place] + bytes([value]) + GOOD[place + 1 :]
            try:
                found = field(data, "truth", "Plane", 1 << 10)
            except ValueError:
                continue
            assert found.size <= 16
