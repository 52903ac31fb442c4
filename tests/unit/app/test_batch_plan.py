"""Plans as tables and files, regions, and the specification that comes of them."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.batch_plan import PlanLine, plan_rows, read_plan, write_plan
from defectstudio.app.batch_trial import (
    TrialSample,
    discard_trial,
    read_trial,
    reasons,
    spread_over,
)
from defectstudio.app.regions import read_region, region_file, regions, save_region
from defectstudio.app.synthesis import start_synthesis
from defectstudio.domain.errors import ProjectError, SettingError
from defectstudio.domain.events import Finished
from defectstudio.domain.files import sha256_file, write_json
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.records import JobState, Role
from defectstudio.domain.specs import PlanRow
from defectstudio.imaging.reading import read_mask, write_png
from defectstudio.jobs import process
from defectstudio.jobs.run_folder import RunWriter
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"
SIZE = (16, 24)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Backgrounds n1..n3, a labeled dent (no hole), a generator of both; workers do nothing."""
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))
    with Project.create(tmp_path / "project", "tile") as made:
        for name in ("dent", "hole"):
            made.add_class(1, name)
        new = []
        for number in range(4):
            path = tmp_path / f"{number}.png"
            write_png(path, np.full(SIZE, 20 * number + 9, np.uint8))
            new.append(NewImage(f"n{number}", Role.NORMAL, path))
        label = np.zeros(SIZE, np.uint8)
        label[2:5, 2:9] = 1
        new[0] = NewImage("d", Role.DEFECT, new[0].file, label=label)
        made.add_images(1, new)
        folder = tmp_path / "weights"
        folder.mkdir()
        save_file({"w": np.zeros(2, np.float32)}, folder / "generator.safetensors")
        card = GeneratorCard(
            DcdgancConfig(source="mask"), 1, {1: "dent", 2: "hole"}, {1: 0.5, 2: 0.5}, 1, (),
            "train", sha256_file(folder / "generator.safetensors"), {},
        )  # fmt: skip
        write_json(folder / "generator.json", card)
        made.add_generator(1, "g", "dcdganc", folder)
        yield made


def made_spec(project, **wishes):
    job = start_synthesis(project, BatchOrder(generator="g", **wishes))
    job.wait(20)
    return json.loads((job.record.folder / "job.json").read_text())


# No control characters and nothing that separates; names in a project are like this.
names = st.text(st.characters(categories=("L", "N", "Zs"), include_characters='_-,".'), min_size=1)
plain_names = names.map(str.strip).filter(bool)
lines = st.builds(
    PlanLine, plain_names, st.integers(1, 10**6), st.lists(plain_names, max_size=3).map(tuple)
)


@given(plan=st.lists(lines, min_size=1, max_size=5).map(tuple))
def test_a_plan_read_again_is_the_same(plan, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "plan.csv"
    write_plan(path, plan)
    assert read_plan(path) == plan


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no row"),
        ("class,count\n", "no row"),
        ("class,count\ndent,0\n", "line 2"),
        ("class,count\ndent,5\n,7\n", "line 3"),
        ("class,count\ndent,many\n", "line 2"),
        ("name,number\ndent,5\n", "line 2"),
    ],
)
def test_what_is_no_plan_is_said(tmp_path, text, reason):
    (tmp_path / "plan.csv").write_text(text)
    with pytest.raises(SettingError, match=reason):
        read_plan(tmp_path / "plan.csv")


def test_a_plan_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SettingError, match="cannot be read"):
        read_plan(tmp_path / "plan.csv")
    (tmp_path / "latin.csv").write_bytes(b"class,count\n\xe9,3\n")
    with pytest.raises(SettingError, match="cannot be read"):
        read_plan(tmp_path / "latin.csv")


def test_a_plan_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match="cannot be written"):
        write_plan(tmp_path / "file" / "plan.csv", (PlanLine("dent", 5),))


