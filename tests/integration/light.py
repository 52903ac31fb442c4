"""A supervisor, a worker and a stand-in for the window, without torch, for the rounds of faults.

python light.py supervise ROOT | work JOB_JSON | window ROOT COUNT
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from pathlib import Path

from defectstudio.worker.owner import die_with_owner

if sys.argv[1:2] == ["work"]:  # a busy machine takes longer for the rest than a hang may last
    die_with_owner()
    os.write(1, b'{"event": "Alive", "memory": 0}\n')

import numpy as np
from filelock import FileLock

PICTURES = 4
ENTRY = (sys.executable, str(Path(__file__).resolve()))
GARBAGE = b'\xff\x00{"event": \n\n{"event": "Progress", "done": "x"\n[1]\nnull\n\x80\x81 noise\n'


def picture(name: str, number: int) -> np.ndarray:
    """What a job of that name makes."""
    return np.random.default_rng([*name.encode(), number]).integers(0, 255, (24, 32, 3), np.uint8)


# --- the worker


def work(job: Path) -> int:
    """Make pictures, each whole or not at all; those that are there are kept."""
    name = json.loads(job.read_text())["name"]
    rng = random.Random(os.getpid())
    stopped: list[str] = []

    def say(event: str, **fields: object) -> None:
        os.write(1, (json.dumps({"event": event, **fields}) + "\n").encode())

    def listen() -> None:
        line = sys.stdin.readline()
        stopped.append("cancelled" if line.strip() == "cancel" else "interrupted")

    threading.Thread(target=listen, daemon=True).start()
    with FileLock(job.parent / "run.lock"):
        say("Started", device="cpu", total=PICTURES)
        for number in range(PICTURES):
            if stopped:
                say("Stopped", why=stopped[0], step=number)
                return 0
            if os.environ.get("LIGHT_GARBAGE"):
                os.write(1, GARBAGE)
            path = job.parent / "out" / f"{number}.png"
            if not path.exists() and (failed := _write(path, picture(name, number))):
                say("Failed", kind="UserError", fault="user", reason=failed)
                return 1
            say("Progress", done=number + 1, total=PICTURES)
            time.sleep(rng.uniform(0, 0.06))
        say("Finished", summary={"pictures": PICTURES})
    return 0


def _write(path: Path, pixels: np.ndarray) -> str:
    from defectstudio.imaging.reading import write_png

    try:
        write_png(path, pixels)
    except OSError as error:
        return str(error.strerror)
    return ""


# --- the supervisor


def describe(_project: object, job: object) -> None:
    """The description follows from the order alone."""
    from defectstudio.domain.files import write_json

    write_json(job.folder / "job.json", {"name": job.asked.order["name"]})


def accept(project: object, job: object) -> None:
    """Take the pictures, all of them at once; the same ones twice are one."""
    from defectstudio.domain.errors import JobError
    from defectstudio.domain.records import Role
    from defectstudio.project.images import NewImage

    files = [job.folder / "out" / f"{number}.png" for number in range(PICTURES)]
    if not all(file.exists() for file in files):
        raise JobError("a picture is missing", subject=job.title)
    name = job.asked.order["name"]
    new = [NewImage(f"{name} {n}", Role.NORMAL, file) for n, file in enumerate(files)]
    project.add_images(1, new)


def supervise(root: Path) -> int:
    """Work the queue off, with little patience."""
    from defectstudio.jobs import process, running
    from defectstudio.jobs.kinds import WorkerKind
    from defectstudio.jobs.supervisor import Patience, Supervisor
    from defectstudio.project import queue_rules
    from defectstudio.project.project import Project

    process.WORKER = (*ENTRY, "work")
    running.BACKOFF_SECONDS = queue_rules.BACKOFF_SECONDS = 0.1
    running.PAUSE_SECONDS = 2.0
    began, back = time.time(), float(os.environ.get("LIGHT_BACK", "0"))

    def clock() -> float:
        """It is set back, if at all, a moment after the start."""
        now = time.time()
        return now - back if now - began > 0.3 else now

    patience = Patience(tick=0.02, idle=0.6, silent=4.0, settle=0.2, stop=3.0)
    kinds = {"light": WorkerKind(describe, accept)}
    complain = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    with Project.open(root) as project:
        Supervisor(project, kinds, patience=patience, clock=clock, complain=complain).run()
    return 0


# --- the stand-in for the window


def window(root: Path, count: int) -> int:
    """Hold the project open through the studio, queue jobs, say which, and watch them."""
    from defectstudio.app.queueing import Job, queue
    from defectstudio.app.studio import Studio
    from defectstudio.domain.errors import DefectStudioError
    from defectstudio.jobs import launching
    from defectstudio.project.project import Project

    launching.SUPERVISOR = (*ENTRY, "supervise")
    with Project.open(root) as project:
        studio = Studio(np.random.default_rng(0))
        studio.show_classes(tuple(project.classes(1)))
        for number in range(count):
            name = f"{os.getpid()} {number}"
            try:
                job = queue(
                    project, Job("light", name, {"name": name}), lambda _r, n=name: {"name": n}
                )
            except DefectStudioError as error:
                print(json.dumps({"refused": str(error)}), flush=True)
                continue
            print(json.dumps({"queued": job.record.id, "name": name}), flush=True)
        while any(not one.state.is_over for one in jobs(project)):
            try:
                launching.keep_going(project)
            except DefectStudioError as error:
                print(json.dumps({"trouble": str(error)}), flush=True)
            time.sleep(0.1)
    return 0


def jobs(project: object) -> list:
    """All of them; those of a database that cannot be read now are asked for again."""
    from defectstudio.domain.errors import DefectStudioError

    while True:
        try:
            return project.jobs()
        except DefectStudioError:
            time.sleep(0.1)


if __name__ == "__main__":
    act, *rest = sys.argv[1:]
    if act == "work":
        os._exit(work(Path(rest[0])))
    sys.exit(
        supervise(Path(rest[0])) if act == "supervise" else window(Path(rest[0]), int(rest[1]))
    )
