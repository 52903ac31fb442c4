"""What the supervisor leaves in a run folder for those who watch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from defectstudio.domain import events
from defectstudio.domain.errors import InternalError
from defectstudio.domain.files import plain_size

LOG_FILE, METRICS_FILE, EVENTS_FILE = "log.txt", "metrics.jsonl", "events.jsonl"
FINAL = (events.Finished, events.Failed, events.Stopped)

T = TypeVar("T")


class RunWriter:
    """Appends what a worker says to the files of its run folder, one whole line at a time.

    All raise OSError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self) -> None:
        """Close the line that a writer left open when it died."""
        for name in (METRICS_FILE, EVENTS_FILE):
            _close_line(self._folder / name)

    def write(self, event: events.Event) -> None:
        """Keep an event that says more than how far the job is."""
        if isinstance(event, events.Metrics):
            self._append(METRICS_FILE, json.dumps(asdict(event), sort_keys=True))
        elif isinstance(event, events.Progress | events.Alive):
            return
        elif not (isinstance(event, events.Artifact) and event.role == "sample"):
            self._append(EVENTS_FILE, events.encode(event))

    def _append(self, name: str, line: str) -> None:
        with (self._folder / name).open("ab") as sink:
            sink.write(line.encode() + b"\n")


class Tail:
    """Reads the lines that were added to a file since the last look."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self._path = path
        self._at = path.stat().st_size if from_end and path.exists() else 0

    def lines(self) -> Iterator[str]:
        """The whole lines that are new; none while there is no file."""
        try:
            if plain_size(self._path) < self._at:
                self._at = 0  # it was lost and begun anew
            with self._path.open("rb") as stream:
                stream.seek(self._at)
                data = stream.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        yield from whole.decode("utf-8", "replace").splitlines()


def parsed(lines: Iterator[str], parse: Callable[[str], T | None]) -> list[T]:
    """What the lines say; those that say nothing are left out."""
    return [value for value in map(parse, lines) if value is not None]


def parse_event(line: str) -> events.Event | None:
    """The event of a line, None for garbage."""
    try:
        return events.decode(line)
    except InternalError:
        return None


def parse_metrics(line: str) -> events.Metrics | None:
    """The figures of a line, None for garbage."""
    try:
        fields = json.loads(line)
        values = {str(name): float(value) for name, value in fields["values"].items()}
        return events.Metrics(int(fields["step"]), values)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def last_word(folder: Path) -> events.Event | None:
    """How the last run of the job ended, as far as its files tell."""
    told = parsed(Tail(folder / EVENTS_FILE).lines(), parse_event)
    return next((event for event in reversed(told) if isinstance(event, FINAL)), None)


def _close_line(path: Path) -> None:
    try:
        with path.open("rb+") as stream:
            if stream.seek(0, 2) and stream.seek(-1, 2) >= 0 and stream.read(1) != b"\n":
                stream.write(b"\n")
    except FileNotFoundError:
        pass
