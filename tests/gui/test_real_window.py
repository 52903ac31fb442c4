"""The whole way through the window with a real worker behind it."""

import json
import os
import sys
import tempfile

import numpy as np
import pytest
from pycocotools.coco import COCO
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from defectstudio.app.preview import Previewer
from defectstudio.domain.records import Role
from defectstudio.gui.dialogs.export import ExportDialog
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

# The worker imports torch, which takes long on a busy machine.
WORKER_MS = 60_000
UNDO = (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
REDO = (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def make_previews():
    return Previewer


@pytest.fixture
def project_root(tmp_path, tiny_generator):
    """Two backgrounds and an untrained generator that works."""
    root = tmp_path / "plates"
    rng = np.random.default_rng(8)
    with Project.create(root, "plate") as project:
        item = project.items()[0]
        for name in ("hole", "scratch"):
            project.add_class(item.id, name)
        new = []
        for number in range(2):
            picture = tmp_path / f"plate_{number}.png"
            write_png(picture, rng.integers(110, 140, (96, 128, 3)).astype(np.uint8))
            new.append(NewImage(f"plate {number}", Role.NORMAL, picture))
        project.add_images(item.id, new)
        project.add_generator(item.id, "tiny", "dcdganc", tiny_generator())
    return root


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary files go, to see that none stays."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    # torch makes an empty folder for compiled code wherever it is imported.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    return folder


# pycocotools 2.0.11 with NumPy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_paint_preview_accept_undo_export(temporary, opened, person, qtbot):
    session = opened.session
    worker = session.previews._source._worker
    _class_and_seed_change_the_preview(opened, person)
    assert opened.status._device.text() == "cpu"
    pid = worker.pid

    person.key(Qt.Key.Key_Return)
    first = _sample(qtbot, session.project)
    _is_what_its_recipe_says(first)
    person.key(*UNDO)
    qtbot.waitUntil(lambda: session.project.samples() == [], timeout=9000)
    person.key(*REDO)
    again = _sample(qtbot, session.project)
    assert again.sha256 == first.sha256, "the same recipe gives the same sample"
    _export_reads_back_equal(opened, qtbot, again)

    assert worker.pid == pid, "one worker did all of it"
    root = session.project.root
    opened.close()
    _is_gone(pid)
    # An export's empty lock stays: whoever takes a lock file away may take it from another.
    left = [path for path in temporary.iterdir() if path.suffix != ".lock" or path.stat().st_size]
    assert left == []
    with Project.open(root) as project:
        assert [sample.id for sample in project.samples()] == [again.id]
        _is_what_its_recipe_says(project.samples()[0])


def _class_and_seed_change_the_preview(window, person):
    studio = window.session.studio
    bare = person.seen()
    person.key(Qt.Key.Key_1)
    studio.choose_seed(7)
    person.paint((40, 30), (44, 60))
    hole = person.shown(WORKER_MS)
    assert (hole != bare).any()

    person.key(Qt.Key.Key_R)
    rolled = person.shown(WORKER_MS)
    assert (rolled != hole).any(), "another seed looks different"

    person.key(*UNDO)
    person.key(Qt.Key.Key_2)
    studio.choose_seed(7)
    person.paint((40, 30), (44, 60))
    scratch = person.shown(WORKER_MS)
    assert (scratch != hole).any(), "another class looks different, the seed being the same"


def _sample(qtbot, project):
    qtbot.waitUntil(lambda: len(project.samples()) == 1, timeout=WORKER_MS)
    return project.samples()[0]


def _is_what_its_recipe_says(sample):
    said = json.loads(sample.recipe_file.read_text(encoding="utf-8"))
    assert pixel_sha256(read_image(sample.file)) == said["image_sha256"]
    assert pixel_sha256(read_label(sample.label_file)) == said["label_sha256"]
    assert [(one["class_id"], one["seed"]) for one in said["recipe"]["defects"]] == [(2, 7)]
    assert set(np.unique(read_label(sample.label_file))) == {0, 2}


def _export_reads_back_equal(window, qtbot, sample):
    window.actions_["project.export"].trigger()
    qtbot.waitUntil(lambda: bool(window.findChildren(ExportDialog)), timeout=20000)
    [dialog] = window.findChildren(ExportDialog)
    out = dialog.choice.out
    with qtbot.waitSignal(window.commands.ended, timeout=20000) as ended:
        dialog.go.click()
    assert "3 images exported, 1 of them synthetic" in ended.args[0]
    table = COCO(str(out / "annotations.json"))
    label, images = read_label(sample.label_file), set()
    found = np.zeros(label.shape, np.uint8)
    for line in table.loadAnns(table.getAnnIds()):
        assert line["category_id"] == 2
        found += table.annToMask(line)
        images.add(line["image_id"])
    np.testing.assert_array_equal(found, label == 2, "each region once, all of them together")
    (image,) = table.loadImgs(sorted(images))
    np.testing.assert_array_equal(read_image(out / image["file_name"]), read_image(sample.file))


def _is_gone(pid):
    if sys.platform == "win32":
        return
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.xvfb
def test_a_real_screen_shows_the_window(opened, person, qtbot):
    assert QApplication.platformName() not in ("offscreen", "minimal")
    person.paint((40, 30), (44, 60))
    person.shown(WORKER_MS)
    screen = opened.screen().grabWindow(0).toImage().convertToFormat(QImage.Format.Format_RGB32)
    x, y = opened.frameGeometry().x(), opened.frameGeometry().y()
    pixels = np.frombuffer(screen.constBits(), np.uint32).reshape(screen.height(), -1)
    window = pixels[max(y, 0) :, max(x, 0) :][: opened.height(), : opened.width()]
    assert len(np.unique(window)) > 100, "panels, text and an image, not a blank sheet"
