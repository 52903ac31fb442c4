from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from defectstudio.cli.main import app
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.imaging.reading import write_png
from defectstudio.jobs import process
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"
HEAVY = ("torch", "numpy", "cv2", "pydantic", "PySide6", "rich", "scipy")


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """Settings of its own, and a worker that does no work."""
    monkeypatch.setenv("DEFECTSTUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


def run(*arguments: object, code: int = 0):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def said(*arguments: object, code: int = 0) -> dict:
    return json.loads(run(*arguments, "--json", code=code).stdout)


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Two classes' worth of a folder tree, with one picture that is torn."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "pictures"
    for number in range(6):
        write_png(
            folder / f"good/images/{number}.png",
            rng.integers(0, 255, (40, 40), np.uint8),
        )
        write_png(
            folder / f"dent/images/{number}.png",
            rng.integers(0, 255, (40, 40), np.uint8),
        )
        mask = np.zeros((40, 40), bool)
        mask[8:16, 8 + number : 20] = True
        write_png(folder / f"dent/masks/{number}.png", mask)
    return folder


@pytest.fixture
def project(tmp_path) -> Path:
    run("new", tmp_path / "p", "--item", "tile")
    return tmp_path / "p"


def test_help_is_light():
    code = f"import sys, defectstudio.cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_of_the_contract_is_there():
    commands = (
        *("app", "demo", "new", "import", "split", "train"),
        *(
            "synthesize",
            "export",
            "replay",
            "audit",
            "card",
            "compare",
            "jobs",
            "models",
            "classes",
            "doctor",
        ),
        *("tidy", "pack", "unpack"),
    )
    listed = run("--help").stdout
    assert all(name in listed for name in commands)
    for name in commands:
        assert (
            "--json"
            in run(
                *([name, "list"] if name in ("jobs", "models", "classes") else [name]), "--help"
            ).stdout
        )


def test_new_and_again(tmp_path):
    made = said("new", tmp_path / "p", "--item", "tile")
    assert made["item"] == "tile"
    assert said("new", tmp_path / "p", "--item", "tile", code=1)["error"]["kind"] == "ProjectError"


def test_an_audit_is_waited_for_where_its_plan_is_wanted(project, tmp_path):
    asked = ("audit", project, "--queue", "--plan", tmp_path / "plan.csv")
    error = said(*asked, code=1)["error"]
    assert error["kind"] == "SettingError" and "--queue" in error["remedy"]


def test_usage_is_2(tmp_path):
    run("new", tmp_path / "p", code=2)
    run("train", tmp_path, "perpetuum", "--name", "g", code=2)
    run("synthesize", tmp_path, "--generator", "g", "--count", "0", code=2)


def test_import_split_export(project, pictures, tmp_path):
    dry = said("import", project, pictures, "--dry-run")
    assert (dry["dry_run"], dry["added_images"]) == (True, 12)
    assert said("jobs", "list", project) == {"jobs": []}
    assert said("import", project, pictures)["added"] == {"dent": 6, "good": 6}
    again = said("import", project, pictures)
    assert (again["added_images"], again["known"]) == (0, 12)
    rows = said("split", project, "--seed", "4")["rows"]
    assert {row["class_name"] for row in rows} == {"dent", "good"}
    out = said("export", project, tmp_path / "coco", "--format", "coco", "--split", "train")
    assert 0 < out["images"] < 12
    assert said("export", project, tmp_path / "coco", "--format", "coco", code=1)["error"]


def test_a_torn_picture_is_named_and_the_exit_status_says_so(project, pictures):
    (pictures / "good/images/0.png").write_bytes(b"\x89PNG\r\n\x1a\ntorn")
    result = run("import", project, pictures, code=1)
    assert "Left out" in result.stdout
    assert "0.png" in result.stdout
    assert "Added 11 of 12" in result.stdout


@pytest.fixture
def ready(project, pictures) -> Path:
    run("import", project, pictures)
    run("split", project)
    return project


def test_train_hands_its_settings_over(ready, tmp_path):
    (tmp_path / "c.json").write_text('{"steps": 20, "batch": 3}')
    arguments = ("train", ready, "dcdganc", "--name", "good", "--config", tmp_path / "c.json")
    error = said(*arguments, "--set", "batch=4", "--device", "cpu", code=1)["error"]
    assert error["kind"] == "CheckpointError"  # the fake worker trains nothing
    spec = json.loads((ready / "runs/0002/job.json").read_text())
    assert (spec["config"]["steps"], spec["config"]["batch"], spec["device"]) == (20, 4, "cpu")


def test_train_hands_its_references_over(ready):
    """The pictures of the import: one class of defects."""
    with Project.open(ready) as opened:
        item = opened.items()[0]
        images = opened.images(item.id, role=Role.DEFECT, split=Split.TRAIN)
        names = [image.name for image in images[:2]]
        expected = [image.sha256 for image in images[:2]]
    references = [part for name in names for part in ("--reference", name)]
    said("train", ready, "dst", "--name", "good", *references, code=1)
    spec = json.loads((ready / "runs/0002/job.json").read_text())
    assert [file["sha256"] for file in spec["images"]] == expected
    assert spec["config"]["kind"] == "dst" and spec["normals"]
    error = said("train", ready, "dst", "--name", "g", "--reference", "nobody", code=1)["error"]
    assert error["kind"] == "ProjectError" and names[0] in error["remedy"]


@pytest.mark.parametrize("text", ["[1]", "{", None])
def test_a_bad_settings_file_is_named(ready, tmp_path, text):
    path = tmp_path / "c.json"
    if text is not None:
        path.write_text(text)
    error = said("train", ready, "dcdganc", "--name", "g", "--config", path, code=1)["error"]
    assert (error["kind"], error["subject"]) == ("SettingError", str(path))


def test_a_worker_that_broke_is_our_fault(ready):
    result = run("train", ready, "dcdganc", "--name", "breaks", code=3)
    assert "this is a bug" in result.stderr
    assert "details are in" in result.stderr


def test_jobs_list_says_why(ready):
    run("train", ready, "dcdganc", "--name", "fails", code=1)
    listed = run("jobs", "list", ready).stdout
    assert "failed" in listed
    assert "the batch is too large" in listed


def test_models_are_listed_renamed_and_deleted(ready, tmp_path):
    assert run("models", "list", ready).stdout == "There are no models.\n"
    error = said("models", "rename", ready, "a", "b", code=1)["error"]
    assert (error["reason"], error["remedy"]) == (
        "the project has no model of this name", "It has: none.",
    )  # fmt: skip
    add_generator(ready, tmp_path / "generator")
    assert said("models", "rename", ready, "A", "b") == {"sort": "generator", "name": "b"}
    (listed,) = said("models", "list", ready)["models"]
    assert (listed["name"], listed["sort"], listed["samples"]) == ("b", "generator", 0)
    assert " B  b  (dcdganc" in run("models", "list", ready).stdout
    run("models", "delete", ready, "b", "--sort", "segmenter", code=1)
    assert "The generator b is gone." in run("models", "delete", ready, "b").stdout
    assert said("models", "list", ready) == {"models": []}


def test_a_project_is_tidied_packed_and_unpacked(ready, tmp_path):
    assert run("tidy", ready).stdout == "Nothing is unused.\n"
    for folder, content in (("runs/0123", b"x" * 1500), ("cache/one", b"12")):
        (ready / folder).mkdir(parents=True)
        (ready / folder / "file").write_bytes(content)
    listed = run("tidy", ready, "--dry-run").stdout
    assert "    1.5 kB  runs/0123\n" in listed and listed.endswith("Would delete 1.5 kB.\n")
    assert said("tidy", ready, "--dry-run", "--caches")["bytes"] == 1502
    assert "1.5 kB  1 folders of jobs that are gone" in run("tidy", ready).stdout
    assert not (ready / "runs/0123").exists() and (ready / "cache").exists()
    assert "Deleted 2 B." in run("tidy", ready, "--caches").stdout
    packed, files = tmp_path / "p.tar", said("pack", ready, tmp_path / "p.tar")["files"]
    assert said("pack", ready, packed, code=1)["error"]["reason"] == "it is there already"
    assert said("unpack", packed, tmp_path / "q")["files"] == files
    assert f"Unpacked {files} files, " in run("unpack", packed, tmp_path / "r").stdout
    assert run("jobs", "list", tmp_path / "q").stdout == run("jobs", "list", ready).stdout


def test_classes_are_listed_renamed_merged_deleted_and_brought_back(ready):
    (dent,) = (one["defect"]["name"] for one in said("classes", "list", ready)["classes"])
    with Project.open(ready) as project:
        project.add_class(1, "hole")
    assert said("classes", "rename", ready, dent.upper(), "bump")["name"] == "bump"
    assert "bump is hole now" in run("classes", "merge", ready, "bump", "hole").stdout
    assert said("classes", "delete", ready, "hole") == {"id": 2, "name": "hole"}
    listed = run("classes", "list", ready).stdout
    assert "hole: removed, can be brought back" in listed and "bump: removed" in listed
    error = said("classes", "restore", ready, "dent", code=1)["error"]
    assert error["remedy"] == "There are: hole, bump."
    for name in ("hole", "bump"):
        assert f"{name} is back." in run("classes", "restore", ready, name).stdout
    images = [one["images"] for one in said("classes", "list", ready)["classes"]]
    assert len(images) == 2 and images[0] > 0 == images[1]


def add_generator(root, folder):
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    with Project.open(root) as project:
        names = {one.id: one.name for one in project.classes(1)}
        card = GeneratorCard(
            DcdgancConfig(), 1, names, dict.fromkeys(names, 0.0), 0, (), "train", digest, {}
        )
        write_json(folder / CARD, card)
        project.add_generator(1, "a", "dcdganc", folder)


def test_interrupting_the_command_cancels_the_job(ready, monkeypatch):
    from defectstudio.jobs.following import FollowedJob

    wait, pressed = FollowedJob.wait, []

    def press_once(self, timeout=None, hear=None):
        if self.record.progress > 0 and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)
        return wait(self, timeout, hear)

    monkeypatch.setattr(FollowedJob, "wait", press_once)
    result = run("train", ready, "dcdganc", "--name", "long", code=1)
    assert "Cancelling" in result.stderr
    with Project.open(ready) as opened:
        assert opened.jobs()[-1].state is JobState.CANCELLED


