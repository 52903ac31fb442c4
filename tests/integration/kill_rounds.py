"""Kills trainings, their owners, batches and imports at random moments and looks what is left.

    python tests/integration/kill_rounds.py --rounds 20 --seed 0 [--only worker|owner|window|...]

After every kill: the project opens, nothing accepted is lost or half there, the job says
interrupted, and starting it again brings it to the end it would have reached without the kill.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from defectstudio.app.training import start_training
from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.imaging.reading import read_label, write_png
from defectstudio.project.project import Project

STEPS = 20
SETTINGS = {"steps": STEPS, "height": 64, "width": 64, "nz": 4, "width_g": 8, "width_d": 8,
            "width_e": 8, "scales": 1, "batch": 2, "projected": False,
            "checkpoint_every": 5}  # fmt: skip
PICTURES = 60
SAMPLES = 12
WINDOW = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.theme import Theme
from defectstudio.project.project import Project

app = QApplication(sys.argv[:1])
window = MainWindow(Theme(app))
window.show()
window.open_project(Project.open(Path(sys.argv[1])))
settings = {name: str(value) for name, value in json.loads(sys.argv[2]).items()}
window.session.jobs.train("long", "dcdganc", "plate", settings, "auto")
app.exec()
"""
"""The real window, with a training started as its dialog does."""
PATIENCE = 1800.0
"""Seconds; a busy machine is slow, only what never ends is a fault."""


@dataclass(frozen=True)
class Bench:
    """What the rounds start from. Folders are copied for a round, never changed.

    trained: a project with a generator and samples; weights: what STEPS steps of training give.
    """

    pictures: Path
    empty: Path
    imported: Path
    trained: Path
    weights: str
    samples: tuple[str, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Contents:
    """All that a project has accepted; every file was there and had its hash."""

    images: dict[str, tuple[str, str | None, str | None]]
    samples: dict[str, str]
    generators: dict[str, str]

    @classmethod
    def of(cls, project: Project) -> Contents:
        images = {}
        for image in project.images():
            assert sha256_file(image.file) == image.sha256, image
            label = None
            if image.label_file is not None:
                assert read_label(image.label_file).shape == (image.height, image.width)
                label = image.label_file.name
            images[image.sha256] = (image.name, label, image.split)
        for sample in project.samples():
            assert sha256_file(sample.file) == sample.sha256, sample
            assert sha256_file(sample.label_file) == sample.label_sha256, sample
            assert sample.recipe_file.exists(), sample
        for generator in project.generators():
            assert sha256_file(generator.folder / "generator.safetensors") == generator.sha256
        return cls(
            images,
            {sample.recipe_file.name: sample.sha256 for sample in project.samples()},
            {generator.name: generator.sha256 for generator in project.generators()},
        )

    def hold(self, earlier: Contents) -> None:
        """Nothing of `earlier` is lost or changed."""
        assert self.images.items() >= earlier.images.items()
        assert self.samples.items() >= earlier.samples.items()
        assert self.generators.items() >= earlier.generators.items()


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "defectstudio", *map(str, arguments)]


def run(*arguments: object) -> None:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"


def train(project: Path, *more: str) -> list[str]:
    settings = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    return command("train", project, "dcdganc", "--name", "long", *(more or settings))


def synthesize(project: Path) -> list[str]:
    return command("synthesize", project, "--generator", "g", "--count", SAMPLES, "--seed", 3)


def make_bench(folder: Path) -> Bench:
    """Draw pictures, import, split, train and synthesize once without any kill."""
    pictures = folder / "pictures"
    _draw(pictures)
    empty, imported, trained = folder / "empty", folder / "imported", folder / "trained"
    run("new", empty, "--item", "plate")
    shutil.copytree(empty, imported)
    seconds = {"import": _timed(command("import", imported, pictures))}
    run("split", imported, "--train", "0.8", "--val", "0.1", "--test", "0.1")
    shutil.copytree(imported, trained)
    seconds["train"] = _timed(train(trained))
    with Project.open(trained) as project:
        weights = project.generator("long").sha256
        project.add_generator(1, "g", "dcdganc", project.generator("long").folder)
    done = folder / "done"
    shutil.copytree(trained, done)
    seconds["batch"] = _timed(synthesize(done))
    with Project.open(done) as project:
        samples = tuple(sorted(Contents.of(project).samples.values()))
    return Bench(pictures, empty, imported, trained, weights, samples, seconds)


def worker_round(bench: Bench, root: Path, rng: random.Random) -> str:
    """Kill the training worker; its owner lives on."""
    shutil.copytree(bench.imported, root)
    with Project.open(root) as project:
        before = Contents.of(project)
        job = start_training(project, name="long", overrides=SETTINGS)
        _moment(rng, bench.seconds["train"], lambda: _lines(job.record.folder), STEPS)
        if job.pid is not None and job.wait(0).state is JobState.RUNNING:
            os.kill(job.pid, signal.SIGKILL)
        record = job.wait(PATIENCE)
        assert record.state in (JobState.INTERRUPTED, JobState.DONE), record
    with Project.open(root) as project:
        Contents.of(project).hold(before)
        assert project.job(record.id).state is record.state
        if record.state is JobState.INTERRUPTED:
            again = start_training(project, name="long", resume=True)
            assert again.result().state is JobState.DONE
        assert project.generator("long").sha256 == bench.weights
        Contents.of(project).hold(before)
    return record.state.value


def owner_round(bench: Bench, root: Path, rng: random.Random) -> str:
    """Kill the command that started a training."""
    return _starter_round(bench, root, rng, train(root))


