from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from defectstudio.app.again import once_more
from defectstudio.app.batch_jobs import describe_synthesis
from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.classes import merge_classes
from defectstudio.app.labels import mark_defect
from defectstudio.app.seed_marks import mark_seed
from defectstudio.app.synthesis import start_synthesis
from defectstudio.domain.errors import (
    CheckpointError,
    ImageError,
    JobError,
    ProjectError,
    SettingError,
)
from defectstudio.domain.files import sha256_file, write_json
from defectstudio.domain.generators import Config, DcdgancConfig, GeneratorCard
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.domain.seed_marks import Mark
from defectstudio.domain.transfer import BATCH_POLISH, DstConfig
from defectstudio.imaging.masks import decode
from defectstudio.imaging.reading import read_mask, write_png
from defectstudio.jobs import process
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


@pytest.fixture(autouse=True)
def fake_worker(monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))


def picture(folder: Path, value: int, shape: tuple[int, int] = (16, 24)) -> Path:
    path = folder / f"{value}.png"
    write_png(path, np.full(shape, value, np.uint8))
    return path


def generator(
    folder: Path, classes: dict[int, str], source: str = "mask", config: Config | None = None
) -> Path:
    folder.mkdir()
    weights = folder / "generator.safetensors"
    save_file({"w": np.zeros(len(classes), np.float32)}, weights)
    config = config or DcdgancConfig(source=source)
    card = GeneratorCard(
        config, 1, classes, dict.fromkeys(classes, 0.5), 1, (), "train",
        sha256_file(weights), {},
    )  # fmt: skip
    write_json(folder / "generator.json", card)
    return folder


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project", "tile") as made:
        item = made.items()[0]
        made.add_class(item.id, "dent")
        made.add_class(item.id, "hole")
        folder = generator(tmp_path / "weights", {1: "dent", 2: "hole"})
        made.add_generator(item.id, "g", "dcdganc", folder)
        label = np.zeros((16, 24), np.uint8)
        label[2:5, 2:9] = 1
        defect = NewImage("d", Role.DEFECT, picture(tmp_path, 10), label=label)
        normals = [
            NewImage(str(value), Role.NORMAL, picture(tmp_path, value)) for value in (20, 30, 40)
        ]
        ids = made.add_images(item.id, [defect, *normals])
        splits = [Split.TRAIN, Split.TRAIN, Split.VAL, Split.TEST]
        made.set_splits(dict(zip(ids, splits, strict=True)))
        yield made


def made_spec(project: Project, generator: str = "g", **wishes) -> dict:
    """The specification of a batch; the worker that gets it makes nothing."""
    job = start_synthesis(project, BatchOrder(generator=generator, **wishes))
    job.wait(20)
    return json.loads((job.record.folder / "job.json").read_text())


def test_shapes_and_backgrounds_are_of_the_training_split(project):
    spec = made_spec(project, count=3, seed=9)
    train = {image.sha256: image for image in project.images(split=Split.TRAIN)}
    assert [train[one["sha256"]].role for one in spec["backgrounds"]] == [Role.NORMAL]
    assert [train[one["sha256"]].role for one in spec["shapes"]] == [Role.DEFECT]
    assert spec["class_ids"] == [1]  # hole has no shape
    assert (spec["count"], spec["seed"], spec["project"]) == (3, 9, project.id)


def test_a_worker_that_made_too_few_has_failed(project):
    job = start_synthesis(project, BatchOrder(generator="g", count=3))
    with pytest.raises(JobError, match="0 of 3"):
        job.result()
    assert project.jobs()[0].state is JobState.FAILED
    assert project.samples() == []


def test_settings_find_their_place(project):
    overrides = {"ramp_px": "7", "strength": "0.5", "threshold": "0.1", "per_sample": "2"}
    spec = made_spec(project, overrides=overrides)
    assert spec["blend"]["ramp_px"] == 7
    assert spec["grain"]["strength"] == 0.5
    assert spec["refine"]["threshold"] == 0.1
    assert spec["placement"]["per_sample"] == 2


def test_a_batch_is_refined_as_its_generator_wants_unless_told_otherwise(project, tmp_path):
    folder = generator(tmp_path / "t", {1: "dent"}, config=DstConfig())
    project.add_generator(project.items()[0].id, "t", "dst", folder)
    assert made_spec(project)["styles"]["polish"] == 0
    assert made_spec(project, "t")["styles"]["polish"] == BATCH_POLISH
    assert made_spec(project, "t", overrides={"polish": "0"})["styles"]["polish"] == 0


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"overrides": {"ramp": "7"}}, "Did you mean ramp_px"),
        ({"overrides": {"ramp_px": "70"}}, "from 1 to 32"),
        ({"overrides": {"strength": "2"}}, "from 0 to 1"),
        ({"overrides": {"scale_min": "3", "scale_max": "2"}}, "above scale_max"),
        ({"count": 0}, "count"),
        ({"seed": -1}, "seed"),
        ({"class_name": "rust"}, "knows dent, hole"),
    ],
)
def test_a_wrong_setting_starts_nothing(project, wishes, words):
    with pytest.raises(SettingError, match=words):
        start_synthesis(project, BatchOrder(generator="g", **wishes))
    assert project.jobs() == []


def test_marks_of_seeds_are_given_to_the_batch(project):
    generator = project.generator("g").sha256
    assert made_spec(project)["marks"] == {}
    mark_seed(project.root, generator, 1, 5, Mark.FAVOURITE)
    mark_seed(project.root, generator, 1, 6, Mark.BANNED)
    mark_seed(project.root, "another", 1, 9, Mark.BANNED)
    assert made_spec(project)["marks"] == {"1": {"favourites": [], "banned": [6]}}
    spec = made_spec(project, overrides={"favourites": "true"})
    assert spec["marks"] == {"1": {"favourites": [5], "banned": [6]}}
    assert spec["styles"]["favourites"] is True


