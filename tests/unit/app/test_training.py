from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app import training
from defectstudio.app.training import start_training, usual_kind
from defectstudio.app.training_order import GeneratorOrder
from defectstudio.domain.errors import CheckpointError, JobError, ProjectError, SettingError
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.imaging.reading import write_png
from defectstudio.jobs import process
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from tests.unit.app.test_transferring import generator

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


def add(project: Project, folder: Path, names: str, split: Split | None) -> None:
    """Images a letter each; capital letters have a defect."""
    item = project.items()[0]
    new = []
    for letter in names:
        image = np.full((16, 16), ord(letter), np.uint8)
        label = np.zeros((16, 16), np.uint8)
        label[4:8, 4:8] = 1 if letter.isupper() else 0
        write_png(folder / f"{letter}.png", image)
        role = Role.DEFECT if letter.isupper() else Role.NORMAL
        new.append(NewImage(letter, role, folder / f"{letter}.png", label=label))
    ids = project.add_images(item.id, new)
    if split is not None:
        project.set_splits(dict.fromkeys(ids, split))


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project", "tile") as made:
        made.add_class(made.items()[0].id, "dent")
        yield made


@pytest.fixture
def ready(project, tmp_path):
    add(project, tmp_path, "ABab", Split.TRAIN)
    add(project, tmp_path, "TUt", Split.TEST)
    return project


def spec_of(job) -> dict:
    return json.loads((job.record.folder / "job.json").read_text())


def test_only_the_training_split_is_seen(ready):
    job = start_training(ready, GeneratorOrder("long", overrides={"steps": "20"}))
    spec = spec_of(job)
    train = ready.images(role=Role.DEFECT, split=Split.TRAIN)
    assert {one["sha256"] for one in spec["images"]} == {image.sha256 for image in train}
    assert spec["split"] == "train"
    assert spec["config"]["steps"] == 20
    assert spec["classes"] == {"1": "dent"}
    with pytest.raises(JobError, match="runs already"):
        start_training(ready, GeneratorOrder("long"))
    job.cancel()
    assert job.result().state is JobState.CANCELLED


def test_without_a_split_there_is_no_training(project, tmp_path):
    add(project, tmp_path, "ABab", None)
    with pytest.raises(ProjectError, match="defectstudio split"):
        start_training(project, GeneratorOrder("g"))
    assert project.jobs() == []


def test_without_labeled_images_there_is_no_training(project, tmp_path):
    add(project, tmp_path, "ab", None)
    with pytest.raises(ProjectError, match="no defect of the item is labeled") as caught:
        start_training(project, GeneratorOrder("g"))
    assert "Paint" in caught.value.remedy
    add(project, tmp_path, "A", Split.TEST)
    with pytest.raises(ProjectError, match="no labeled defect image") as caught:
        start_training(project, GeneratorOrder("g"))
    assert "Split images in the File menu" in caught.value.remedy


def test_a_wrong_setting_starts_nothing(ready):
    with pytest.raises(SettingError, match="steps"):
        start_training(ready, GeneratorOrder("g", overrides={"steps": "-1"}))
    assert ready.jobs() == []


def test_a_finished_worker_without_a_generator_has_failed(ready):
    job = start_training(ready, GeneratorOrder("good"))
    with pytest.raises(CheckpointError):
        job.result()
    assert ready.jobs()[0].state is JobState.FAILED


def test_a_kind_that_compares_with_the_normal_surface_gets_normal_images(ready):
    job = start_training(ready, GeneratorOrder("long", kind="cyclegan", overrides={"steps": 20}))
    spec = spec_of(job)
    assert spec["config"]["kind"] == "cyclegan"
    normal = ready.images(role=Role.NORMAL, split=Split.TRAIN)
    assert {one["sha256"] for one in spec["normals"]} == {image.sha256 for image in normal}
    ready.ask_job(job.record.id, JobState.PAUSED)
    assert job.wait(20).state is JobState.PAUSED
    again = start_training(ready, GeneratorOrder("long"), resume=True)
    assert spec_of(again)["normals"] == spec["normals"]
    again.cancel()
    again.wait(20)


def test_without_normal_images_such_a_kind_is_not_trained(project, tmp_path):
    add(project, tmp_path, "A", Split.TRAIN)
    with pytest.raises(ProjectError, match="no normal image"):
        start_training(project, GeneratorOrder("g", kind="stargan"))
    assert project.jobs() == []


