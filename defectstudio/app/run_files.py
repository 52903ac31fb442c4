"""What a run left in its folder, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from defectstudio.domain.errors import JobError
from defectstudio.domain.events import Metrics
from defectstudio.domain.files import plain_size, write_bytes
from defectstudio.domain.records import JobRecord
from defectstudio.imaging.reading import read_image
from defectstudio.imaging.types import Image
from defectstudio.jobs.run_folder import LOG_FILE, METRICS_FILE, Tail, parse_metrics, parsed

PICTURE = "preview"
"""The role of a training's pictures, and how their names begin."""

_LOG_BYTES = 64 << 10
_LEVELS = ("info", "notice", "warning")


def read_metrics(run: Path) -> list[Metrics]:
    """The figures of every step so far, in order. Lines that were cut off are left out.

    A resumed run repeats the steps after its checkpoint: the later figures count.
    """
    told = parsed(Tail(run / METRICS_FILE).lines(), parse_metrics)
    by_step = {metrics.step: metrics for metrics in told}
    return [by_step[step] for step in sorted(by_step)]


def read_log(run: Path) -> str:
    """The last 64 KB of the run's log; empty when there is none."""
    try:
        size = plain_size(run / LOG_FILE)
        with (run / LOG_FILE).open("rb") as stream:
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


def copy_report(files: Sequence[Path], job: JobRecord) -> None:
    """See that the files of a report are there, and copy them where the job's order wants them.

    Raises JobError for one that is not there.
    """
    wanted = job.asked.order.get("report")
    for file in files:
        if not file.is_file():
            raise JobError("the job left no report", subject=file, remedy="Start it again.")
        if wanted is not None:
            write_bytes(Path(wanted) / file.name, file.read_bytes())
