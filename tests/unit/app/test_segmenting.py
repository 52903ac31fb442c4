"""Trainings of segmenters: what they may see, how they go on, what becomes of them."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app import judging
from defectstudio.app.segmenting import KIND, accept_segmenter, start_segmenter_training
from defectstudio.app.training_order import SegmenterOrder
from defectstudio.domain.errors import JobError, ProjectError, SettingError, UserError
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD as GENERATOR_CARD
from defectstudio.domain.generators import WEIGHTS as GENERATOR_WEIGHTS
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import Asked, JobState, Review, Role, Split
from defectstudio.domain.segmenters import CARD, WEIGHTS, SegmenterCard, SegmenterConfig
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.jobs import process
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"
SIZE = (16, 20)


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


def label(class_id):
    plane = np.zeros(SIZE, np.uint8)
    plane[4:8, 4:9] = class_id
    return plane


@pytest.fixture
def project(tmp_path):
    """Defects A (train), V (val), T (test); good g (train), h (test)."""
    with Project.create(tmp_path / "project", "tile") as made:
        item = made.items()[0]
        made.add_class(item.id, "dent")
        made.add_class(item.id, "burn")
        new = []
        for letter in "AVTgh":
            path = tmp_path / f"{letter}.png"
            write_png(path, np.full(SIZE, ord(letter), np.uint8))
            if letter.isupper():
                new.append(NewImage(letter, Role.DEFECT, path, label=label(1)))
            else:
                new.append(NewImage(letter, Role.NORMAL, path))
        splits = [Split.TRAIN, Split.VAL, Split.TEST, Split.TRAIN, Split.TEST]
        ids = made.add_images(item.id, new)
        made.set_splits(dict(zip(ids, splits, strict=True)))
        yield made


def named(project, *names):
    by_name = {image.name: image.sha256 for image in project.images()}
    return [by_name[name] for name in names]


def add_sample(project, folder, on, generator="0" * 64, class_id=2):
    """An accepted sample on the background of that name."""
    image = np.full(SIZE, 40, np.uint8)
    plane = label(class_id)
    (background,) = named(project, on)
    defect = Defect(class_id, 0, EncodedMask(1, 1, (0, 1)), 0, 0, generator)
    hashes = (pixel_sha256(image), pixel_sha256(plane), pixel_sha256(plane))
    folder = folder / f"sample-{on}-{generator[:4]}"
    write_png(folder / "image.png", image)
    write_png(folder / "label.png", plane)
    write_png(folder / "painted.png", plane)
    write_json(folder / "recipe.json", SampleManifest(Recipe(background, (defect,)), *hashes))
    project.accept_samples(project.items()[0].id, [NewSample.in_folder(folder)])


def add_generator(project, folder, trained_on):
    folder.mkdir()
    (folder / GENERATOR_WEIGHTS).write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    card = GeneratorCard(
        DcdgancConfig(), 1, {1: "dent"}, {1: 0.5}, 1, tuple(trained_on), "train", digest, {}
    )
    write_json(folder / GENERATOR_CARD, card)
    project.add_generator(project.items()[0].id, "maker", "dcdganc", folder)
    return digest


def segmenter_folder(folder, trained_on=()):
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"eye")
    digest = hashlib.sha256(b"eye").hexdigest()
    card = SegmenterCard(
        SegmenterConfig(), 1, {1: "dent"}, "none", 0.4, 3, 0, tuple(trained_on), digest, {}
    )
    write_json(folder / CARD, card)
    return folder


def ended(job):
    """The job's specification as its worker got it."""
    job.wait()
    return json.loads((job.record.folder / "job.json").read_text())