def test_a_plan_becomes_rows_of_ids_and_places(project):
    plan = (PlanLine("DENT", 5, ("n3", "N1")), PlanLine("dent", 2))
    spec = made_spec(project, plan=plan)
    assert [tuple(row.values()) for row in spec["plan"]] == [([2, 0], 1, 5), ([], 1, 2)]
    assert (spec["count"], spec["class_ids"], spec["only"]) == (7, [1], [])
    assert project.jobs()[-1].title == "7 with g"


def test_what_a_plan_may_not_ask_for(project):
    def start(*plan, **wishes):
        start_synthesis(project, BatchOrder(generator="g", plan=plan, **wishes))

    with pytest.raises(SettingError, match="no such class"):
        start(PlanLine("dent", 1), PlanLine("burr", 1))
    with pytest.raises(SettingError, match="no background of this name"):
        start(PlanLine("dent", 1, ("d",)))
    with pytest.raises(ProjectError, match="hole: no labeled defect"):
        start(PlanLine("hole", 1))
    with pytest.raises(SettingError, match="says which classes"):
        start(PlanLine("dent", 1), class_name="dent")
    with pytest.raises(SettingError, match="2000000 samples"):
        start(PlanLine("dent", 10**6), PlanLine("dent", 10**6))
    assert project.jobs() == []


def test_rows_of_no_line_are_refused():
    with pytest.raises(SettingError, match="0 samples"):
        plan_rows((), {1: "dent"}, ())
    assert plan_rows([PlanLine("dent", 3)], {1: "dent"}, ()) == (PlanRow(1, 3),)


def test_regions_are_kept_and_reach_the_worker(project, tmp_path):
    region = np.zeros(SIZE, bool)
    region[4:9, 3:20] = True
    save_region(project, 3, region)
    assert regions(project) == {3} and np.array_equal(read_region(project, 3), region)
    assert read_region(project, 2) is None
    spec = made_spec(project, regions=True)
    told = {Path(one["image"]): one["region"] for one in spec["backgrounds"]}
    path = told.pop(project.image(3).file)
    assert np.array_equal(read_mask(Path(path)), region) and set(told.values()) == {None}
    assert Path(path).is_relative_to(project.root / "jobs") or project.root in Path(path).parents
    assert all(one["region"] is None for one in made_spec(project)["backgrounds"])
    save_region(project, 3, np.zeros(SIZE, bool))
    assert regions(project) == set() and not region_file(project, 3).exists()
    save_region(project, 3, None)


@given(count=st.integers(1, 10**6), trial=st.integers(1, 64))
def test_a_trial_is_spread_over_the_batch(count, trial):
    only = spread_over(count, trial)
    assert len(set(only)) == len(only) == min(count, trial)
    assert only[0] == 0 and list(only) == sorted(only) and only[-1] < count


def test_a_trial_accepts_nothing_and_tells(project):
    job = start_synthesis(project, BatchOrder(generator="g", count=30, trial=3))
    assert job.result().state is JobState.DONE
    assert project.samples() == [] and project.jobs()[-1].title == "Dry run of 30 with g"
    spec = json.loads((job.record.folder / "job.json").read_text())
    assert (spec["only"], spec["count"]) == ([0, 10, 20], 30)
    assert read_trial(job) == []  # this worker made nothing
    (job.record.folder / "samples" / "000010").mkdir(parents=True)
    told = Finished({"tried": [
        {"index": 0, "class_id": 1, "refused": {"too close": 20, "too large": 2}},
        {"index": 10, "class_id": 1, "refused": {"too close": 1}},
    ]})  # fmt: skip
    RunWriter(job.record.folder).write(told)
    none, one = tried = read_trial(job)
    assert isinstance(none, TrialSample) and (none.made, one.made) == (False, True)
    assert one.file.parent == one.label_file.parent == one.folder
    assert list(reasons(tried).items()) == [("too close", 21), ("too large", 2)]
    discard_trial(job)
    assert not one.made
