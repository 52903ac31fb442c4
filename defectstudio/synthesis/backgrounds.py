"""Backgrounds, read when they are needed: memory does not grow with how many there are."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from defectstudio.domain.spread import Fetch
from defectstudio.imaging.reading import read_image
from defectstudio.imaging.types import Image

KEPT_BYTES = 8 << 20
"""Decoded pictures that are kept, beside the last one."""


class Backgrounds:
    """Reads pictures and keeps the last ones: tries and samples often share a background, and a
    line scan takes seconds to decode."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[Path, Image] = OrderedDict()
        self._bytes = 0

    def __call__(self, path: Path) -> Image:
        """As `read_image`."""
        image = self._kept.pop(path, None)
        if image is None:
            with self._fetch(path) as here:
                image = read_image(here)
            self._bytes += image.nbytes
        self._kept[path] = image
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return image