def test_it_sees_the_training_split_and_samples_on_its_backgrounds(project, tmp_path):
    add_sample(project, tmp_path, "g")
    add_sample(project, tmp_path, "h")
    spec = ended(start_segmenter_training(project, SegmenterOrder("eye", overrides={"steps": "7"})))
    assert (spec["kind"], spec["name"], spec["config"]["steps"]) == (KIND, "eye", 7)
    assert [one["sha256"] for one in spec["training"]] == named(project, "A", "g")
    assert [one["sha256"] for one in spec["validation"]] == named(project, "V")
    on_a = project.samples()[0]
    assert [one["sha256"] for one in spec["samples"]] == [on_a.sha256]
    assert spec["classes"] == {"1": "dent", "2": "burn"}
    without = start_segmenter_training(
        project, SegmenterOrder("b", overrides={"synthetic_share": 0.0})
    )
    spec = ended(without)
    assert spec["samples"] == [] and spec["classes"] == {"1": "dent"}


def test_rejected_samples_are_not_trained_on(project, tmp_path):
    add_sample(project, tmp_path, "g")
    (made,) = project.samples()
    project.set_reviews({made.id: Review.REJECTED})
    assert ended(start_segmenter_training(project, SegmenterOrder("eye")))["samples"] == []


def test_samples_alone_are_enough(project, tmp_path):
    ids = [image.id for image in project.images() if image.name == "A"]
    project.set_splits(dict.fromkeys(ids, Split.TEST))
    with pytest.raises(ProjectError, match="no labeled defect image"):
        start_segmenter_training(project, SegmenterOrder("eye"))
    add_sample(project, tmp_path, "g")
    spec = ended(start_segmenter_training(project, SegmenterOrder("eye")))
    assert [one["sha256"] for one in spec["training"]] == named(project, "g")
    assert spec["classes"] == {"2": "burn"} and len(spec["samples"]) == 1


def test_samples_of_a_generator_that_knows_what_is_judged_are_refused(project, tmp_path):
    digest = add_generator(project, tmp_path / "g", named(project, "T"))
    add_sample(project, tmp_path, "g")
    ended(start_segmenter_training(project, SegmenterOrder("others")))
    add_sample(project, tmp_path, "g", digest)
    with pytest.raises(ProjectError, match="trained on images of the validation or test split"):
        start_segmenter_training(project, SegmenterOrder("eye"))
    ended(
        start_segmenter_training(project, SegmenterOrder("eye", overrides={"synthetic_share": "0"}))
    )


def test_names_and_splits_are_checked(project, tmp_path):
    project.add_segmenter(1, "Eye", "unet", segmenter_folder(tmp_path / "s"))
    with pytest.raises(ProjectError, match="has a segmenter of this name"):
        start_segmenter_training(project, SegmenterOrder("eye"))
    with pytest.raises(SettingError, match="no setting"):
        start_segmenter_training(project, SegmenterOrder("other", overrides={"stepz": "1"}))
    with (
        Project.create(tmp_path / "bare", "tile") as bare,
        pytest.raises(ProjectError, match="no defect of the item"),
    ):
        start_segmenter_training(bare, SegmenterOrder("eye"))


def test_success_makes_a_segmenter_of_the_project(project, tmp_path):
    job = start_segmenter_training(project, SegmenterOrder("eye"))
    job.wait()
    folder = segmenter_folder(job.record.folder / "segmenter")
    accept_segmenter(project, job.record)
    made = project.segmenter("EYE")
    assert (made.name, made.kind) == ("eye", "unet")
    assert made.folder == project.root / "segmenters" / "eye" and folder.exists()
    assert project.segmenters(1) == [made] and project.segmenters(2) == []
    with pytest.raises(ProjectError, match="no segmenter of this name"):
        project.segmenter("nose")