def window_round(bench: Bench, root: Path, rng: random.Random) -> str:
    """Kill the window that started a training."""
    line = [sys.executable, "-c", WINDOW, str(root), json.dumps(SETTINGS)]
    return _starter_round(bench, root, rng, line)


def _starter_round(bench: Bench, root: Path, rng: random.Random, line: list[str]) -> str:
    shutil.copytree(bench.imported, root)
    before = _contents(root)
    run_folder = root / "runs" / "0002"  # 0001 is the import
    _killed(line, rng, bench.seconds["train"], lambda: _lines(run_folder), STEPS)
    job = _settled(root, before, "train")
    begun = (run_folder / "job.json").exists()
    if job is None or job.state is JobState.INTERRUPTED:
        _finish(train(root, "--resume") if begun else train(root))
    with Project.open(root) as project:
        assert project.generator("long").sha256 == bench.weights
        Contents.of(project).hold(before)
        states = [one.state for one in project.jobs() if one.kind == "train"]
        assert states == [JobState.DONE] or (states[-1] is JobState.DONE and not begun)
    with FileLock(run_folder / "run.lock", timeout=PATIENCE):
        pass  # the worker of the dead owner is gone
    return job.state.value if job and begun else "not begun"


def batch_round(bench: Bench, root: Path, rng: random.Random) -> str:
    """Kill the process that started a batch: of each chunk all samples are accepted, or none."""
    shutil.copytree(bench.trained, root)
    before = _contents(root)
    folder = root / "runs" / "0003" / "chunks"
    made = lambda: len(list(folder.glob("*/[0-9]*")))  # noqa: E731
    _killed(synthesize(root), rng, bench.seconds["batch"], made, SAMPLES)
    job = _settled(root, before, "synthesize")
    assert len(_contents(root).samples) in (0, SAMPLES)
    _finish(synthesize(root))
    after = _contents(root)
    after.hold(before)
    assert tuple(sorted(after.samples.values())) == bench.samples
    return job.state.value if job else "not begun"


def import_round(bench: Bench, root: Path, rng: random.Random) -> str:
    """Kill an import."""
    shutil.copytree(bench.empty, root)
    before = _contents(root)
    stored = lambda: len(list((root / "files").rglob("*.png")))  # noqa: E731
    whole = command("import", root, bench.pictures)
    _killed(whole, rng, bench.seconds["import"], stored, 2 * PICTURES)
    job = _settled(root, before, "import")
    kept = _contents(root)
    _finish(whole)
    after = _contents(root)
    after.hold(kept)
    wanted = _contents(bench.imported)
    assert {sha: row[:2] for sha, row in after.images.items()} == {
        sha: row[:2] for sha, row in wanted.images.items()
    }
    return job.state.value if job else "not begun"


ROUNDS: dict[str, Callable[[Bench, Path, random.Random], str]] = {
    "worker": worker_round,
    "owner": owner_round,
    "window": window_round,
    "batch": batch_round,
    "import": import_round,
}


def _draw(folder: Path) -> None:
    """Plates, every third with a dark block and its mask."""
    rng = np.random.default_rng(2)
    for number in range(PICTURES):
        plate = rng.integers(100, 180, (72, 80), np.uint8)
        if number % 3:
            write_png(folder / f"good/images/{number:03d}.png", plate)
            continue
        mask = np.zeros(plate.shape, bool)
        top, left = rng.integers(8, 44, 2)
        mask[top : top + 12, left : left + 16] = True
        plate[mask] //= 3
        write_png(folder / f"dent/images/{number:03d}.png", plate)
        write_png(folder / f"dent/masks/{number:03d}.png", mask)


def _timed(line: list[str]) -> float:
    started = time.monotonic()
    _finish(line)
    return time.monotonic() - started


def _finish(line: list[str]) -> None:
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


def _moment(rng: random.Random, seconds: float, count: Callable[[], int], most: int) -> None:
    """Wait for a random moment: by the clock, or when so much is done and a little later."""
    if rng.random() < 0.4:
        time.sleep(rng.uniform(0, seconds))
        return
    wanted, deadline = rng.randrange(1, most), time.monotonic() + 4 * seconds
    while count() < wanted and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.05))


def _killed(
    line: list[str], rng: random.Random, seconds: float, count: Callable[[], int], most: int
) -> None:
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _moment(rng, seconds, count, most)
    child.kill()
    child.wait()


def _settled(root: Path, before: Contents, kind: str) -> JobRecord | None:
    """The project opens, holds what it had, and the job of this kind is interrupted or done."""
    with Project.open(root) as project:
        Contents.of(project).hold(before)
        jobs = [job for job in project.jobs() if job.kind == kind]
        for job in jobs[-1:]:
            assert job.state in (JobState.INTERRUPTED, JobState.DONE), job
            return job
    return None


def _contents(root: Path) -> Contents:
    with Project.open(root) as project:
        return Contents.of(project)


def _lines(run_folder: Path) -> int:
    path = run_folder / "metrics.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(ROUNDS), action="append")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="defectstudio-kill-") as name:
        folder = Path(name)
        os.environ["DEFECTSTUDIO_HOME"] = str(folder / "home")
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        bench = make_bench(folder)
        print("bench", json.dumps(bench.seconds), flush=True)
        for kind in wishes.only or ROUNDS:
            ends: Counter[str] = Counter()
            for number in range(wishes.rounds):
                rng = random.Random(f"{wishes.seed} {kind} {number}")
                root = folder / f"{kind}-{number}"
                end = ROUNDS[kind](bench, root, rng)
                ends[end] += 1
                print(f"{kind} round {number}: {end}", flush=True)
                shutil.rmtree(root)
            print(f"{kind}: {wishes.rounds} kills survived, {dict(ends)}", flush=True)


if __name__ == "__main__":
    main()
