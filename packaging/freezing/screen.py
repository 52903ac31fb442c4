"""A virtual screen whose pixels can be read: nothing but Xvfb is needed."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 1360, 820
_GRAIN = 0.002
_HEAD = ">25I"
"""An X window dump begins with these numbers: xwd(1), XWDFile.h."""


class Screen:
    """display: what DISPLAY is to be; the picture is read from the server's own memory."""

    def __init__(self, display: str, memory: Path) -> None:
        self.display, self._memory = display, memory

    def picture(self) -> NDArray[np.uint8]:
        """What is seen now, (H, W, 3)."""
        return decode(self._memory.read_bytes())

    def wait_for_light(self, patience: float) -> float:
        """Seconds until any pixel is not black. Raises TimeoutError."""
        began = time.perf_counter()
        with self._memory.open("rb") as stream:
            while True:
                stream.seek(0)
                if decode(stream.read())[::8, ::8].any():
                    return time.perf_counter() - began
                if time.perf_counter() - began > patience:
                    raise TimeoutError("nothing was shown")
                time.sleep(_GRAIN)

    def rest(self, patience: float, quiet: float = 3.0) -> None:
        """Wait until nothing has changed for `quiet` seconds, or patience ends."""
        end = time.monotonic() + patience
        before, since = self.picture(), time.monotonic()
        while time.monotonic() < end and time.monotonic() - since < quiet:
            time.sleep(0.2)
            now = self.picture()
            if not np.array_equal(now, before):
                before, since = now, time.monotonic()

    def shoot(self, file: Path) -> None:
        """Keep what is seen now as a PNG."""
        Image.fromarray(self.picture()).save(file, optimize=True)


def decode(dump: bytes) -> NDArray[np.uint8]:
    """The picture of an X window dump of 24 bits in 32, lowest byte first. Raises ValueError."""
    head = struct.unpack_from(_HEAD, dump)
    size, (width, height), (bits, line), colours = head[0], head[4:6], head[11:13], head[19]
    if bits != 32 or head[7] != 0:
        raise ValueError("not a screen of 24 bits in 32, lowest byte first")
    start = size + 12 * colours
    rows = np.frombuffer(dump, np.uint8, line * height, start).reshape(height, line)
    return np.ascontiguousarray(rows[:, : 4 * width].reshape(height, width, 4)[..., 2::-1])


@contextmanager
def screen() -> Iterator[Screen]:
    """While it lasts. Raises FileNotFoundError or RuntimeError where no Xvfb starts."""
    with tempfile.TemporaryDirectory(prefix="defectstudio-screen-") as folder:
        read, write = os.pipe()
        server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(write), "-fbdir", folder, "-noreset"),
                *("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-ac"),
            ],
            pass_fds=(write,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        try:
            with os.fdopen(read) as told:
                number = told.readline().strip()
            if not number:
                raise RuntimeError("Xvfb did not start; run it by hand to see why")
            yield Screen(f":{number}", Path(folder, "Xvfb_screen0"))
        finally:
            server.terminate()
            server.wait()