def test_it_goes_on_in_its_own_folder_with_its_own_images(project, tmp_path):
    with pytest.raises(JobError, match="no training of this name"):
        start_segmenter_training(project, SegmenterOrder("eye"), resume=True)
    add_sample(project, tmp_path, "g")
    job = start_segmenter_training(project, SegmenterOrder("eye", overrides={"steps": 5}))
    first = ended(job)
    with pytest.raises(SettingError, match="cannot change"):
        start_segmenter_training(
            project, SegmenterOrder("eye", overrides={"width": 9}), resume=True
        )
    again = start_segmenter_training(
        project, SegmenterOrder("eye", overrides={"steps": 9}), resume=True
    )
    spec = ended(again)
    assert again.record.folder == job.record.folder
    assert spec["resume"] and spec["config"]["steps"] == 9
    assert (spec["training"], spec["samples"]) == (first["training"], first["samples"])
    project.remove_sample(project.samples()[0].id)
    with pytest.raises(JobError, match="no longer in the project"):
        start_segmenter_training(project, SegmenterOrder("eye"), resume=True)


def test_it_does_not_go_on_with_a_sample_that_was_rejected_meanwhile(project, tmp_path):
    add_sample(project, tmp_path, "g")
    job = start_segmenter_training(project, SegmenterOrder("eye", overrides={"steps": 5}))
    ended(job)
    project.set_reviews({project.samples()[0].id: Review.REJECTED})
    with pytest.raises(JobError, match="was rejected"):
        start_segmenter_training(project, SegmenterOrder("eye"), resume=True)


def test_a_judgement_names_its_images_and_what_was_seen(project, tmp_path):
    folder = segmenter_folder(tmp_path / "s", named(project, "A", "V"))
    project.add_segmenter(1, "eye", "unet", folder)
    spec = ended(judging.start_evaluation(project, model="eye", overrides={"sheet": "3"}))
    assert [one["sha256"] for one in spec["examples"]] == named(project, "T", "h")
    assert (spec["seen"], spec["split"], spec["settings"]["sheet"]) == (0, "test", 3)
    spec = ended(judging.start_evaluation(project, model="eye", split=Split.VAL))
    assert spec["seen"] == 1
    ids = [i.id for i in project.images() if i.split is Split.VAL]
    project.set_splits(dict.fromkeys(ids, Split.TRAIN))
    with pytest.raises(ProjectError, match="val split has no image"):
        judging.start_evaluation(project, model="eye", split=Split.VAL)


def test_a_report_is_copied_or_missed(project, tmp_path):
    record = replace(project.add_job("evaluate", "x"), folder=tmp_path / "run")
    with pytest.raises(JobError, match="left no report"):
        judging.accept_evaluation(project, record)
    for file in judging.evaluation_files(record):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name)
    wanted = Asked({"report": str(tmp_path / "copy")})
    judging.accept_evaluation(project, replace(record, asked=wanted))
    names = sorted(path.name for path in (tmp_path / "copy").iterdir())
    assert names == ["evaluate.html", "evaluate.json"]


