from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.jobs import process

FAKE = Path(__file__).with_name("fake_worker.py")


class Rows:
    """Stands for a project: job rows in memory, folders on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.records: dict[int, JobRecord] = {}
        self.closed = False
        self.writes = 0

    def add_job(self, kind: str, title: str) -> JobRecord:
        number = len(self.records) + 1
        folder = self.root / "runs" / f"{number:04d}"
        folder.mkdir(parents=True)
        record = JobRecord(number, kind, title, JobState.QUEUED, 0.0, "", folder, "now", None)
        self.records[number] = record
        return record

    def update_job(
        self,
        job_id: int,
        *,
        state: JobState | None = None,
        progress: float | None = None,
        message: str | None = None,
    ) -> None:
        if self.closed:
            raise ProjectError("the project is closed")
        self.writes += 1
        old = self.records[job_id]
        self.records[job_id] = replace(
            old,
            state=state or old.state,
            progress=old.progress if progress is None else progress,
            message=old.message if message is None else message,
        )


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return Rows(tmp_path)


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a thread or an open file behind."""
    threads = set(threading.enumerate())
    handles = _open_files()
    yield
    assert set(threading.enumerate()) <= threads
    if handles is not None:
        assert _open_files() == handles


def _open_files() -> int | None:
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.exists() else None


Check = Callable[[], bool]
