"""`synthesize`: plans, regions and dry runs on the command line."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from defectstudio.cli.generating import _draw_trial
from defectstudio.cli.main import app
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
from defectstudio.domain.records import JobState, Role
from defectstudio.imaging.reading import read_image, write_png
from defectstudio.jobs import process
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"
SIZE = (16, 24)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A normal image, a dent and the generator g of dents; workers make nothing."""
    monkeypatch.setenv("DEFECTSTUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))
    with Project.create(tmp_path / "p", "tile") as made:
        made.add_class(1, "dent")
        label = np.zeros(SIZE, np.uint8)
        label[2:5, 2:9] = 1
        for name, role, plane in (("n", Role.NORMAL, None), ("d", Role.DEFECT, label)):
            write_png(tmp_path / f"{name}.png", np.full(SIZE, len(name) + ord(name), np.uint8))
            made.add_images(1, [NewImage(name, role, tmp_path / f"{name}.png", label=plane)])
        folder = tmp_path / "g"
        folder.mkdir()
        (folder / WEIGHTS).write_bytes(b"w")
        card = GeneratorCard(
            DcdgancConfig(source="mask"), 1, {1: "dent"}, {1: 0.5}, 1, (), "train",
            hashlib.sha256(b"w").hexdigest(), {},
        )  # fmt: skip
        write_json(folder / CARD, card)
        made.add_generator(1, "g", "dcdganc", folder)
    return tmp_path / "p"


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["synthesize", *map(str, arguments), "--generator", "g"])
    assert result.exit_code == code, result.output
    return result.output


def test_a_dry_run_follows_the_plan_and_accepts_nothing(project, tmp_path):
    (tmp_path / "plan.csv").write_text("class,count,backgrounds\ndent,30,n\n")
    sheet = tmp_path / "sheet.png"
    arguments = (project, "--plan", tmp_path / "plan.csv", "--regions", "--dry-run", sheet)
    assert "none was accepted" in run(*arguments)
    told = json.loads(run(*arguments, "--json"))
    assert told["samples_in_project"] == 0 and told["sheet"] == str(sheet)
    with Project.open(project) as opened:
        job = opened.jobs()[-1]
        assert (job.title, job.state) == ("Dry run of 30 with g", JobState.DONE)
        spec = json.loads((job.folder / "job.json").read_text())
    assert spec["plan"] == [{"class_id": 1, "count": 30, "backgrounds": [0]}]
    assert len(spec["only"]) == 12


def test_a_plan_that_is_none_is_the_users_fault(project, tmp_path):
    (tmp_path / "plan.csv").write_text("hello")
    assert "no row" in run(project, "--plan", tmp_path / "plan.csv", code=1)


def test_the_sheet_of_a_dry_run_and_what_is_said(tmp_path):
    made = tmp_path / "run" / "samples" / "000004"
    write_png(made / "image.png", np.full(SIZE, 90, np.uint8))
    write_png(made / "label.png", np.ones(SIZE, np.uint8))
    tried = [
        {"index": 0, "class_id": 1, "refused": {"too close": 20}},
        {"index": 4, "class_id": 1, "refused": {}},
    ]
    job = SimpleNamespace(summary={"tried": tried}, record=SimpleNamespace(folder=tmp_path / "run"))
    first, second, third = _draw_trial(job, tmp_path / "sheet.png")
    assert first.startswith("1 of 2") and "sheet.png" in second
    assert third == "Placements refused: too close (20 times)."
    assert read_image(tmp_path / "sheet.png").ndim == 3
    assert not made.exists()
    job.summary = {"tried": tried[:1]}
    assert len(_draw_trial(job, tmp_path / "none.png")) == 2
    assert not (tmp_path / "none.png").exists()
