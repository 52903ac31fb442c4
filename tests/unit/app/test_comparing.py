from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from defectstudio.app import comparing
from defectstudio.app.comparing import accept_comparison, report_files, start_comparison
from defectstudio.domain.errors import CheckpointError, JobError, ProjectError, SettingError
from defectstudio.domain.files import sha256_file, write_json
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.records import Asked, JobState, Role, Split
from defectstudio.domain.transfer import DstConfig
from defectstudio.imaging.reading import write_png
from defectstudio.jobs import process
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


def picture(folder: Path, value: int) -> Path:
    path = folder / f"{value}.png"
    write_png(path, np.full((16, 24), value, np.uint8))
    return path


def generator(folder: Path, seed: int) -> Path:
    folder.mkdir()
    weights = folder / "generator.safetensors"
    save_file({"w": np.full(1, seed, np.float32)}, weights)
    card = GeneratorCard(
        DcdgancConfig(seed=seed), 1, {1: "dent"}, {1: 0.5}, 1, (), "train",
        sha256_file(weights), {},
    )  # fmt: skip
    write_json(folder / "generator.json", card)
    return folder


@pytest.fixture
def project(tmp_path):
    """Defects: 10 and 11 train, 12 test, 13 test unlabeled; normals: 20 train, 30 test."""
    with Project.create(tmp_path / "project", "tile") as made:
        item = made.items()[0]
        made.add_class(item.id, "dent")
        made.add_class(item.id, "never labeled")
        for seed in range(2):
            folder = generator(tmp_path / f"g{seed}", seed)
            made.add_generator(item.id, f"g{seed}", "dcdganc", folder)
        label = np.zeros((16, 24), np.uint8)
        label[2:5, 2:9] = 1
        new = [
            NewImage(str(value), Role.DEFECT, picture(tmp_path, value), label=label, group="part")
            for value in (10, 11)
        ]
        new.append(NewImage("12", Role.DEFECT, picture(tmp_path, 12), label=label))
        new.append(NewImage("13", Role.DEFECT, picture(tmp_path, 13)))
        new += [NewImage(str(v), Role.NORMAL, picture(tmp_path, v)) for v in (20, 30)]
        ids = made.add_images(item.id, new)
        splits = [Split.TRAIN, Split.TRAIN, Split.TEST, Split.TEST, Split.TRAIN, Split.TEST]
        made.set_splits(dict(zip(ids, splits, strict=True)))
        yield made


def made_spec(project: Project, **wishes) -> dict:
    job = start_comparison(project, **wishes)
    job.wait(20)
    return json.loads((job.record.folder / "job.json").read_text())


def named(project: Project, *names: str) -> list[str]:
    return [image.sha256 for image in project.images() if image.name in names]


def test_the_specification(project):
    spec = made_spec(project, overrides={"count": "7", "features": "vgg19", "download": "true"})
    assert (spec["kind"], spec["protocol"], spec["item"]) == ("compare", "realism", "tile")
    assert [one["file"]["sha256"] for one in spec["training"]] == named(project, "10", "11")
    assert {one["group"] for one in spec["training"]} == {"part"}
    assert [one["file"]["sha256"] for one in spec["test"]] == named(project, "12")
    assert [one["sha256"] for one in spec["backgrounds"]] == named(project, "30")
    assert spec["background_split"] == "test"
    assert [one["name"] for one in spec["generators"]] == ["g0", "g1"]
    settings = spec["settings"]
    assert (settings["count"], settings["features"], settings["download"]) == (7, "vgg19", True)
    assert spec["classes"] == {"1": "dent"}


def test_the_specification_of_the_protocol_dst(project, tmp_path):
    item = project.items()[0]
    with pytest.raises(ProjectError, match="no generator of kind dst"):
        start_comparison(project, protocol="dst")
    folder = generator(tmp_path / "d", 5)
    (reference,) = named(project, "11")
    weights = sha256_file(folder / "generator.safetensors")
    card = GeneratorCard(
        DstConfig(), 1, {1: "dent"}, {1: 0.5}, 1, (reference, "f" * 64), "train", weights, {}
    )
    write_json(folder / "generator.json", card)
    project.add_generator(item.id, "d", "dst", folder)
    spec = made_spec(project, protocol="dst", overrides={"count": "3", "features": "vgg19"})
    assert (spec["kind"], spec["protocol"]) == ("compare_dst", "dst")
    assert [one["name"] for one in spec["generators"]] == ["d"]
    assert [one["sha256"] for one in spec["generators"][0]["references"]] == [reference]
    assert [one["sha256"] for one in spec["shapes"]] == named(project, "10", "11")
    assert spec["settings"]["count"] == 3 and spec["background_split"] == "test"
    both = [i.id for i in project.images() if i.name in ("10", "11")]
    project.set_splits(dict.fromkeys(both, Split.TEST))
    project.set_splits({i.id: Split.TRAIN for i in project.images() if i.name == "12"})
    with pytest.raises(ProjectError, match="references of the generator are no longer"):
        start_comparison(project, protocol="dst")