def test_synthesize_without_the_generator(ready):
    error = said("synthesize", ready, "--generator", "g", code=1)["error"]
    assert "no generator of this name" in error["reason"]


def test_replay_of_nothing(tmp_path):
    assert said("replay", tmp_path, code=1)["error"]["kind"] == "RecipeError"
    assert said("replay", tmp_path / "none.json", code=1)["error"]["kind"] == "RecipeError"


def test_doctor_looks_at_everything():
    result = CliRunner().invoke(app, ["doctor", "--json"])
    checks = {one["name"]: one for one in json.loads(result.stdout)["checks"]}
    assert checks["torch"]["found"] == "0"
    assert {"program", "disk", "CUDA", "screen", "numpy"} <= set(checks)
    missing = any(one["state"] == "missing" for one in checks.values())
    assert result.exit_code == int(missing)


def test_the_window_is_another_program(monkeypatch, tmp_path):
    from defectstudio.cli import showing

    note = tmp_path / "note"
    code = f"import sys, pathlib; pathlib.Path({str(note)!r}).write_text(' '.join(sys.argv[1:]))"
    monkeypatch.setattr(showing, "WINDOW", (sys.executable, "-c", code))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    run("app", tmp_path)
    assert note.read_text() == str(tmp_path)
    monkeypatch.setattr(showing, "WINDOW", (sys.executable, "-c", "raise SystemExit(5)"))
    assert "exit code 5" in run("app", code=3).stderr


def test_interrupting_the_command_closes_the_window(monkeypatch):
    from defectstudio.cli import showing

    monkeypatch.setattr(showing, "WINDOW", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    wait, pressed = subprocess.Popen.wait, []

    def press_once(self, timeout=None):
        if not pressed:
            pressed.append(self)
            raise KeyboardInterrupt
        return wait(self, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", press_once)
    assert "cancelled" in run("app", code=1).stderr
    assert pressed[0].returncode != 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a screen")
def test_without_a_screen_there_is_no_window(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert "no screen" in run("app", code=1).stderr
