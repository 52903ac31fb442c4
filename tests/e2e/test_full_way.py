"""The whole way as a person goes it: commands in processes of their own, a real worker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from defectstudio.imaging.reading import write_png
from defectstudio.project.project import Project
from tests.children import importing_from

TINY = ("steps=25", "learning_rate=0.01", "height=64", "width=64", "nz=4", "width_g=8",
        "width_d=8", "width_e=8", "scales=1", "batch=2", "projected=false")  # fmt: skip
"""A content like its surface shows nothing: some steps must have made it dark."""

TRANSFER = ("steps=2", "height=64", "width=64", "width_t=8", "blocks=1", "hist_pixels=64")


def defectstudio(*arguments: object, code: int = 0, **environment: str) -> dict:
    """Run a command with --json; its one object."""
    command = [sys.executable, "-m", "defectstudio", *map(str, arguments), "--json"]
    env = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def draw(folder: Path) -> Path:
    """Grey plates; those in dent/ have a dark block and its mask."""
    rng = np.random.default_rng(1)
    for number in range(10):
        plate = rng.integers(110, 170, (80, 96), np.uint8)
        if number < 4:
            write_png(folder / f"good/images/{number}.png", plate)
            continue
        mask = np.zeros(plate.shape, bool)
        top, left = rng.integers(10, 50, 2)
        mask[top : top + 12, left : left + 20] = True
        plate[mask] //= 3
        write_png(folder / f"dent/images/{number}.png", plate)
        write_png(folder / f"dent/masks/{number}.png", mask)
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A project made, filled, split, trained and given samples of two kinds by commands."""
    folder = tmp_path_factory.mktemp("way")
    project, source = folder / "project", draw(folder / "pictures")
    defectstudio("new", project, "--item", "plate")
    defectstudio("import", project, source)
    defectstudio("split", project)
    settings = [part for text in TINY for part in ("--set", text)]
    made = defectstudio("train", project, "dcdganc", "--name", "g", *settings)
    assert made["job"]["state"] == "done"
    shutil.rmtree(source)  # the project needs its sources no longer
    arguments = ("synthesize", project, "--generator", "g", "--count", "3", "--seed", "5")
    assert defectstudio(*arguments)["samples_in_project"] == 3
    settings = [part for text in TRANSFER for part in ("--set", text)]
    defectstudio("train", project, "dst", "--name", "t", *settings)
    arguments = ("synthesize", project, "--generator", "t", "--set", "polish=2", "--seed", "5")
    assert defectstudio(*arguments)["samples_in_project"] == 4
    return project


def test_from_samples_to_exports_and_back(filled, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    defectstudio("pack", filled, tmp_path / "plates.tar")
    defectstudio("unpack", tmp_path / "plates.tar", elsewhere)
    for form, target in (("coco", ("--project", elsewhere)), ("mvtec", ())):
        report = defectstudio("export", filled, tmp_path / form, "--format", form)
        assert (report["images"], report["synthetic"]) == (14, 4)
        # The second time the project is found among the recent ones, and threads are others.
        threads = str(1 + (form == "mvtec"))
        replayed = defectstudio("replay", tmp_path / form, *target, OMP_NUM_THREADS=threads)
        assert (replayed["same"], len(replayed["samples"])) == (True, 4)
    with Project.open(elsewhere) as project:
        project.remove_generator("g")
    error = defectstudio("replay", tmp_path / "coco", "--project", elsewhere, code=1)
    assert "g (3 of 4 samples)" in error["error"]["reason"]
    # Backgrounds are in the export, so the weights alone make the samples again.
    weights = filled / "generators" / "g"
    moved = defectstudio(
        "replay", tmp_path / "coco", "--project", elsewhere, "--generator", weights
    )
    assert (moved["same"], len(moved["samples"])) == (True, 4)
    plan = tmp_path / "plan.csv"
    audited = defectstudio("audit", tmp_path / "coco", "--plan", plan)
    assert audited["images"] == 10 and Path(audited["report"]).is_file()
    assert plan.read_text().startswith("class,count,backgrounds\n")


def test_from_samples_to_a_segmenter_and_what_it_finds(filled, tmp_path):
    small = ("steps=30", "crop=64", "batch=4", "width=8", "learning_rate=0.003")
    settings = [part for text in small for part in ("--set", text)]
    made = defectstudio("train", filled, "segmenter", "--name", "eye", *settings)
    assert made["segmenter"]["kind"] == "unet" and made["job"]["state"] == "done"
    judged = defectstudio("evaluate", filled, "--model", "eye", "--report", tmp_path / "report")
    assert Path(judged["report"]).is_file() and "mean F1" in judged["summary"]["sentence"]
    figures = json.loads((tmp_path / "report" / "evaluate.json").read_text())["figures"]
    assert figures["mean_f1_kept"] > 0.5  # a dark block on a grey plate
    pictures = draw(tmp_path / "new") / "dent/images"
    torn = pictures / "torn.png"
    torn.write_bytes(b"torn")
    asked = ("predict", filled, "--model", "eye")
    found = defectstudio(*asked, pictures, tmp_path / "out", code=1)
    assert (found["images"], found["failed"]) == (7, 1) and found["with_defects"] >= 5
    assert len(list((tmp_path / "out" / "masks").iterdir())) == 6
    written = defectstudio(*asked, "--onnx", tmp_path / "eye.onnx")
    assert Path(written["onnx"]).is_file() and written["largest_difference"] < 1e-4
    error = defectstudio(*asked, code=1)
    assert "FOLDER and OUT" in error["error"]["reason"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_cancels_and_resume_goes_on(filled):
    name = ("--name", "long")
    settings = [part for text in (*TINY, "steps=1000000") for part in ("--set", text)]
    command = [sys.executable, "-m", "defectstudio", "train", str(filled), "dcdganc", *name]
    earlier = set((filled / "runs").iterdir())
    child = subprocess.Popen([*command, *settings], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: _measured(filled) - earlier)
    child.send_signal(2)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "ancel" in said
    assert job(filled, "long")["state"] == "cancelled"
    run = max((filled / "runs").iterdir())
    step = json.loads((run / "checkpoint/state.json").read_text())["step"]
    defectstudio("train", filled, "dcdganc", *name, "--resume", "--set", f"steps={step + 2}")
    assert job(filled, "long")["state"] == "done"


def _measured(project: Path) -> set[Path]:
    """The runs that took a step."""
    return {found.parent for found in (project / "runs").glob("*/metrics.jsonl")}


def job(project: Path, title: str) -> dict:
    listed = defectstudio("jobs", "list", project)["jobs"]
    return next((one for one in listed if one["title"] == title), {})


def wait_until(check, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_commands_do_not_import_from_the_current_folder(tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('not this one')")
    done = subprocess.run(
        [sys.executable, "-c", "from defectstudio.jobs.once import describe; print(describe())"],
        cwd=tmp_path,
        env=importing_from(Path(__file__).parents[2]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cpu" in done.stdout, done.stderr