def test_backgrounds_of_the_training_split_where_the_test_split_has_none(project):
    test = next(image for image in project.images() if image.name == "30")
    project.set_splits({test.id: Split.VAL})
    spec = made_spec(project)
    assert [one["sha256"] for one in spec["backgrounds"]] == named(project, "20")
    assert spec["background_split"] == "train"


def test_an_item_without_normal_images(project, tmp_path):
    other = project.add_item("other")
    label = np.ones((16, 24), np.uint8)
    project.add_class(other.id, "dent")
    images = [NewImage(str(v), Role.DEFECT, picture(tmp_path, v), label=label) for v in (60, 61)]
    ids = project.add_images(other.id, images)
    project.set_splits({ids[0]: Split.TRAIN, ids[1]: Split.TEST})
    with pytest.raises(ProjectError, match="no normal image"):
        start_comparison(project, item="other")


def test_a_test_split_without_labels(project):
    test = next(image for image in project.images() if image.name == "12")
    project.set_splits({test.id: Split.VAL})
    with pytest.raises(ProjectError, match="no labeled defect image to compare with"):
        start_comparison(project)


def test_an_item_without_a_defect(project, tmp_path):
    other = project.add_item("other")
    project.add_images(other.id, [NewImage("70", Role.NORMAL, picture(tmp_path, 70))])
    with pytest.raises(ProjectError, match="no defect of the item is labeled"):
        start_comparison(project, item="other")


@pytest.mark.parametrize(
    ("wish", "said"), [({"count": "1"}, "count"), ({"feature": "vgg19"}, "features"),
                       ({"features": "inception"}, "efficientnet-lite0 or vgg16-hed")],
)  # fmt: skip
def test_settings_are_checked(project, wish, said):
    with pytest.raises(SettingError, match=said):
        start_comparison(project, overrides=wish)
    assert project.jobs() == []


def test_a_damaged_generator_is_named(project):
    folder = project.generator("g1").folder
    (folder / "generator.safetensors").write_bytes(b"other")
    with pytest.raises(CheckpointError, match="g1"):
        start_comparison(project)


def test_a_worker_that_leaves_no_report_fails(project):
    job = start_comparison(project)
    job.wait(20)
    assert job.record.state is JobState.FAILED
    assert isinstance(job.failure, JobError)


def test_the_report_is_copied_where_it_is_wanted(project, tmp_path):
    job = start_comparison(project)
    record = replace(job.wait(20), folder=tmp_path / "job")
    for file in report_files(record):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name)
    order = {"protocol": "realism", "report": str(tmp_path / "wanted" / "here")}
    accept_comparison(project, replace(record, asked=Asked(order)))
    copies = sorted((tmp_path / "wanted" / "here").iterdir())
    assert [one.read_text() for one in copies] == ["realism.html", "realism.json"]
    report_files(record)[0].unlink()
    with pytest.raises(JobError, match="left no report"):
        accept_comparison(project, replace(record, asked=Asked({"protocol": "realism"})))


def test_the_specification_of_the_protocol_enlarge(project):
    spec = made_spec(
        project, protocol="enlarge", overrides={"steps": "9", "generators": "g1", "share": "0.3"}
    )
    assert (spec["kind"], spec["protocol"], spec["item"]) == ("compare_enlarge", "enlarge", "tile")
    (own,) = spec["partitions"]
    assert [one["sha256"] for one in own["training"]] == named(project, "10", "11", "20")
    assert [one["sha256"] for one in own["test"]] == named(project, "12", "30")
    assert own["validation"] == [] and spec["classes"] == {"1": "dent"}
    assert [one["label"] is None for one in own["test"]] == [False, True]
    assert {one["group"] for one in own["training"]} > {"part"}
    assert [(one["name"], one["seen"]) for one in spec["generators"]] == [("g1", [])]
    assert (spec["settings"]["steps"], spec["shares"]) == (9, [0.3])
    every = made_spec(project, protocol="enlarge")["generators"]
    assert [one["name"] for one in every] == ["g0", "g1"]
    with pytest.raises(ProjectError, match="no generator of this name"):
        start_comparison(project, protocol="enlarge", overrides={"generators": "g1, g7"})


