"""Projects from elsewhere: what none of ours holds is refused, and nothing beside is touched."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import JobState
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project


@pytest.fixture
def foreign(project: Project, new_image) -> Path:
    """A closed project with an image and a job, beside a folder that is not its own."""
    project.add_images(1, [new_image(1, 1)])
    job = project.add_job("train", "t")
    project.move_job(job.id, JobState.DONE)
    project.replace_class(1, 2, None, [], [])
    project.close()
    (project.root.parent / "outside").mkdir()
    (project.root.parent / "outside" / "kept.txt").write_text("mine")
    return project.root


def _run(root: Path, statement: str) -> None:
    with closing(sqlite3.connect(root / DATABASE)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE jobs SET folder = '../outside'",
        "UPDATE jobs SET folder = 'runs/../../outside'",
        "UPDATE jobs SET folder = 'runs/'",
        "UPDATE images SET file = '/etc/passwd'",
        "UPDATE images SET file = 'files/C:\\x.png'",
        "UPDATE images SET label_file = 'files//server/x.png'",
        "UPDATE images SET role = 'other'",
        "UPDATE images SET split = 'all'",
        "UPDATE images SET height = 1000000000, width = 1000000000",
        "UPDATE images SET height = -1",
        "UPDATE images SET width = 'wide'",
        "UPDATE images SET name = x'ff00'",
        "UPDATE jobs SET state = 'nowhere'",
        "UPDATE jobs SET progress = 9e999",
        "UPDATE jobs SET due = 9e999",
        "UPDATE jobs SET priority = -9223372036854775808",
        "UPDATE jobs SET orders = '[1]'",
        "UPDATE jobs SET orders = '{'",
        "UPDATE jobs SET created = 'now'",
        "UPDATE jobs SET ended = '2026-13-45T99:99:99'",
        "UPDATE items SET name = '../outside'",
        "UPDATE classes SET name = 'a/b'",
        "UPDATE classes SET id = 300",
        "DELETE FROM meta",
        "DELETE FROM migrations",
        "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM images; END",
        "CREATE VIEW v AS SELECT * FROM images",
        "CREATE TABLE more (id INTEGER)",
        "ALTER TABLE images ADD COLUMN more TEXT",
        "DROP INDEX images_by_part",
        "DROP TABLE samples",
    ],
)
def test_what_no_project_of_ours_holds(foreign: Path, statement: str) -> None:
    Project.open(foreign).close()
    _run(foreign, statement)
    with pytest.raises(ProjectError) as caught:
        Project.open(foreign)
    assert caught.value.reason and caught.value.remedy
    outside = foreign.parent / "outside"
    assert [path.name for path in outside.iterdir()] == ["kept.txt"]


def test_text_that_is_none(foreign: Path) -> None:
    _run(foreign, "UPDATE images SET name = CAST(x'ff' AS TEXT)")
    with Project.open(foreign) as project, pytest.raises(ProjectError, match="damaged"):
        project.images()


@pytest.mark.parametrize("place", ["files", "runs", "drafts", "runs/0001", "runs/0001/log.txt"])
def test_a_link_that_leads_out(foreign: Path, place: str) -> None:
    link, outside = foreign / place, foreign.parent / "outside"
    if link.exists():
        link.rename(outside / "was")
    link.symlink_to(outside)
    with pytest.raises(ProjectError, match="a link leads out") as caught:
        Project.open(foreign)
    assert caught.value.subject == str(link)
    link.unlink()
    link.symlink_to(foreign / "backups")
    Project.open(foreign).close()


@pytest.mark.parametrize(
    "change",
    [
        {"class_id": 300},
        {"item_id": 10**400},
        {"columns": ["id) SELECT 1; --"]},
        {"columns": ["id"]},
        {"before": {"images": [[]], "image_classes": [], "samples": [], "sample_classes": []}},
        {"name": "../outside"},
    ],
)
def test_a_removed_class_that_was_written_elsewhere(foreign: Path, change: dict) -> None:
    path = foreign / "backups" / "class-1-2.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, **change}))
    with Project.open(foreign) as project:
        before = project.classes(1)
        with pytest.raises(ProjectError):
            project.bring_class_back(1, 2)
        assert project.classes(1) == before


def test_schemas_are_told_apart_by_their_statements(foreign: Path) -> None:
    """A key that is gone changes no column, and makes later statements fail."""
    with closing(sqlite3.connect(foreign / DATABASE)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'CHECK (role IN (''normal'','"
            " || ' ''defect''))', '') WHERE name = 'images'"
        )
    with pytest.raises(ProjectError, match="schema is not"):
        Project.open(foreign)
