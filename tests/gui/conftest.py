"""The window's tests: no screen unless a platform is asked for, nothing is left behind."""

import os
import threading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from defectstudio.app.display import pyramid, shown, window_of
from defectstudio.app.document import Document
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.studio import Studio
from defectstudio.domain.records import DefectClass, ImageRecord, Role
from defectstudio.gui.canvas.tools import BrushTool
from defectstudio.gui.canvas.view import CanvasView


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp):
    """No thread and no window survives a test."""
    before = set(threading.enumerate())
    yield
    for widget in QApplication.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    qapp.processEvents()
    left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in left:
        thread.join(5)
    assert not [thread for thread in left if thread.is_alive()]
    assert QThread.currentThread() is qapp.thread()


def make_document(native, labels=None, *, image_id=1, role=Role.NORMAL):
    """A document without a project."""
    height, width = native.shape[:2]
    channels = 1 if native.ndim == 2 else 3
    record = ImageRecord(
        image_id, 1, f"image {image_id}", role, None, f"{image_id:064x}", height, width, channels,
        8 * native.itemsize, "", None, (), None,
    )  # fmt: skip
    plane = LabelPlane(np.zeros((height, width), np.uint8) if labels is None else labels)
    window = window_of(native)
    return Document(record, native, window, pyramid(shown(native, window)), plane)


@pytest.fixture
def studio():
    made = Studio(np.random.default_rng(5))
    made.show_classes((DefectClass(1, 1, "scratch"), DefectClass(2, 1, "hole")))
    return made


@pytest.fixture
def canvas(qtbot, studio):
    """A shown canvas of 400 x 300, joined to the studio as the window does it."""
    view = CanvasView()
    qtbot.addWidget(view)
    view.set_tools(BrushTool(studio, erase=False), BrushTool(studio, erase=True))

    def opened(document):
        view.item.show_image(document.levels, document.plane)
        view.image_changed()

    studio.opened.connect(opened)
    studio.painted.connect(view.item.refresh)
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    yield view
    studio.opened.disconnect(opened)


@pytest.fixture
def document_of():
    """Makes documents without a project."""
    return make_document
