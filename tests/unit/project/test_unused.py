"""Files that nothing speaks of: which are found, which are taken, and what a kill leaves."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.records import Asked, JobState
from defectstudio.project import unused
from defectstudio.project.datasets import DatasetEntry
from defectstudio.project.migrations import back_up
from defectstudio.project.project import Project

SORTS = get_args(unused.Sort)
LATER = unused.YOUNG_SECONDS + 60


def find(project: Project, after: float = LATER) -> list[unused.Unused]:
    return unused.find(project._database, project.root, time.time() + after)


def take(project: Project, after: float = LATER) -> list[unused.Unused]:
    return unused.take(project._database, project.root, time.time() + after, SORTS)


def paths(found: list[unused.Unused]) -> list[tuple[str, str]]:
    return [(one.sort, one.path) for one in found]


def stray(project: Project, data: bytes = b"nobody's") -> str:
    return project.files.add_bytes(data, ".bin").path


def job_of(project: Project, kind: str, state: JobState, slot: str = "cpu") -> Path:
    job = project.add_job(kind, "a job", Asked(slot=slot))
    for step in (JobState.RUNNING, state):
        if project.job(job.id).state is not step:
            project.move_job(job.id, step)
    return job.folder


@pytest.fixture
def full(project, new_image, new_sample, trained):
    """Images, their earlier labels, a sample, a dataset of a sample that is gone, a generator."""
    project.add_images(1, [new_image(0), new_image(1, 1)])
    label = np.zeros((12, 16), np.uint8)
    label[5:7] = 2
    project.save_label(2, label)
    background = project.image(1).sha256
    project.accept_samples(1, [new_sample(background, 1), new_sample(background, 2)])
    sample = project.samples()[0]
    entry = DatasetEntry(
        "tile", "s", "g", None, True, sample.file, sample.sha256, sample.label_file,
        sample.recipe_file,
    )  # fmt: skip
    project.freeze_dataset("kept", [entry])
    project.remove_sample(sample.id)
    project.add_generator(1, "gen", "dcdganc", trained())
    return project


def test_what_rows_speak_of_stays(full):
    before = sorted(full.root.rglob("*"))
    assert take(full) == find(full) == []
    assert sorted(full.root.rglob("*")) == before


def test_what_nothing_speaks_of_is_listed_with_its_size_then_gone(full, trained):
    shutil.copytree(trained(b"other"), full.root / "generators" / "old")
    for folder in ("runs/0042", "cache/enlarge"):
        (full.root / folder).mkdir(parents=True)
        (full.root / folder / "log.txt").write_bytes(b"12345")
    done, failed = (job_of(full, "train", state) for state in (JobState.DONE, JobState.FAILED))
    for run in (done, failed):
        (run / "checkpoint").mkdir()
        (run / "checkpoint" / "state").write_bytes(b"1234567")
    for name in ("project-schema1-b-1.sqlite", "project-schema2-a-1.sqlite", "class-1-2.json"):
        (full.root / "backups").mkdir(exist_ok=True)
        (full.root / "backups" / name).write_bytes(b"old")
    os.utime(full.root / "backups" / "project-schema1-b-1.sqlite", (1, 1))
    mine = full.root / "files" / "ab" / "notes.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("a person's own")
    mine.with_name(".0123456789abcdef.part.png").write_bytes(b"half")
    lone = stray(full)
    expected = [
        ("run", "runs/0042", 5),
        ("model", "generators/old", unused.size_of(full.root / "generators" / "old")),
        ("checkpoint", f"runs/{done.name}/checkpoint", 7),
        ("cache", "cache", 5),
        ("backup", "backups/project-schema1-b-1.sqlite", 3),
        ("backup", "backups/class-1-2.json", 3),
        ("file", lone, 8),
        ("remnant", "files/ab/.0123456789abcdef.part.png", 4),
    ]
    assert [(one.sort, one.path, one.size) for one in find(full)] == expected
    assert full.remove_unused_files({"cache"}) == [unused.Unused(*expected.pop(3))]
    assert [(one.sort, one.path, one.size) for one in take(full)] == expected
    assert not any((full.root / path).exists() for _, path, _ in expected)
    assert mine.exists() and (failed / "checkpoint" / "state").exists()
    assert (full.root / "backups" / "project-schema2-a-1.sqlite").exists()
    assert find(full) == [] and not list(full.root.glob(f"{unused.ASIDE}*"))


def test_a_young_file_stays_and_one_that_is_stored_again_is_young(project):
    path = project.root / stray(project)
    assert project.unused_files() == []
    os.utime(path, (1, 1))
    assert paths(project.unused_files()) == [("file", path.relative_to(project.root).as_posix())]
    stray(project)
    assert project.remove_unused_files(SORTS) == [] and path.exists()


def test_a_file_that_is_stored_again_while_it_is_taken_stays(project, monkeypatch):
    """Between the look and the move somebody stores it; or after the move, who writes it anew."""
    path = project.root / stray(project)
    replace_ = Path.replace

    def store_first(source, target):
        if source == path:
            os.utime(path, (time.time() + LATER,) * 2)
        return replace_(source, target)

    monkeypatch.setattr(Path, "replace", store_first)
    assert take(project) == []
    assert path.read_bytes() == b"nobody's" and not list(project.root.glob(f"{unused.ASIDE}*"))


def test_hashes_in_descriptions_and_backups_count(project):
    kept = [stray(project, bytes([number])) for number in range(3)]
    hashes = [Path(path).stem for path in kept]
    folder = job_of(project, "evaluate", JobState.FAILED)
    write_json(folder / "job.json", {"images": [{"label": f"files/{hashes[0][:2]}/{hashes[0]}"}]})
    with project._database.write() as connection:
        connection.execute("CREATE TABLE later (what TEXT)")
        connection.execute("INSERT INTO later VALUES (?)", (f'["{kept[1]}"]',))
    with project._database.write() as connection:
        connection.execute("UPDATE later SET what = ?", (kept[2],))
    with project._database.read() as connection:
        back_up(connection, project.root / "backups", 5)
    with project._database.write() as connection:
        connection.execute("UPDATE later SET what = ?", (f'["{kept[1]}"]',))
    assert find(project) == []
    project.remove_job(project.jobs()[0].id)
    assert paths(find(project)) == [("file", kept[0])]


def test_a_running_job_keeps_what_is_younger_and_caches(project):
    (project.root / "cache").mkdir()
    (project.root / "cache" / "kept").write_bytes(b"1")
    lone = stray(project)
    os.utime(project.root / lone, (1, 1))
    since = stray(project, b"made by the job")
    job_of(project, "compare", JobState.RUNNING)
    os.utime(project.root / since, (time.time() + 5,) * 2)
    assert paths(take(project)) == [("file", lone)]
    assert (project.root / since).exists() and (project.root / "cache" / "kept").exists()


@pytest.mark.parametrize(("slot", "state"), [("disk", "running"), ("cpu", "starting")])
def test_lists_that_stand_nowhere_are_waited_for(project, slot, state):
    job = project.add_job("export", "to there", Asked(slot=slot))
    if state == "running":
        project.move_job(job.id, JobState.RUNNING)
    with pytest.raises(ProjectError, match="'to there' works with the files"):
        take(project)


def test_links_are_not_followed(project, tmp_path):
    outside = tmp_path / "outside"
    data = b"elsewhere"
    digest = Path(stray(project, data)).stem
    outside.mkdir()
    (project.root / "files" / digest[:2] / f"{digest}.bin").rename(outside / f"{digest}.bin")
    (project.root / "files" / digest[:2]).rmdir()
    (project.root / "files" / digest[:2]).symlink_to(outside)
    (project.root / "runs").mkdir(exist_ok=True)
    for name in ("runs/0077", "cache"):
        (project.root / name).symlink_to(outside)
    assert take(project) == []
    assert (outside / f"{digest}.bin").read_bytes() == data


@pytest.mark.parametrize("folder", ["../outside", "runs/../../outside", "runs/linked"])
def test_rows_that_lead_elsewhere_are_not_followed(project, tmp_path, folder):
    job_of(project, "train", JobState.DONE)
    (tmp_path / "outside" / "checkpoint").mkdir(parents=True)
    (project.root / "runs" / "linked").symlink_to(tmp_path / "outside")
    with project._database.write() as connection:
        connection.execute("UPDATE jobs SET folder = ?", (folder,))
    assert [one.sort for one in take(project)] == ["run"], "the folder that has no row now"
    assert (tmp_path / "outside" / "checkpoint").is_dir()


def test_a_kill_on_the_way_loses_nothing_that_is_spoken_of(full, monkeypatch):
    kept = full.images()[0].file
    aside = full.root / f"{unused.ASIDE}-00"
    aside.mkdir()
    for path in (kept, full.root / stray(full)):
        path.rename(aside / path.relative_to(full.root).as_posix().replace("/", "+"))
    take(full)
    assert kept.exists() and not aside.exists()
    assert not list((full.root / "files").rglob("*.bin"))


def test_a_folder_that_cannot_be_written_is_told(project, monkeypatch):
    stray(project)
    monkeypatch.setattr(Path, "mkdir", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
    with pytest.raises(ProjectError, match=r"can be deleted there \(no\)"):
        take(project)


def test_what_cannot_be_moved_stays(project, monkeypatch):
    path = project.root / stray(project)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError()))
    assert take(project) == [] and path.exists()


def test_what_is_being_copied_with_old_times_is_young(project, trained):
    beside = project.root / "generators" / ".0123456789abcdef.part"
    shutil.copytree(trained(), beside)
    for path in (*beside.iterdir(), beside):
        os.utime(path, (1, 1))
    assert project.unused_files() == []
    assert paths(find(project)) == [("remnant", "generators/.0123456789abcdef.part")]
