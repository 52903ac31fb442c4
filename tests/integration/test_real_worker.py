"""Training, batch, replay and preview through a real worker process."""

from __future__ import annotations

import json
import queue
import shutil
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.preview import Previewer
from defectstudio.app.replaying import replay
from defectstudio.app.synthesis import start_synthesis
from defectstudio.app.training import start_training
from defectstudio.app.training_order import GeneratorOrder
from defectstudio.domain.errors import CheckpointError, JobError, ProjectError
from defectstudio.domain.events import Metrics
from defectstudio.domain.files import to_json
from defectstudio.domain.recipe import Defect, Recipe, Style, StyleMix
from defectstudio.domain.records import JobState, Role
from defectstudio.imaging.masks import encode
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.project.project import Project


@pytest.fixture(scope="module")
def trained(tmp_path_factory, fill, tiny):
    """A project whose generator was trained by a real worker."""
    folder = tmp_path_factory.mktemp("trained")
    with Project.create(folder / "project", "tile") as project:
        fill(project, folder / "pictures")
        assert (
            start_training(project, GeneratorOrder("g", overrides=tiny)).result().state
            is JobState.DONE
        )
        yield project


def test_a_trained_generator_is_the_projects(trained):
    generator = trained.generator("g")
    job = trained.jobs()[0]
    assert generator.kind == "dcdganc"
    assert job.progress == 1.0
    assert len((job.folder / "metrics.jsonl").read_text().splitlines()) == 4


def test_a_name_is_taken_once_trained(trained, tiny):
    with pytest.raises(ProjectError, match="generator of this name"):
        start_training(trained, GeneratorOrder("G", overrides=tiny))
    with pytest.raises(JobError, match="is done"):
        start_training(trained, GeneratorOrder("g"), resume=True)


@pytest.fixture(scope="module")
def samples(trained):
    """What a batch of three made."""
    batch = start_synthesis(trained, BatchOrder(generator="g", count=3, seed=7))
    assert batch.result().state is JobState.DONE
    assert [one.suffix for one in (batch.record.folder / "chunks").iterdir()] == [".json"]
    return trained.samples()


def test_a_batch_is_accepted_and_the_same_seed_makes_the_same(trained, samples):
    assert len(samples) == 3
    assert all(read_label(sample.label_file).any() for sample in samples)
    start_synthesis(trained, BatchOrder(generator="g", count=3, seed=7)).result()
    assert [one.sha256 for one in trained.samples()[:3]] == [one.sha256 for one in samples]


def test_a_replay_is_the_same_to_the_pixel(trained, samples, tmp_path):
    recipe = samples[-1].recipe_file
    report = replay(recipe)
    assert report.same
    assert report.versions == {}
    elsewhere = tmp_path / "recipe.json"
    changed = json.loads(recipe.read_text())
    changed["label_sha256"] = "0" * 64
    changed["recipe"]["versions"]["numpy"] = "1.0"
    elsewhere.write_text(json.dumps(changed))
    report = replay(elsewhere, project=trained.root)
    assert [one.label for one in report.samples] == [False]
    assert [one.image for one in report.samples] == [True]
    assert report.versions["numpy"] == ("1.0", np.__version__)


def test_preview_and_accepted_sample_are_equal(trained):
    background = trained.images(role=Role.NORMAL)[0]
    mask = np.zeros((12, 16), bool)
    mask[2:10, 3:14] = True
    plain = Defect(1, 5, encode(mask), 20, 60, trained.generator("g").sha256)
    mixed = replace(plain, style=Style(0.9, StyleMix(8, 0.4)), contrast=15.0)
    heard: queue.Queue[object] = queue.Queue()
    previewer = Previewer(trained)
    previewer.failed.connect(heard.put)
    previewer.ready.connect(lambda made, of: heard.put(made))
    asked = []
    try:
        for defect in (plain, mixed):
            recipe = Recipe(background.sha256, (defect,), trained.id)
            previewer.request(recipe)
            shown = heard.get(timeout=180)
            previewer.accept(recipe, heard.put, heard.put)
            asked.append((defect, shown, heard.get(timeout=180)))
        previewer.browse(recipe, [5, 6], heard.put, heard.put)
        gallery = heard.get(timeout=180)
    finally:
        previewer.close()
    for defect, shown, accepted in asked:
        assert np.array_equal(read_image(accepted.file), shown.image)
        assert np.array_equal(read_label(accepted.label_file), shown.label)
        assert np.array_equal(read_label(accepted.painted_file), shown.painted)
        assert accepted in trained.samples()
        stored = json.loads(accepted.recipe_file.read_text())["recipe"]["defects"][0]
        assert stored == json.loads(to_json(defect))
    assert replay(accepted.recipe_file, project=trained.root).same
    assert [one.seed for one in gallery] == [5, 6]
    assert not np.array_equal(gallery[0].pixels, gallery[1].pixels)


def test_a_cancelled_training_goes_on_where_it_stopped(project, tiny):
    job = start_training(project, GeneratorOrder("long", overrides={**tiny, "steps": 100_000}))
    while job.record.steps[0] < 3:
        job.wait(0.05)
    worker = json.loads((job.record.folder / "worker.json").read_text())["pid"]
    following = start_training(project, GeneratorOrder("next", overrides=tiny))
    began = time.monotonic()
    job.cancel()
    assert job.result().state is JobState.CANCELLED
    # Gone with its memory within five seconds, its checkpoint written, the slot free.
    assert not psutil.pid_exists(worker) and time.monotonic() - began < 5
    stopped = json.loads((job.record.folder / "checkpoint/state.json").read_text())["step"]
    assert following.result().state is JobState.DONE
    again = start_training(
        project, GeneratorOrder("long", overrides={"steps": stopped + 3}), resume=True
    )
    steps: list[int] = []
    record = again.result(lambda e: steps.append(e.step) if isinstance(e, Metrics) else None)
    assert record.state is JobState.DONE
    assert record.id == job.record.id
    assert steps == [stopped + 1, stopped + 2, stopped + 3]


def stop_at_first(job, project):
    while job.record.progress == 0:
        job.wait(0.05)
    project.ask_job(job.record.id, JobState.PAUSED)
    assert job.wait().state is JobState.PAUSED


def test_an_interrupted_training_goes_on_elsewhere_and_a_damaged_one_is_named(
    project, tiny, tmp_path
):
    job = start_training(project, GeneratorOrder("moved", overrides={**tiny, "steps": 100_000}))
    stop_at_first(job, project)
    project.close()
    shutil.copytree(project.root, tmp_path / "torn")
    shutil.move(project.root, tmp_path / "elsewhere")
    state = json.loads((tmp_path / "elsewhere/runs/0001/checkpoint/state.json").read_text())
    with Project.open(tmp_path / "elsewhere") as moved:
        steps = {"steps": state["step"] + 1}
        done = start_training(moved, GeneratorOrder("moved", overrides=steps), resume=True).result()
        assert done.state is JobState.DONE
        assert done.folder.is_relative_to(tmp_path / "elsewhere")
    with Project.open(tmp_path / "torn") as damaged:
        for tensors in (tmp_path / "torn/runs/0001/checkpoint").glob("*.safetensors"):
            tensors.write_bytes(b"torn")
        again = start_training(damaged, GeneratorOrder("moved"), resume=True)
        with pytest.raises(CheckpointError):
            again.result()
        assert damaged.jobs()[0].state is JobState.FAILED