def test_favourites_that_are_not_there_are_asked_for(project):
    with pytest.raises(SettingError, match="no seed of dent is a favourite"):
        start_synthesis(project, BatchOrder(generator="g", overrides={"favourites": "true"}))
    assert project.jobs() == []


def test_a_class_without_a_shape_needs_a_mask(project, tmp_path):
    with pytest.raises(ProjectError, match="--mask"):
        start_synthesis(project, BatchOrder(generator="g", class_name="hole"))
    mask = np.zeros((16, 24), bool)
    mask[3:6, 5:12] = True
    write_png(tmp_path / "mask.png", mask)
    spec = made_spec(project, class_name="Hole", mask=tmp_path / "mask.png")
    assert spec["class_ids"] == [2]
    assert spec["shapes"] == []
    from pydantic import TypeAdapter

    from defectstudio.domain.recipe import EncodedMask

    encoded = TypeAdapter(EncodedMask).validate_python(spec["mask"])
    assert np.array_equal(decode(encoded), mask)


def test_a_constant_source_needs_no_shape(project, tmp_path):
    folder = generator(tmp_path / "free", {2: "hole"}, "constant")
    project.add_generator(project.items()[0].id, "free", "dcdganc", folder)
    job = start_synthesis(project, BatchOrder(generator="free"))
    job.wait(20)
    assert json.loads((job.record.folder / "job.json").read_text())["class_ids"] == [2]


def test_the_region_lies_beside_the_job(project, tmp_path):
    region = np.zeros((16, 24), np.uint8)
    region[:8] = 200
    write_png(tmp_path / "region.png", region)
    spec = made_spec(project, region=tmp_path / "region.png")
    where = Path(spec["backgrounds"][0]["region"])
    assert where.parent == Path(spec["run"])
    assert np.array_equal(read_mask(where), region > 0)


def test_an_empty_mask_is_named(project, tmp_path):
    write_png(tmp_path / "mask.png", np.zeros((16, 24), bool))
    with pytest.raises(ImageError, match="empty"):
        start_synthesis(project, BatchOrder(generator="g", mask=tmp_path / "mask.png"))


def test_a_mask_of_another_size_is_named(project, tmp_path):
    write_png(tmp_path / "mask.png", np.ones((5, 6), bool))
    with pytest.raises(ImageError, match="6 x 5 pixels"):
        start_synthesis(project, BatchOrder(generator="g", mask=tmp_path / "mask.png"))


def test_a_new_background_becomes_an_image_of_the_item(project, tmp_path):
    spec = made_spec(project, background=picture(tmp_path, 77))
    assert len(spec["backgrounds"]) == 1
    assert "77" in [image.name for image in project.images(role=Role.NORMAL)]


def test_nothing_is_made_on_the_test_split(project, tmp_path):
    with pytest.raises(ProjectError, match="test split"):
        start_synthesis(project, BatchOrder(generator="g", background=tmp_path / "40.png"))


def test_without_backgrounds_there_is_no_batch(project):
    for image in project.images(role=Role.NORMAL):
        project.set_splits({image.id: Split.TEST})
    with pytest.raises(ProjectError, match="no normal image"):
        start_synthesis(project, BatchOrder(generator="g", class_name="dent"))


def test_a_renamed_class_is_made_by_a_generator_that_knew_its_old_name(project):
    item = project.items()[0]
    project.rename_class(item.id, 1, "bump")
    assert made_spec(project, class_name="Bump")["class_ids"] == [1]
    with pytest.raises(SettingError, match="no such class"):
        start_synthesis(project, BatchOrder(generator="g", class_name="dent"))


def test_a_batch_goes_on_with_what_it_made(project):
    job = start_synthesis(project, BatchOrder(generator="g", count=3, seed=9))
    job.wait(20)
    before = json.loads((job.record.folder / "job.json").read_text())
    again = once_more(project, job.record)
    with pytest.raises(JobError, match="0 of 3"):  # this worker makes nothing either
        again.result()
    assert again.record.id == job.record.id
    assert json.loads((job.record.folder / "job.json").read_text()) == before


def test_a_trial_begins_anew_and_what_does_not_go_on_says_why(project):
    trial = start_synthesis(project, BatchOrder(generator="g", count=3, trial=2))
    trial.result()
    made = trial.record.folder / "samples" / "000000"
    made.mkdir(parents=True)
    describe_synthesis(project, trial.record)
    assert not made.exists()
    batch = start_synthesis(project, BatchOrder(generator="g", count=3))
    batch.wait(20)
    project.generator("g").folder.rename(project.root / "elsewhere")
    with pytest.raises(JobError, match="project was moved"):
        describe_synthesis(project, batch.record)
    (batch.record.folder / "job.json").unlink()  # then it is described as it was ordered
    with pytest.raises(CheckpointError, match="no usable generator"):
        describe_synthesis(project, batch.record)


@pytest.mark.parametrize(
    "change",
    [
        lambda project: mark_defect(project, project.images(role=Role.NORMAL)[0].id),
        lambda project: merge_classes(project, 1, 1, 2),
    ],
)
def test_a_batch_does_not_go_on_with_what_is_no_background_or_class_any_more(project, change):
    batch = start_synthesis(project, BatchOrder(generator="g", count=3))
    batch.wait(20)
    change(project)
    with pytest.raises(JobError, match="they were changed"):
        describe_synthesis(project, batch.record)