def test_pictures_are_found_and_named(project, tmp_path):
    folder = tmp_path / "new"
    for name in ("a.png", "deep/a.PNG", "deep/b.jpg", "deep/B.png", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    images = judging._pictures(folder)
    names = dict(zip([i.relative_to(folder).as_posix() for i in images],
                     judging._names(folder, images), strict=True))  # fmt: skip
    twice = {name: name for name in ("deep/B.png", "deep/b.jpg")}
    assert names == {"a.png": "a", "deep/a.PNG": "deep/a", **twice}
    assert judging._pictures(folder / "a.png") == (folder / "a.png",)
    for empty in (tmp_path / "none", project.root / "runs"):
        with pytest.raises(UserError, match="no picture"):
            judging._pictures(empty)


def test_predictions_appear_whole_or_not_at_all(project, tmp_path, monkeypatch):
    project.add_segmenter(1, "eye", "unet", segmenter_folder(tmp_path / "s"))
    source, target = tmp_path / "A.png", tmp_path / "out"

    def worker(spec, hear):
        assert spec.names == ("A",) and spec.run.parent == target.parent
        (spec.run / "predictions" / "masks").mkdir(parents=True)
        return {"images": 1, "with_defects": 1, "failed": 0}

    def broken(spec, hear):
        (spec.run / "predictions").mkdir(parents=True)
        raise JobError("it broke")

    monkeypatch.setattr(judging, "run_once", broken)
    with pytest.raises(JobError, match="it broke"):
        judging.predict(project, model="eye", source=source, target=target)
    assert not target.exists() and not list(tmp_path.glob(".out-*"))
    monkeypatch.setattr(judging, "run_once", worker)
    found = judging.predict(project, model="eye", source=source, target=target)
    assert (found.images, found.with_defects, found.failed) == (1, 1, 0)
    assert (target / "masks").is_dir()
    with pytest.raises(UserError, match="not empty"):
        judging.predict(project, model="eye", source=source, target=target)
    with pytest.raises(SettingError, match="threshold"):
        judging.predict(project, model="eye", source=source, target=tmp_path / "new", threshold=1.5)


def test_predictions_as_a_job_appear_whole_or_not_at_all(project, tmp_path, monkeypatch):
    project.add_segmenter(1, "eye", "unet", segmenter_folder(tmp_path / "s"))
    source, target = tmp_path / "A.png", tmp_path / "deep" / "out"
    job = judging.start_prediction(project, model="eye", source=source, target=target)
    record = job.wait(20)
    assert (record.kind, record.title, record.state) == (
        "predict",
        "A.png with eye",
        JobState.FAILED,
    )
    assert isinstance(job.failure, JobError) and "cannot be written" in record.message
    assert not target.exists() and list(target.parent.iterdir()) == []
    target.mkdir()
    job = judging.start_prediction(
        project, model="eye", source=source, target=target, threshold=0.7
    )
    record, spec = job.wait(20), ended(job)
    assert (spec["names"], spec["threshold"], spec["run"]) == (["A"], 0.7, str(record.folder))
    (record.folder / "predictions" / "masks").mkdir(parents=True)
    (record.folder / "predictions" / "predictions.json").write_text("[]")
    for _again_after_a_kill in range(2):
        judging.accept_prediction(project, record)
    assert (target / "masks").is_dir() and [p.name for p in target.parent.iterdir()] == ["out"]
    with pytest.raises(UserError, match="not empty"):
        judging.start_prediction(project, model="eye", source=source, target=target)


def test_onnx_goes_to_its_file(project, tmp_path, monkeypatch):
    project.add_segmenter(1, "eye", "unet", segmenter_folder(tmp_path / "s"))

    def worker(spec, hear):
        (spec.run / "segmenter.onnx").write_bytes(b"model")
        return {"largest_difference": 1e-7}

    monkeypatch.setattr(judging, "run_once", worker)
    target = tmp_path / "deep" / "eye.onnx"
    assert judging.export_onnx(project, model="eye", target=target) == 1e-7
    assert target.read_bytes() == b"model"


def test_onnx_as_a_job_goes_to_its_file_or_says_where_it_is(project, tmp_path):
    project.add_segmenter(1, "eye", "unet", segmenter_folder(tmp_path / "s"))
    target = tmp_path / "deep" / "eye.onnx"
    job = judging.start_onnx_export(project, model="EYE", target=target)
    spec, record = ended(job), job.record
    assert (spec["kind"], spec["run"], record.title) == (
        record.kind, str(record.folder), "eye as eye.onnx",
    )  # fmt: skip
    assert record.state is JobState.FAILED and "cannot be written" in record.message
    (record.folder / judging.ONNX_FILE).write_bytes(b"model")
    judging.accept_onnx(project, record)
    assert target.read_bytes() == b"model"
    target.unlink()
    target.parent.rmdir()
    target.parent.touch()
    with pytest.raises(JobError, match="cannot be written there") as error:
        judging.accept_onnx(project, record)
    assert judging.ONNX_FILE in error.value.remedy