def test_a_generator_that_saw_test_images_is_refused_or_marked(project, tmp_path):
    (test,) = named(project, "12")
    folder = generator(tmp_path / "leak", 8)
    card = json.loads((folder / "generator.json").read_text())
    write_json(folder / "generator.json", {**card, "trained_on": [test]})
    project.add_generator(project.items()[0].id, "leak", "dcdganc", folder)
    with pytest.raises(ProjectError, match="the parts of 1 images of the test split"):
        start_comparison(project, protocol="enlarge")
    spec = made_spec(project, protocol="enlarge", overrides={"force": "true"})
    assert [one["seen"] for one in spec["generators"]] == [[], [], [test]]


def test_a_generator_that_saw_the_same_part_in_another_picture_has_seen_it(project, tmp_path):
    ids = {image.name: image.id for image in project.images()}
    folder = generator(tmp_path / "leak", 8)
    card = json.loads((folder / "generator.json").read_text())
    write_json(folder / "generator.json", {**card, "trained_on": named(project, "10")})
    project.add_generator(project.items()[0].id, "leak", "dcdganc", folder)
    made_spec(project, protocol="enlarge")
    # 10 and 11 show one part: the generator knows what 11 shows.
    swapped = {"10": Split.TEST, "11": Split.TEST, "12": Split.TRAIN}
    project.set_splits({ids[name]: split for name, split in swapped.items()})
    with pytest.raises(ProjectError, match="the parts of 2 images of the test split"):
        start_comparison(project, protocol="enlarge")
    spec = made_spec(project, protocol="enlarge", overrides={"force": "true"})
    assert spec["generators"][2]["seen"] == named(project, "10", "11")


def test_further_splits_are_by_part_and_of_the_same_size(project, tmp_path):
    label = np.zeros((16, 24), np.uint8)
    label[2:5, 2:9] = 1
    item = project.items()[0].id
    new = [
        NewImage(str(v), Role.DEFECT, picture(tmp_path, v), label=label, group=f"p{v // 2}")
        for v in range(100, 112)
    ]
    new += [NewImage(str(v), Role.NORMAL, picture(tmp_path, v)) for v in range(120, 126)]
    ids = project.add_images(item, new)
    pairs = [Split.TRAIN, Split.TRAIN, Split.TEST, Split.TEST]
    project.set_splits(dict(zip(ids, (pairs * 5)[:18], strict=True)))
    overrides = {"partitions": "4", "seed": "3"}
    partitions = made_spec(project, protocol="enlarge", overrides=overrides)["partitions"]
    assert len(partitions) == 4
    every = {one["sha256"] for part in partitions[0].values() for one in part}
    dealt = set()
    for one in partitions[1:]:
        groups = [{e["group"] for e in one[name]} for name in ("training", "test")]
        assert not groups[0] & groups[1]
        assert {e["sha256"] for part in one.values() for e in part} == every
        assert abs(len(one["training"]) - len(partitions[0]["training"])) <= 3
        dealt.add(tuple(sorted(e["sha256"] for e in one["test"])))
    assert len(dealt) > 1
    assert made_spec(project, protocol="enlarge", overrides=overrides)["partitions"] == partitions


def test_shares_and_classes_are_named_or_refused(project):
    spec = made_spec(
        project, protocol="enlarge", overrides={"share": "0.25, 0.5,1", "classes": "dent"}
    )
    assert spec["shares"] == [0.25, 0.5, 1.0] and spec["classes"] == {"1": "dent"}
    for share in ("", "half", "0", "0.5,1.5", "nan"):
        with pytest.raises(SettingError, match="share"):
            start_comparison(project, protocol="enlarge", overrides={"share": share})
    with pytest.raises(SettingError, match="no labeled defect of such a class"):
        start_comparison(project, protocol="enlarge", overrides={"classes": "burn"})


def test_enlarging_needs_normal_images_and_test_defects(project):
    normals = [i.id for i in project.images() if i.name == "20"]
    project.set_splits(dict.fromkeys(normals, Split.TEST))
    with pytest.raises(ProjectError, match="no normal image"):
        start_comparison(project, protocol="enlarge")
    project.set_splits(dict.fromkeys(normals, Split.TRAIN))
    labeled = [i.id for i in project.images() if i.name == "12"]
    project.set_splits(dict.fromkeys(labeled, Split.VAL))
    with pytest.raises(ProjectError, match="test split has no labeled"):
        start_comparison(project, protocol="enlarge")


