"""What the images of an item are shown between: one JSON file beside the project's database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from defectstudio.app.display import Window
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import read_plain, write_json
from defectstudio.domain.records import ImageRecord

FILE = "windows.json"


@dataclass(frozen=True)
class Windows:
    """Windows by item id and depth in bits: an item's images come from one camera."""

    windows: dict[int, dict[int, Window]] = field(default_factory=dict)
    format: Literal[1] = 1

    def of(self, image: ImageRecord) -> Window | None:
        """The window of an image; None: the one of its own values."""
        kept = self.windows.get(image.item_id, {}).get(image.depth)
        return kept if kept and 0 <= kept.low < kept.high < 1 << image.depth else None


_WINDOWS = TypeAdapter(Windows)


def read_windows(root: Path) -> Windows:
    """Those of the project in a folder. A damaged file is none: only a view is lost with it."""
    try:
        return _WINDOWS.validate_json(read_plain(root / FILE))
    except (OSError, ValidationError):
        return Windows()


def keep_window(root: Path, image: ImageRecord, window: Window | None) -> None:
    """Show all images of the item and depth like this from now on; None: each by its own values.

    Raises ProjectError when that cannot be written.
    """
    kept = read_windows(root)
    own = dict(kept.windows.get(image.item_id, {}))
    own.pop(image.depth, None)
    if window is not None:
        own[image.depth] = window
    try:
        write_json(root / FILE, replace(kept, windows={**kept.windows, image.item_id: own}))
    except OSError as error:
        raise ProjectError(
            f"how images are shown cannot be kept ({error.strerror or error})",
            subject=root / FILE,
            remedy="Free some space or allow writing to the project's folder.",
        ) from error
