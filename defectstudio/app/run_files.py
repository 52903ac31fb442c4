"""What a run left in its folder, for people to look at."""

from __future__ import annotations

import json
from pathlib import Path

from defectstudio.domain.events import Metrics
from defectstudio.imaging.reading import read_image
from defectstudio.imaging.types import Image
from defectstudio.jobs.running import LOG_FILE, METRICS_FILE

PICTURE = "preview"
"""The role of a training's pictures, and how their names begin."""

_LOG_BYTES = 64 << 10
_LEVELS = ("info", "notice", "warning")


def read_metrics(run: Path) -> list[Metrics]:
    """The figures of every step so far, in order. Lines that were cut off are left out.

    A resumed run repeats the steps after its checkpoint: the later figures count.
    """
    try:
        lines = (run / METRICS_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    by_step = {}
    for line in lines:
        metrics = _metrics(line)
        if metrics is not None:
            by_step[metrics.step] = metrics
    return [by_step[step] for step in sorted(by_step)]


def read_log(run: Path) -> str:
    """The last 64 KB of the run's log; empty when there is none."""
    try:
        with (run / LOG_FILE).open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _LOG_BYTES))
            return stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def last_picture(run: Path) -> Image | None:
    """What the training draws by now, None where it drew nothing yet.

    Raises ImageError when the picture cannot be read.
    """
    found = sorted(run.glob(f"{PICTURE}_*.png"))
    return read_image(found[-1]) if found else None


def report_page(run: Path) -> Path | None:
    """The page of the run's report, None where it left none."""
    return next(iter(sorted((run / "report").glob("*.html"))), None)


def level_of_line(line: str) -> str:
    """What a line of the log is: "info", "notice", "warning" or, for all that is not the worker's
    own word, "output"."""
    head, colon, _ = line.partition(": ")
    return head if colon and head in _LEVELS else "output"


def _metrics(line: str) -> Metrics | None:
    try:
        fields = json.loads(line)
        values = {str(name): float(value) for name, value in fields["values"].items()}
        return Metrics(int(fields["step"]), values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
