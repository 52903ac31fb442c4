"""Rounds of faults with a real training."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from under_fire import FAULTS, Round, check_files, end, look, may_be, until

from defectstudio.domain.records import JobState, Role, Split
from defectstudio.imaging.reading import write_png
from defectstudio.jobs import launching
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

SETTINGS = {"steps": 12, "height": 64, "width": 64, "nz": 4, "width_g": 8, "width_d": 8,
            "width_e": 8, "scales": 1, "batch": 2, "projected": False,
            "checkpoint_every": 3}  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """A project with pictures, and what a training without faults makes of it."""

    root: Path
    weights: str
    seconds: float


def make_bench(folder: Path) -> Bench:
    root = folder / "bench"
    rng = np.random.default_rng(2)
    with Project.create(root, "plate") as project:
        project.add_class(1, "dent")
        new = []
        for number in range(8):
            plate = rng.integers(100, 180, (72, 80), np.uint8)
            label = np.zeros(plate.shape, np.uint8)
            if number < 5:
                top, left = rng.integers(8, 44, 2)
                label[top : top + 12, left : left + 16] = 1
                plate[label > 0] //= 3
            write_png(folder / f"{number}.png", plate)
            role = Role.DEFECT if number < 5 else Role.NORMAL
            new.append(NewImage(f"{number}", role, folder / f"{number}.png", label=label))
        project.set_splits(dict.fromkeys(project.add_images(1, new), Split.TRAIN))
    trained = folder / "trained"
    shutil.copytree(root, trained)
    began = time.monotonic()
    subprocess.run(_train(trained), check=True, capture_output=True)
    with Project.open(trained) as project:
        return Bench(root, project.generator("long").sha256, time.monotonic() - began)


def _train(root: Path) -> list[str]:
    settings = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    line = [sys.executable, "-m", "defectstudio", "train", str(root), "dcdganc", "--name", "long"]
    return [*line, *settings]


def real_round(bench: Bench, base: Path, rng: random.Random) -> str:
    """A training by command; worker, supervisor or command are killed, then it comes to the end
    that it would have had."""
    root = base / "project"
    shutil.copytree(bench.root, root)
    one = Round(root, rng, mounted=False)
    names = [rng.choice(list(FAULTS)[:5]) for _ in range(rng.randrange(1, 3))]
    one.windows.append(subprocess.Popen(_train(root), stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True))  # fmt: skip
    try:
        until(lambda: bool(list(root.glob("runs/*/job.json"))), "nothing was queued")
        for name in names:
            _moment(one, bench.seconds)
            FAULTS[name](one)
        look(one)
        with Project.open(root) as project:

            def finished() -> bool:
                (job,) = project.jobs()
                if job.state.is_over and job.state is not JobState.DONE:
                    may_be(job)
                    project.move_job(job.id, JobState.QUEUED, retries=2)
                launching.keep_going(project)
                return job.state is JobState.DONE

            launching.SUPERVISOR = (sys.executable, "-m", "defectstudio", "jobs", "run",
                                    "--idle", "1")  # fmt: skip
            until(finished, lambda: f"stuck: {project.jobs()}")
            assert project.generator("long").sha256 == bench.weights
        check_files(root)
    finally:
        end(one)
    return "real: " + " + ".join(names)


def _moment(one: Round, seconds: float) -> None:
    """At random in the starting of the training, or when so many steps are done."""
    if one.rng.random() < 0.4:
        one.pause(seconds)
        return
    wanted, deadline = one.rng.randrange(1, SETTINGS["steps"]), time.monotonic() + 3 * seconds
    lines = lambda: sum(p.read_bytes().count(b"\n")  # noqa: E731
                        for p in one.root.glob("runs/*/metrics.jsonl"))  # fmt: skip
    while lines() < wanted and time.monotonic() < deadline and one.windows[-1].poll() is None:
        time.sleep(0.005)
