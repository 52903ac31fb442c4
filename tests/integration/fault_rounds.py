"""Rounds of faults against the queue: kills, full disks, locks, clocks, garbage, lost files.

    python tests/integration/fault_rounds.py --rounds 270 --real 30 --seed 0

In a light round a stand-in for the window queues jobs without torch, and one to three faults hit
them at random moments; in a real one a training is hit. After every round: the project opens, what
its jobs say right after that can be true, every job that was accepted comes to its end, all that
was accepted is there whole, and no process is left.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from light import ENTRY, PICTURES, picture
from real_rounds import make_bench, real_round
from under_fire import FAULTS, Round, check_files, end, look, may_be, until

from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import JobState
from defectstudio.imaging.reading import pixel_sha256, read_image
from defectstudio.jobs import launching
from defectstudio.project.project import Project

MOUNTED = ("disk full", "read-only")
SURROUNDINGS: dict[str, dict[str, str]] = {
    "": {},
    "garbage": {"LIGHT_GARBAGE": "1"},
    "clock set back": {"LIGHT_BACK": "86400"},
}


def light_round(base: Path, rng: random.Random) -> str:
    """Jobs without torch, hit by one to three faults in surroundings that may be bad as well."""
    around = rng.choices(list(SURROUNDINGS), (3, 1, 1))[0]
    names = [rng.choice(list(FAULTS)) for _ in range(rng.randrange(1, 4))]
    mounted = any(name in MOUNTED for name in names) and _mount(base)
    if not mounted:
        names = [name for name in names if name not in MOUNTED] or ["all killed"]
    one = Round(base / "project", rng, mounted)
    try:
        with Project.create(one.root, "plate") as project:
            project.add_class(1, "dent")
        one.open_window(rng.randrange(1, 4), **SURROUNDINGS[around])
        _moment_of_jobs(one)
        for name in names:
            FAULTS[name](one)
            if one.windows[-1].poll() is not None:
                look(one)
                one.open_window(1, **SURROUNDINGS[around])
            one.pause()
        one.close_windows()
        look(one)
        _bring_to_an_end(one)
        _check_accepted(one)
    finally:
        end(one)
    return " + ".join(sorted({*names, *filter(None, [around])}))


def _moment_of_jobs(one: Round) -> None:
    """At random: while the window opens, as soon as a job is queued, or when one is worked on."""
    sign = one.rng.choice(["nothing", "runs/*/job.json", "runs/*/worker.json", "runs/*/out/*"])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (sign == "nothing" or list(one.root.glob(sign))):
        if one.windows[-1].poll() is not None:
            return
        time.sleep(0.005)
    one.pause(2.0 if sign == "nothing" else 0.3)


def _bring_to_an_end(one: Round) -> None:
    """Without further faults every job that was accepted is done."""
    launching.SUPERVISOR = (*ENTRY, "supervise")
    with Project.open(one.root) as project:

        def finished() -> bool:
            for job in project.jobs():
                if job.state in (JobState.INTERRUPTED, JobState.FAILED, JobState.CANCELLED,
                                 JobState.PAUSED):  # fmt: skip
                    may_be(job)
                    project.move_job(job.id, JobState.QUEUED, retries=2)
            launching.keep_going(project)
            return all(job.state is JobState.DONE for job in project.jobs())

        until(finished, lambda: f"stuck: {[(j.id, j.state, j.message) for j in project.jobs()]}")


def _check_accepted(one: Round) -> None:
    """All that was promised is done, and all that is there is whole."""
    with Project.open(one.root) as project:
        done = {job.id: job.asked.order["name"] for job in project.jobs()}
        for promise in one.said:
            if "queued" in promise:
                assert done.get(promise["queued"]) == promise["name"], f"lost: {promise}"
        images = {image.name: image for image in project.images()}
        for name in done.values():
            for number in range(PICTURES):
                image = images.pop(f"{name} {number}")
                assert sha256_file(image.file) == image.sha256, f"corrupt: {image}"
                assert pixel_sha256(read_image(image.file)) == pixel_sha256(picture(name, number))
        assert not images, f"nobody asked for {images}"
    check_files(one.root)


def _mount(base: Path) -> bool:
    """A disk of its own for the round, which can be filled and closed; only root may."""
    base.mkdir(exist_ok=True)
    line = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(base)]
    try:
        return subprocess.run(line, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=27)
    parser.add_argument("--real", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    wishes = parser.parse_args()
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="defectstudio-faults-") as name:
        folder = Path(name)
        os.environ["DEFECTSTUDIO_HOME"] = str(folder / "home")
        bench = make_bench(folder) if wishes.real else None
        for number in range(wishes.first, wishes.first + wishes.rounds + wishes.real):
            is_real = number >= wishes.first + wishes.rounds
            rng = random.Random(f"{wishes.seed} {number} {is_real}")
            base = folder / f"round-{number}"
            base.mkdir()
            began = time.monotonic()
            if is_real:
                assert bench is not None
                what = real_round(bench, base, rng)
            else:
                what = light_round(base, rng)
            seen.update(what.split(" + "))
            print(f"round {number}: {what} ({time.monotonic() - began:.1f} s)", flush=True)
            shutil.rmtree(base, ignore_errors=True)
    print(f"{wishes.rounds + wishes.real} rounds survived: {dict(seen)}", flush=True)


if __name__ == "__main__":
    main()