def test_settings_of_another_kind_are_refused(ready):
    with pytest.raises(SettingError, match="kind"):
        start_training(ready, GeneratorOrder("g", kind="cyclegan", overrides={"kind": "paste"}))
    with pytest.raises(SettingError, match="of kind adain"):
        start_training(ready, GeneratorOrder("g", overrides={"kind": "adain"}))
    with pytest.raises(SettingError, match="nz"):
        start_training(ready, GeneratorOrder("g", kind="paste", overrides={"nz": 8}))


def test_a_run_does_not_go_on_as_another_kind(ready):
    stopped(ready)
    with pytest.raises(SettingError, match="of kind dcdganc"):
        start_training(ready, GeneratorOrder("long", kind="stargan"), resume=True)


def test_what_was_never_started_cannot_go_on(ready):
    with pytest.raises(JobError, match="no training of this name"):
        start_training(ready, GeneratorOrder("g"), resume=True)


def stopped(project: Project, name: str = "long") -> None:
    job = start_training(project, GeneratorOrder(name, overrides={"steps": "20"}))
    while job.record.progress == 0:
        job.wait(0.01)
    project.ask_job(job.record.id, JobState.PAUSED)
    assert job.wait(20).state is JobState.PAUSED


def test_a_resumed_run_keeps_its_settings_and_images(ready, tmp_path):
    stopped(ready)
    add(ready, tmp_path, "Z", Split.TRAIN)
    job = start_training(ready, GeneratorOrder("long", overrides={"steps": 30}), resume=True)
    spec = spec_of(job)
    assert (spec["resume"], spec["config"]["steps"], len(spec["images"])) == (True, 30, 2)
    assert job.record.id == 1
    job.cancel()
    job.wait(20)


def test_a_resumed_run_is_not_made_another(ready):
    stopped(ready)
    with pytest.raises(SettingError, match="only steps may change"):
        start_training(ready, GeneratorOrder("long", overrides={"width_g": 9}), resume=True)
    with pytest.raises(SettingError, match="Did you mean steps"):
        start_training(ready, GeneratorOrder("long", overrides={"stepss": 9}), resume=True)


def test_a_run_whose_description_is_damaged_is_named(ready):
    stopped(ready)
    (ready.jobs()[0].folder / "job.json").write_text("{")
    with pytest.raises(JobError, match=r"job\.json"):
        start_training(ready, GeneratorOrder("long"), resume=True)


def test_an_image_that_is_gone_is_named(ready, tmp_path):
    stopped(ready)
    path = ready.jobs()[0].folder / "job.json"
    spec = json.loads(path.read_text())
    spec["images"][0] |= {"image": "/gone/x.png", "sha256": "0" * 64}
    path.write_text(json.dumps(spec))
    with pytest.raises(JobError, match="no longer in the project"):
        start_training(ready, GeneratorOrder("long"), resume=True)


def test_a_run_does_not_go_on_with_images_that_became_test_images(ready):
    stopped(ready)
    image = ready.images(role=Role.DEFECT, split=Split.TRAIN)[0]
    ready.set_splits({one.id: Split.TEST for one in ready.images() if one.group == image.group})
    with pytest.raises(JobError, match="training split as labeled"):
        start_training(ready, GeneratorOrder("long"), resume=True)


def test_a_combined_class_is_taken_out_and_named(ready):
    item = ready.items()[0]
    mixed = ready.add_class(item.id, "Mixed")
    with pytest.raises(SettingError, match="no defect of this class"):
        start_training(ready, GeneratorOrder("g", overrides={"combined": "mixed"}))
    with pytest.raises(SettingError, match="no such class"):
        start_training(ready, GeneratorOrder("g", overrides={"dilate": "crack:2"}))
    with pytest.raises(SettingError, match="class:pixels"):
        start_training(ready, GeneratorOrder("g", overrides={"dilate": "dent:99"}))
    label = np.full((16, 16), mixed.id, np.uint8)
    folder = ready.root
    write_png(folder / "mixed.png", label)
    ids = ready.add_images(
        item.id, [NewImage("mixed", Role.DEFECT, folder / "mixed.png", label=label)]
    )
    ready.set_splits(dict.fromkeys(ids, Split.TRAIN))
    job = start_training(
        ready, GeneratorOrder("g", overrides={"combined": "mixed", "dilate": "Dent:2"})
    )
    job.wait(20)
    spec = spec_of(job)
    assert (spec["combined"], spec["classes"]) == (mixed.id, {"1": "dent"})
    assert spec["config"]["dilate"] == "Dent:2"