def test_the_specification_of_the_protocol_transfer(project, tmp_path):
    target = project.add_item("pipe")
    project.add_class(target.id, "hollow")
    label = np.zeros((16, 24), np.uint8)
    label[4:6, 4:9] = 1
    new = [NewImage("40", Role.DEFECT, picture(tmp_path, 40), label=label)]
    new += [NewImage(str(v), Role.NORMAL, picture(tmp_path, v)) for v in (50, 60)]
    ids = project.add_images(target.id, new)
    project.set_splits(dict(zip(ids, [Split.TEST, Split.TRAIN, Split.TEST], strict=True)))
    wishes = {"protocol": "transfer", "item": "pipe"}
    spec = made_spec(project, **wishes, overrides={"source": "tile", "steps": "9"})
    assert (spec["kind"], spec["protocol"]) == ("compare_transfer", "transfer")
    assert (spec["item"], spec["source_name"]) == ("pipe", "tile")
    assert spec["classes"] == {"1": "hollow"} and spec["source_classes"] == {"1": "dent"}
    assert [one["sha256"] for one in spec["source"]] == named(project, "10", "11", "20")
    assert [one["sha256"] for one in spec["training"]] == named(project, "50")
    assert [one["sha256"] for one in spec["test"]] == named(project, "40", "60")
    assert [one["name"] for one in spec["generators"]] == ["g0", "g1"]
    other = np.zeros((16, 24), np.uint8)
    other[2:5, 2:9] = 2
    tile = project.items()[0].id
    added = project.add_images(
        tile, [NewImage("14", Role.DEFECT, picture(tmp_path, 14), label=other)]
    )
    project.set_splits({added[0]: Split.TRAIN})
    for classes, shown in (("", ["10", "11", "14", "20"]), ("dent", ["10", "11", "20"])):
        overrides = {"source": "tile", "classes": classes}
        spec = made_spec(project, **wishes, overrides=overrides)
        assert {one["sha256"] for one in spec["source"]} == set(named(project, *shown))
    for source in ("", "pipe", "glass"):
        with pytest.raises(SettingError, match="no other item"):
            start_comparison(project, **wishes, overrides={"source": source})
    with pytest.raises(SettingError, match="no labeled defect of such a class"):
        overrides = {"source": "tile", "classes": "dent, burn"}
        start_comparison(project, **wishes, overrides=overrides)


def test_the_specification_of_the_protocol_strategies(project, tmp_path):
    label = np.zeros((16, 24), np.uint8)
    label[2:5, 2:9] = 1
    item = project.items()[0].id
    new = [NewImage("14", Role.DEFECT, picture(tmp_path, 14), label=label, group="other")]
    project.set_splits(dict.fromkeys(project.add_images(item, new), Split.TRAIN))
    spec = made_spec(project, protocol="strategies", overrides={"real": "3, 2,1"})
    assert (spec["kind"], spec["real"]) == ("compare_strategies", [1, 2, 3])
    few = [[one["sha256"] for one in part["training"]] for part in spec["partitions"]]
    # 10 and 11 show one part: the second image is of another.
    shown = [("10", "20"), ("10", "20", "14"), ("10", "11", "20", "14")]
    assert [set(one) for one in few] == [set(named(project, *names)) for names in shown]
    for part in spec["partitions"]:
        assert [one["sha256"] for one in part["test"]] == named(project, "12", "30")
    for real in ("", "0", "two", "1.5"):
        with pytest.raises(SettingError, match="real"):
            start_comparison(project, protocol="strategies", overrides={"real": real})


def test_a_forecast_tries_the_comparison_that_would_be_started(project, monkeypatch):
    asked = []

    def run_once(spec, _listener, began):
        asked.append((spec, began, spec.run.is_dir()))
        return {"seconds": 12.5, "trainings": 9}

    monkeypatch.setattr(comparing, "run_once", run_once)
    told = comparing.forecast(project, protocol="enlarge", overrides={"steps": "9"}, began=print)
    assert told == comparing.Forecast(12.5, 9)
    ((spec, began, there),) = asked
    assert (spec.kind, spec.trial.protocol, spec.trial.settings.steps) == ("forecast", "enlarge", 9)
    assert began is print and there and not spec.run.exists() and spec.trial.run == spec.run
    assert project.jobs() == []
    with pytest.raises(SettingError, match="steps"):
        comparing.forecast(project, protocol="enlarge", overrides={"steps": "0"})
