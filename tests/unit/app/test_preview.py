from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.preview import Previewer, read_contents
from defectstudio.domain.errors import CheckpointError, InternalError, ProjectError, RecipeError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import write_png
from defectstudio.jobs import process
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


class Scene:
    """A project with one grey background, a generator by name only, and a previewer."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        picture = folder / "grey.png"
        write_png(picture, np.full((32, 48, 3), 128, np.uint8))
        item = project.items()[0]
        project.add_class(item.id, "crack")
        project.add_images(item.id, [NewImage("grey", Role.NORMAL, picture)])
        self.background = sha256_file(picture)
        self.heard: queue.Queue[object] = queue.Queue()
        self.previewer = Previewer(project)
        self.previewer.ready.connect(lambda made, recipe: self.heard.put((made, recipe)))
        self.previewer.failed.connect(self.heard.put)

    def recipe(self, seed: int) -> Recipe:
        mask = EncodedMask(4, 5, (0, 20))
        return Recipe(self.background, (Defect(1, seed, mask, 6, 7, "feed"),))


@pytest.fixture
def scene(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))
    monkeypatch.setattr(
        "defectstudio.app.preview._generators", lambda project, recipe: {"feed": tmp_path}
    )
    threads = set(threading.enumerate())
    with Project.create(tmp_path / "project", "tile") as project:
        made = Scene(project, tmp_path)
        yield made
        made.previewer.close()
    assert set(threading.enumerate()) <= threads


def until(done, seconds=20.0):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_recipe_becomes_a_composite(scene):
    recipe = scene.recipe(90)
    scene.previewer.request(recipe)
    made, of = scene.heard.get(timeout=20)
    assert of is recipe
    assert (made.painted == 1).sum() == 20
    assert made.image[8, 9].mean() > 150
    outside = np.ones((32, 48), bool)
    outside[6:10, 7:12] = False
    assert (made.image[outside] == 128).all()


def test_late_answers_are_dropped(scene):
    for seed in range(20, 60):
        scene.previewer.request(scene.recipe(seed))
    _made, recipe = scene.heard.get(timeout=20)
    assert recipe.defects[0].seed == 59
    with pytest.raises(queue.Empty):
        scene.heard.get(timeout=0.3)


def test_a_worker_that_is_killed_answers_all_the_same(scene):
    scene.previewer.request(scene.recipe(40))
    scene.heard.get(timeout=20)
    os.kill(scene.previewer._worker.pid, signal.SIGTERM)
    scene.previewer.request(scene.recipe(41))
    assert scene.heard.get(timeout=20)[1].defects[0].seed == 41


def test_what_kills_two_workers_is_given_up(scene):
    scene.previewer.request(scene.recipe(13))
    assert "preview worker ended" in str(scene.heard.get(timeout=20))
    scene.previewer.request(scene.recipe(41))
    assert scene.heard.get(timeout=20)[1].defects[0].seed == 41


def test_a_worker_that_dies_ten_times_is_told_each_time_and_started_again(scene):
    scene.previewer._worker._pauses = (0.01,)
    for number in range(5):
        scene.previewer.request(scene.recipe(13))
        assert "preview worker ended" in str(scene.heard.get(timeout=20)), number
    scene.previewer.request(scene.recipe(41))
    assert scene.heard.get(timeout=20)[1].defects[0].seed == 41


def test_a_failed_request_says_why(scene):
    scene.previewer.request(scene.recipe(14))
    assert isinstance(scene.heard.get(timeout=20), CheckpointError)


def test_a_background_that_is_not_there_is_named(scene):
    scene.previewer.request(replace(scene.recipe(1), background="0" * 64))
    assert isinstance(scene.heard.get(timeout=20), ProjectError)


def test_a_generator_that_is_not_there_is_named(tmp_path):
    from defectstudio.app import preview

    with Project.create(tmp_path / "project", "tile") as project, pytest.raises(RecipeError):
        recipe = Recipe("b", (Defect(1, 1, EncodedMask(1, 1, (0, 1)), 0, 0, "feed"),))
        preview._generators(project, recipe)


def test_a_sample_that_is_not_what_it_says_is_not_accepted(scene):
    refused: queue.Queue[object] = queue.Queue()
    scene.previewer.accept(scene.recipe(20), pytest.fail, refused.put)
    assert isinstance(refused.get(timeout=20), ProjectError)
    assert scene.project.samples() == []
    assert scene.heard.empty(), "it is no failure of the preview"


@pytest.mark.parametrize(("seed", "word"), [(13, "preview worker ended"), (14, "no such")])
def test_a_sample_that_cannot_be_made_is_refused_and_the_next_preview_is_shown(scene, seed, word):
    refused: queue.Queue[object] = queue.Queue()
    scene.previewer.accept(scene.recipe(seed), pytest.fail, refused.put)
    assert word in str(refused.get(timeout=20))
    scene.previewer.request(scene.recipe(41))
    assert scene.heard.get(timeout=20)[1].defects[0].seed == 41


def test_a_sample_no_worker_hears_of_is_refused(scene, monkeypatch):
    refused: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(scene.previewer._worker, "send", lambda request: False)
    scene.previewer.accept(scene.recipe(20), pytest.fail, refused.put)
    assert "cannot be reached" in str(refused.get(timeout=20))


def test_a_bug_ends_what_was_asked_only(scene, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("defectstudio.app.preview._generators", lambda project, recipe: 1 / 0)
        scene.previewer.request(scene.recipe(40))
        error = scene.heard.get(timeout=20)
    assert isinstance(error, InternalError) and "ZeroDivisionError" in str(error)
    scene.previewer.request(scene.recipe(41))
    assert scene.heard.get(timeout=20)[1].defects[0].seed == 41


def test_a_gallery_has_one_content_a_seed_and_comes_after_what_is_shown_and_taken(scene):
    heard = scene.heard
    scene.previewer.request(scene.recipe(40))
    scene.previewer.browse(scene.recipe(0), [5, 6], heard.put, pytest.fail)
    scene.previewer.accept(scene.recipe(20), pytest.fail, heard.put)
    scene.previewer.request(scene.recipe(41))
    order = [heard.get(timeout=20) for _ in range(3)]
    assert isinstance(order[0], ProjectError), "what is to be taken goes first"
    assert order[1][1].defects[0].seed == 41
    assert [one.seed for one in order[2]] == [5, 6]
    assert [round(float(one.pixels.mean()), 2) for one in order[2]] == [0.05, 0.06]


def test_of_two_galleries_that_wait_only_the_newest_is_made(scene, monkeypatch):
    sent = []
    monkeypatch.setattr(
        scene.previewer._worker, "send", lambda request: sent.append(request) or True
    )
    scene.previewer.request(scene.recipe(40))
    for seed in (5, 6):
        scene.previewer.browse(scene.recipe(0), [seed], pytest.fail, pytest.fail)
    waiting = scene.previewer
    until(lambda: waiting._to_browse is not None and waiting._to_browse.seeds == (6,))
    assert [request.want for request in sent] == ["contents"]


@pytest.mark.parametrize(("seed", "word"), [(13, "preview worker ended"), (14, "no such")])
def test_a_gallery_that_cannot_be_made_is_refused_alone(scene, seed, word):
    refused: queue.Queue[object] = queue.Queue()
    scene.previewer.browse(scene.recipe(seed), [1], pytest.fail, refused.put)
    assert word in str(refused.get(timeout=20))
    assert scene.heard.empty(), "it is no failure of the preview"
    scene.previewer.browse(scene.recipe(0), [1], scene.heard.put, pytest.fail)
    assert scene.heard.get(timeout=20)[0].seed == 1


def test_a_preview_comes_with_its_contents(scene):
    told: queue.Queue[object] = queue.Queue()
    scene.previewer.ready.connect(lambda made, recipe, contents: told.put(contents))
    scene.previewer.request(scene.recipe(30))
    (content,) = told.get(timeout=20)
    assert (content.seed, content.top, content.left) == (30, 6, 7)


def test_the_workers_device_is_told(scene):
    told: queue.Queue[str] = queue.Queue()
    scene.previewer.device.connect(told.put)
    assert told.get(timeout=20) == "abacus"


def test_an_unreachable_worker_is_told(scene, monkeypatch):
    monkeypatch.setattr(scene.previewer._worker, "send", lambda request: False)
    scene.previewer.request(scene.recipe(20))
    assert "cannot be reached" in str(scene.heard.get(timeout=20))


def test_closing_does_not_wait_for_an_answer(scene):
    scene.previewer.request(scene.recipe(20))
    started = time.monotonic()
    scene.previewer.close()
    assert time.monotonic() - started < 5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listeners_fault_surfaces_and_does_not_end_the_preview(scene, monkeypatch):
    surfaced: list[object] = []
    monkeypatch.setattr(threading, "excepthook", surfaced.append)

    def stumble(made: object, recipe: object) -> None:
        raise ZeroDivisionError

    scene.previewer.ready.connect(stumble)
    scene.previewer.request(scene.recipe(40))
    scene.heard.get(timeout=20)
    scene.previewer.ready.disconnect(stumble)
    scene.previewer.request(scene.recipe(41))
    scene.heard.get(timeout=20)
    assert len(surfaced) == 1


def test_blocks_that_do_not_lie_in_the_file_are_refused(tmp_path):
    path = tmp_path / "contents.bin"
    path.write_bytes(bytes(16))
    block = {"class_id": 1, "seed": 0, "top": 0, "left": 0, "height": 4, "width": 4, "channels": 1,
             "pixels_offset": 0, "mask_offset": 64}  # fmt: skip
    with pytest.raises(InternalError):
        read_contents(path, [block])
    assert read_contents(path, []) == []