def add_class_two(project: Project, folder: Path) -> None:
    item = project.items()[0]
    project.add_class(item.id, "scratch")
    label = np.zeros((16, 16), np.uint8)
    label[2:4, 2:9] = 2
    write_png(folder / "S.png", np.full((16, 16), 77, np.uint8))
    new = NewImage("S", Role.DEFECT, folder / "S.png", label=label)
    project.set_splits(dict.fromkeys(project.add_images(item.id, [new]), Split.TRAIN))


def test_dst_learns_from_the_references_and_normal_images(ready, tmp_path):
    add_class_two(ready, tmp_path)
    job = start_training(ready, GeneratorOrder("d", kind="dst", references=["b", "A"]))
    spec = spec_of(job)
    names = {i.sha256: i.name for i in ready.images(ready.items()[0].id)}
    assert [names[file["sha256"]] for file in spec["images"]] == ["B", "A"]
    assert sorted(names[file["sha256"]] for file in spec["normals"]) == ["a (2)", "b (2)"]
    assert spec["classes"] == {"1": "dent"} and spec["config"]["tone"] == "absolute"
    by_file = start_training(
        ready, GeneratorOrder("e", kind="histmatch", references=[str(tmp_path / "A.png")])
    )
    assert len(spec_of(by_file)["images"]) == 1 and spec_of(by_file)["normals"] == []


def test_one_network_makes_one_class_unless_it_is_conditional(ready, tmp_path):
    add_class_two(ready, tmp_path)
    with pytest.raises(SettingError, match=r"show 2: dent, scratch.*conditional to true"):
        start_training(ready, GeneratorOrder("d", kind="dst"))
    job = start_training(ready, GeneratorOrder("d", kind="dst", overrides={"conditional": "true"}))
    assert spec_of(job)["classes"] == {"1": "dent", "2": "scratch"}
    start_training(ready, GeneratorOrder("h", kind="histmatch"))  # has no network


def test_a_reference_must_be_known_labeled_and_of_the_training_split(ready, tmp_path):
    with pytest.raises(ProjectError, match=r"no defect image of this name.*A, B"):
        start_training(ready, GeneratorOrder("d", kind="dst", references=["Z"]))
    with pytest.raises(ProjectError, match="of the test split"):
        start_training(ready, GeneratorOrder("d", kind="dst", references=["T"]))
    with pytest.raises(SettingError, match="train dst or histmatch"):
        start_training(ready, GeneratorOrder("d", references=["A"]))
    write_png(tmp_path / "U2.png", np.full((16, 16), 5, np.uint8))
    bare = NewImage("bare", Role.DEFECT, tmp_path / "U2.png")
    empty = NewImage("empty", Role.DEFECT, tmp_path / "A.png", label=np.zeros((16, 16), np.uint8))
    write_png(tmp_path / "A.png", np.full((16, 16), 6, np.uint8))
    ready.add_images(ready.items()[0].id, [bare, empty])
    for name in ("bare", "empty"):
        with pytest.raises(ProjectError, match=r"no mask.*Paint its defect"):
            start_training(ready, GeneratorOrder("d", kind="dst", references=[name]))


def test_one_example_needs_no_split(project, tmp_path):
    add(project, tmp_path, "Aab", None)
    job = start_training(project, GeneratorOrder("d", kind="dst", references=["A"]))
    assert spec_of(job)["split"] == "all" and len(spec_of(job)["normals"]) == 2
    with pytest.raises(ProjectError, match="no split"):
        start_training(project, GeneratorOrder("e", kind="dst"))


def test_a_few_defects_are_pasted_first_and_then_what_was_last(project, tmp_path, monkeypatch):
    item = project.items()[0]
    assert usual_kind(project, item) == "paste"
    add(project, tmp_path, "AB", Split.TRAIN)
    monkeypatch.setattr(training, "_FEW", 2)
    assert usual_kind(project, item) == "dcdganc"
    for name, kind in (("one", "paste"), ("two", "histmatch")):
        project.add_generator(item.id, name, kind, generator(tmp_path / name, classes={1: "dent"}))
    assert usual_kind(project, item) == "paste", "a matched reference is no habit"
