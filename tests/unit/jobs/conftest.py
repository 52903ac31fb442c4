from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from defectstudio.jobs import process
from defectstudio.project.project import Project
from tests.unit.jobs.bench import Bench

FAKE = Path(__file__).with_name("fake_worker.py")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "tile") as made:
        yield made


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


@pytest.fixture(autouse=True)
def nothing_left(project: Project) -> Iterator[None]:
    """No test leaves a thread or an open file behind."""
    threads = set(threading.enumerate())
    files = _open_files()
    yield
    assert set(threading.enumerate()) <= threads
    assert _open_files() <= files


@pytest.fixture(autouse=True)
def queue_here(nothing_left: None, supervisors: Any) -> Iterator[None]:
    """Queued jobs are worked off by threads of the test, which end before the look round."""
    yield


@pytest.fixture
def bench(project: Project, queue_here: None) -> Iterator[Bench]:
    made = Bench(project)
    yield made
    made.close()


@pytest.fixture
def at_work(bench: Bench) -> Bench:
    bench.start()
    return bench


def _open_files() -> set[str]:
    """What is open, but for databases: a project closes those of ended threads late."""
    listing = Path("/proc/self/fd")
    names = {_target(link) for link in listing.iterdir()} if listing.exists() else set()
    return {name for name in names if "project.sqlite" not in name}


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""  # the listing's own handle
