from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from defectstudio.domain.errors import InternalError, ProjectError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import JobState, Split
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("DEFECTSTUDIO_KILLS", "3"))
"""How often the killed-process tests kill; the full run is 20."""
WRITER = """
import sys
from pathlib import Path
import numpy as np
from defectstudio.domain.records import JobState, Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.project import NewImage, Project
root, pictures = Path(sys.argv[1]), Path(sys.argv[2])
project = Project.open(root)
job = project.add_job("import", "writer")
project.move_job(job.id, JobState.RUNNING)
rng = np.random.default_rng(int(sys.argv[3]))
while True:
    path = pictures / "next.png"
    write_png(path, rng.integers(0, 255, (16, 16), dtype=np.uint8))
    label = np.ones((16, 16), np.uint8)
    image = NewImage("picture", Role.DEFECT, path, "", label)
    print(project.add_images(1, [image])[0], flush=True)
"""


def test_a_change_is_told_once_it_is_written(
    project: Project, new_image: Callable[..., NewImage], new_sample: Callable[..., NewSample]
) -> None:
    told: list[tuple[str, int]] = []

    def tell(table: str) -> None:
        with Project.open(project.root) as other:
            told.append((table, len(other.images())))

    project.changed.connect(tell)
    project.add_images(1, [new_image(1)])
    project.set_splits({1: Split.TRAIN})
    project.accept_samples(1, [new_sample(project.image(1).sha256)])
    project.add_class(1, "stain")
    with pytest.raises(ProjectError):
        project.add_class(1, "stain")
    assert told == [("images", 1), ("images", 1), ("samples", 1), ("classes", 1)]


def test_the_folder_can_move(project: Project, new_image: Callable[..., NewImage]) -> None:
    project.add_images(1, [new_image(1, 1)])
    project.close()
    moved = project.root.with_name("elsewhere")
    project.root.rename(moved)
    with Project.open(moved) as opened:
        image = opened.image(1)
        assert image.file.is_relative_to(moved)
        assert sha256_file(image.file) == image.sha256


def test_closing_twice_is_no_matter(project: Project) -> None:
    project.close()
    project.close()
    with pytest.raises(InternalError, match="closed"):
        project.items()


def test_threads_share_a_project(project: Project, new_image: Callable[..., NewImage]) -> None:
    failures: list[BaseException] = []
    images = [new_image(number, 1) for number in range(24)]

    def write(part: int) -> None:
        try:
            for image in images[part::4]:
                project.add_images(1, [image])
        except BaseException as error:
            failures.append(error)

    def read() -> None:
        try:
            while any(thread.is_alive() for thread in writers):
                assert all(image.class_ids == (1,) for image in project.images())
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    reader = threading.Thread(target=read)
    for thread in (*writers, reader):
        thread.start()
    for thread in (*writers, reader):
        thread.join()
    assert failures == []
    assert sorted(image.name for image in project.images()) == sorted(one.name for one in images)


def test_two_processes_write_side_by_side(project: Project, tmp_path: Path) -> None:
    project.changed.connect(lambda _: None)
    with _writer(project.root, tmp_path, 1) as other:
        assert other.stdout is not None
        seen = int(other.stdout.readline())
        for number in range(10):
            project.add_item(f"item {number}")
            assert seen in {image.id for image in project.images()}
        other.kill()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_loses_nothing_that_was_accepted(
    project: Project, tmp_path: Path, seed: int
) -> None:
    with _writer(project.root, tmp_path, seed) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.0, 0.5))
        writer.kill()
        accepted = [
            int(line)
            for line in (first + writer.stdout.read()).splitlines(True)
            if line.endswith("\n")
        ]
    with Project.open(project.root) as opened:
        images = {image.id: image for image in opened.images()}
        assert set(accepted) <= set(images)
        # What was being accepted may have come through as well, and is then whole.
        assert len(images) <= len(accepted) + 1
        for image in images.values():
            assert sha256_file(image.file) == image.sha256
            assert image.label_file is not None
            assert image.label_file.is_file()
        assert opened.jobs()[-1].state is JobState.INTERRUPTED


def _writer(root: Path, pictures: Path, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), str(pictures), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
