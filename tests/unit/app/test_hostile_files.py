"""Files that others wrote: devices, pipes, depth, and events that are none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from defectstudio.app.importing import import_images
from defectstudio.app.settings import HOME, glance
from defectstudio.app.validation import read_settings
from defectstudio.domain.errors import (
    ImportSourceError,
    InternalError,
    ProjectError,
    SettingError,
    UserError,
)
from defectstudio.domain.events import decode
from defectstudio.domain.files import has_sha256, inside, read_json, read_plain, sha256_file
from defectstudio.imaging.reading import write_png
from defectstudio.jobs.launching import ABOUT, LOCK, about
from defectstudio.jobs.run_folder import parse_metrics
from defectstudio.project.place import is_project
from defectstudio.project.project import Project


@pytest.mark.skipif(os.name != "posix", reason="needs devices and pipes")
def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path):
        for read in (read_plain, read_json, sha256_file):
            with pytest.raises(OSError, match="no plain file"):
                read(path)
        assert not has_sha256(path, "")


def test_what_is_too_large_or_too_deep(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" * 100_000)
    with pytest.raises(OSError, match="more than 9 bytes"):
        read_plain(path, 9)
    with pytest.raises(ValueError, match="deeply"):
        read_json(path)
    with pytest.raises(SettingError, match="deeply"):
        read_settings(str(path), "dcdganc")


def test_settings_that_are_too_deep_are_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    (tmp_path / "settings.json").write_bytes(b"[" * 100_000)
    assert glance().recent == ()


@pytest.mark.parametrize("name", ["\ud800", "loop/a"])
def test_paths_that_cannot_be_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match="followed"):
        inside(tmp_path, name)
    assert not is_project(tmp_path / ("a" * 5000))
    assert not has_sha256(tmp_path / name, "") and not has_sha256(tmp_path / "\0", "")


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "Progress", "done": "x", "total": 2}',
        '{"event": "Progress", "done": 1, "total": 2.5}',
        '{"event": "Metrics", "step": 1, "values": []}',
        '{"event": "Finished", "summary": 7}',
        '{"event": "Failed", "kind": "a", "fault": "b", "reason": null}',
        '{"event": []}',
        "[" * 100_000,
    ],
)
def test_lines_that_are_no_events(line: str) -> None:
    with pytest.raises(InternalError, match="not an event"):
        decode(line)


@pytest.mark.parametrize("line", ['{"step": Infinity, "values": {}}', "[" * 100_000, "7"])
def test_lines_that_are_no_figures(line: str) -> None:
    assert parse_metrics(line) is None


@pytest.mark.parametrize("told", ["[1]", "7", "{", "[" * 100_000])
def test_a_supervisor_that_says_nonsense(tmp_path: Path, told: str) -> None:
    (tmp_path / ABOUT).write_text(told)
    with FileLock(tmp_path / LOCK):
        assert about(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    good = tmp_path / "source" / "good"
    for number, name in enumerate((b"a.png", b"\xff.png", b"\xff.gif")):
        write_png(good / os.fsdecode(name), np.full((8, 9), number, np.uint8))
    with Project.create(tmp_path / "project", "tile") as project:
        report = import_images(project, tmp_path / "source")
        assert report.added == {"good": 1}
        assert [one.path.name for one in report.problems] == ["?.gif", "?.png"]
        assert "no text" in report.problems[1].reason
        crack = tmp_path / "source" / os.fsdecode(b"\xff")
        write_png(crack / "images" / "b.png", np.full((8, 9), 5, np.uint8))
        write_png(crack / "masks" / "b.png", np.eye(8, 9, dtype=bool))
        with pytest.raises(ProjectError, match="cannot be the name") as caught:
            import_images(project, tmp_path / "source")
        assert caught.value.subject == "?"
        with pytest.raises(ImportSourceError, match="no text"):
            import_images(project, crack)
