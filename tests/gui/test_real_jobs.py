"""A job in the window with a real worker behind it: begun, watched, stopped, offered again."""

import json

import numpy as np
import psutil
import pytest

from defectstudio.domain.records import JobState, Role, Split
from defectstudio.gui.dialogs.segmenter import SegmenterDialog
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

# The worker imports torch, which takes long on a busy machine.
WORKER_MS = 60_000
TINY = {"crop": 64, "width": 8, "batch": 2, "steps": 100_000, "checkpoint_every": 1}


@pytest.fixture
def project_root(tmp_path):
    """Three defects and two good images of the training split."""
    root = tmp_path / "plates"
    rng = np.random.default_rng(8)
    with Project.create(root, "plate") as project:
        project.add_class(1, "dent")
        new = []
        for number in range(5):
            image = rng.integers(110, 140, (72, 80, 3)).astype(np.uint8)
            label = np.zeros((72, 80), np.uint8)
            if number < 3:
                label[20:34, 20:40] = 1
                image[label > 0] //= 3
            write_png(tmp_path / f"{number}.png", image)
            role = Role.DEFECT if number < 3 else Role.NORMAL
            new.append(NewImage(f"{number}", role, tmp_path / f"{number}.png", label=label))
        project.set_splits(dict.fromkeys(project.add_images(1, new), Split.TRAIN))
    return root


def test_a_training_is_watched_cancelled_resumed_and_closed_upon(opened, qtbot, project_root):
    panel = opened.jobs
    opened.actions_["segmenter.train"].trigger()
    qtbot.waitUntil(lambda: opened.findChild(SegmenterDialog) is not None, timeout=9000)
    dialog = opened.findChild(SegmenterDialog)
    editors = dialog.page.form.editors
    for name, value in TINY.items():
        editors[name].setValue(value)
    editors["pretrained"].setChecked(False)
    dialog.go.click()
    jobs = opened.session.jobs
    qtbot.waitUntil(lambda: jobs.count == 1, timeout=9000)
    (job,) = opened.session.project.jobs()
    qtbot.waitUntil(lambda: len(jobs.metrics(job.id)) >= 3, timeout=WORKER_MS)
    qtbot.waitUntil(lambda: panel._curve is not None, timeout=9000)
    qtbot.waitUntil(lambda: "left" in panel._model.index(0, 3).data(), timeout=WORKER_MS)
    assert "info: Computing on" in panel.log.text.toPlainText()
    pid = json.loads((job.folder / "worker.json").read_text())["pid"]
    panel.cancel.click()
    # Five seconds are promised; a busy machine also needs time to import and to die.
    qtbot.waitUntil(lambda: jobs.count == 0, timeout=WORKER_MS)
    assert not psutil.pid_exists(pid)
    record = opened.session.project.job(job.id)
    assert record.state is JobState.CANCELLED
    assert (record.folder / "checkpoint" / "state.json").exists()
    qtbot.waitUntil(panel.resume.isVisible, timeout=9000)
    assert panel.resume.text() == "Resume" and panel.delete.isEnabled()

    panel.resume.click()
    qtbot.waitUntil(lambda: jobs.count == 1, timeout=9000)
    known = len(jobs.metrics(record.id))
    qtbot.waitUntil(lambda: len(jobs.metrics(record.id)) > known, timeout=WORKER_MS)
    pid = json.loads((job.folder / "worker.json").read_text())["pid"]
    opened.close()  # and let the job be paused
    with Project.open(project_root) as project:
        paused = lambda: project.job(job.id).state is JobState.PAUSED  # noqa: E731
        qtbot.waitUntil(paused, timeout=WORKER_MS)
        assert not psutil.pid_exists(pid)
        left = project.job(job.id)
        state = json.loads((left.folder / "checkpoint" / "state.json").read_text())
        assert state["step"] >= json.loads(_last_line(left.folder / "metrics.jsonl"))["step"] - 1


def _last_line(path):
    return path.read_text().splitlines()[-1]
