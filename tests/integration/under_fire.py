"""A project under fire: what happens to it, and what must hold afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from light import ENTRY

from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.imaging.reading import read_image
from defectstudio.jobs import launching
from defectstudio.project.project import Project

PATIENCE = 600.0
"""Seconds; a busy machine is slow, only what never ends is stuck."""


@dataclass
class Round:
    """A project under fire: its window, what the window was promised, and its dice."""

    root: Path
    rng: random.Random
    mounted: bool
    said: list[dict] = field(default_factory=list)
    windows: list[subprocess.Popen] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def open_window(self, count: int, **environment: str) -> None:
        line = [*ENTRY, "window", str(self.root), str(count)]
        environment = {**os.environ, **environment}
        child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 text=True, env=environment)  # fmt: skip
        self.windows.append(child)

    def close_windows(self) -> None:
        for child in self.windows:
            child.kill()
            out, _ = child.communicate()
            self.said += [json.loads(line) for line in out.splitlines() if line.endswith("}")]

    def supervisor(self) -> int | None:
        told = launching.about(self.root)
        return int(str(told["pid"])) if told else None

    def worker(self) -> int | None:
        for path in self.root.glob("runs/*/worker.json"):
            try:
                pid = int(json.loads(path.read_text())["pid"])
            except (OSError, ValueError):
                continue
            if psutil.pid_exists(pid):
                return pid
        return None

    def pause(self, most: float = 1.2) -> None:
        time.sleep(self.rng.uniform(0, most))


# --- faults


def kill_worker(one: Round) -> None:
    send(one.worker(), signal.SIGKILL)


def kill_supervisor(one: Round) -> None:
    send(one.supervisor(), signal.SIGKILL)


def kill_window(one: Round) -> None:
    one.windows[-1].kill()


def kill_all(one: Round) -> None:
    for pid in (one.supervisor(), one.worker(), one.windows[-1].pid):
        send(pid, signal.SIGKILL)


def stop_supervisor(one: Round) -> None:
    send(one.supervisor(), signal.SIGTERM)


def hang_worker(one: Round) -> None:
    send(one.worker(), getattr(signal, "SIGSTOP", signal.SIGTERM))


def lock_database(one: Round) -> None:
    with sqlite3.connect(one.root / "project.sqlite", timeout=20, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        one.pause()
        other.execute("ROLLBACK")
    other.close()


def lose_file(one: Round) -> None:
    """Of a run, or the whole of it: what only looks on, what is made, what describes it."""
    runs = sorted(one.root.glob("runs/*"))
    if not runs:
        return
    run = one.rng.choice(runs)
    lost = one.rng.choice([run, run / "out", run / "job.json", run / "events.jsonl"])
    if lost.is_dir():
        shutil.rmtree(lost, ignore_errors=True)
    else:
        lost.unlink(missing_ok=True)


def steer(one: Round) -> None:
    """What people do: pause, cancel, go on, prefer."""
    with Project.open(one.root) as project:
        for job in project.jobs():
            try:
                if one.rng.random() < 0.5:
                    project.ask_job(job.id, one.rng.choice([JobState.PAUSED, JobState.CANCELLED]))
                elif not job.state.is_owned:
                    project.move_job(job.id, JobState.QUEUED, retries=2)
                project.prioritize_job(job.id, one.rng.randrange(-1, 2))
            except DefectStudioError:
                continue


def fill_disk(one: Round) -> None:
    ballast = one.root / "ballast"
    try:
        with ballast.open("wb", buffering=0) as sink:
            while sink.write(bytes(1 << 16)):
                pass
    except OSError:
        pass  # it is full now
    one.pause()
    ballast.unlink(missing_ok=True)


def forbid_writing(one: Round) -> None:
    """The whole disk where no file of it is open for writing, else every file and folder by itself:
    what is open is written on, which is how disks fail, too."""
    mount = ["mount", "-o", "remount,ro", str(one.root.parent)]
    shut = one.mounted and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    if not shut:
        _immutable("+i", one.root)
    one.pause()
    if shut:
        mount[2] = "remount,rw"
        subprocess.run(mount, check=True)
    else:
        _immutable("-i", one.root)


def _immutable(how: str, root: Path) -> None:
    # Files that come and go meanwhile make it complain; what it could not reach stays open.
    subprocess.run(["chattr", "-R", "-f", how, str(root)], capture_output=True, check=False)


FAULTS: dict[str, Callable[[Round], None]] = {
    "worker killed": kill_worker, "supervisor killed": kill_supervisor,
    "window killed": kill_window, "all killed": kill_all, "supervisor stopped": stop_supervisor,
    "worker hangs": hang_worker, "database locked": lock_database, "file lost": lose_file,
    "steered": steer, "disk full": fill_disk, "read-only": forbid_writing,
}  # fmt: skip

# --- what must hold


def look(one: Round) -> None:
    """The state right after the project is opened again can be true: what is said to be worked on
    belongs to a living process."""
    with Project.open(one.root) as project:
        for job in project.jobs():
            if job.state.is_owned:
                until(lambda job=job: _is_owned(project, job), "a job without an owner")


def _is_owned(project: Project, job: JobRecord) -> bool:
    project.settle_orphans()
    now = project.job(job.id)
    return not now.state.is_owned or one_lives(project.root)


def one_lives(root: Path) -> bool:
    """Whether the project has a supervisor, or its last one is just letting go."""
    return launching.is_supervised(root)


def may_be(job: JobRecord) -> None:
    """A job that stopped says why, unless it was asked to."""
    assert job.message or job.state in (JobState.CANCELLED, JobState.PAUSED), job


def check_files(root: Path) -> None:
    for file in root.rglob("*.png"):
        if not file.name.startswith("."):
            read_image(file)
    with sqlite3.connect(root / "project.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()


def until(
    check: Callable[[], bool], why: str | Callable[[], str], patience: float = PATIENCE
) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            if check():
                return
        except DefectStudioError as error:
            if time.monotonic() > deadline:
                raise AssertionError("the project cannot be used") from error
        assert time.monotonic() < deadline, why() if callable(why) else why
        time.sleep(0.05)


def end(one: Round) -> None:
    """No process of the round stays."""
    for child in one.windows:
        child.kill()
        child.wait()
        child.stdout.close()
    for pid in filter(None, (one.supervisor(), one.worker())):
        send(pid, signal.SIGTERM)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(30)
    for child in launching._launched.values():
        child.wait(30)
    launching._launched.clear()
    until(lambda: not _left(one.root), lambda: f"left: {_left(one.root)}", patience=30)
    if one.mounted:
        subprocess.run(["umount", "-l", str(one.root.parent)], check=False)


def _left(root: Path) -> list[list[str]]:
    """The command lines of processes that still work on the project."""
    lines = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    return [line for line in lines if any(word.startswith(str(root)) for word in line)]


def send(pid: int | None, number: int) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
