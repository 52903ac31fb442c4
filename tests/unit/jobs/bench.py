"""A supervisor on a thread, with kinds of its own, and jobs for it."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack

import psutil

from defectstudio.domain.files import write_json
from defectstudio.domain.records import Asked, JobState
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.kinds import InlineKind, WorkerKind
from defectstudio.jobs.supervisor import Patience, Supervisor
from defectstudio.project.project import Project

QUICK = Patience(tick=0.01, idle=60, settle=0.05, stop=10)


def describe(_project, job):
    write_json(job.folder / "job.json", {"name": job.title})


class Bench:
    """A supervisor on a thread, with kinds of its own, and jobs for it."""

    def __init__(self, project):
        self.project, self.accepted = project, []
        self.kinds = {
            "act": WorkerKind(describe, self.accept),
            "here": InlineKind(self.work),
        }
        self._ends = ExitStack()

    def accept(self, _project, job):
        self.accepted.append(job.id)

    def work(self, _project, job, progress):
        for done in range(4000):
            progress(done, 4000)
            if job.title == "good":
                return "4000 things"
            time.sleep(0.005)
        return ""

    def start(self, patience=QUICK, clock=time.time, complain=lambda _text: None):
        # A project of its own, as another process has it.
        own = self._ends.enter_context(Project.open(self.project.root))
        supervisor = Supervisor(own, self.kinds, patience=patience, clock=clock, complain=complain)
        began = threading.Event()
        thread = threading.Thread(target=lambda: (supervisor.run(began.set), began.set()))
        thread.start()
        began.wait(10)
        self._ends.callback(thread.join)
        self._ends.callback(supervisor.stop)
        return supervisor

    def close(self):
        self._ends.close()

    def queue(self, act, kind="act", retries=0, **asked):
        job = self.project.add_job(kind, act, Asked({"name": act}, **asked))
        followed = FollowedJob(self.project, job)
        followed.record = self.project.move_job(job.id, JobState.QUEUED, retries=retries)
        return followed


def until(check, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def runs(job) -> bool:
    return bool(job.look()) and job.record.progress > 0


def pid_of(job) -> int:
    path = job.record.folder / "worker.json"
    until(path.exists)
    return json.loads(path.read_text())["pid"]


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
