"""The window's tests: no screen unless a platform is asked for, nothing is left behind."""

import gc
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from psygnal import Signal
from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from defectstudio.app.display import pyramid, shown, window_of
from defectstudio.app.document import Document
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.studio import Studio
from defectstudio.app.tools.brushes import BrushTool
from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.events import StyleFound
from defectstudio.domain.files import sha256_bytes, write_json
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import SampleManifest
from defectstudio.domain.records import DefectClass, ImageRecord, Role
from defectstudio.gui.canvas.item import Overlay
from defectstudio.gui.canvas.view import CanvasView
from defectstudio.gui.commands import Places
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.previews import State
from defectstudio.gui.theme import Theme
from defectstudio.gui.translation import speak
from defectstudio.imaging.compose import PlacedContent, compose
from defectstudio.imaging.masks import decode
from defectstudio.imaging.reading import pixel_sha256, read_image, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample
from tests.gui.leftovers import close_windows, left_since, look

PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp):
    """No thread, timer, window, process and setting survives a test."""
    # As in the window: a collection on another thread would destroy Qt objects there.
    gc.disable()
    before = look(qapp)
    yield
    close_windows(qapp)
    assert left_since(before, qapp) == []
    gc.freeze()  # What is still there was imported meanwhile.


class PatientBot(QtBot):
    """Waits as long as a busy machine may take: only what never comes is a fault."""

    def waitUntil(self, callback, *, timeout=0):  # noqa: N802
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(self, signal, *, timeout=0, **wanted):  # noqa: N802
        return super().waitSignal(signal, timeout=max(timeout, PATIENCE_MS), **wanted)


@pytest.fixture
def qtbot(qapp, request):
    """pytest-qt's, with more patience."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def queue_here(nothing_left_behind, supervisors):
    """Queued jobs are worked off by threads of the test, which end before the look round."""


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
    """A shown canvas of 400 x 300, joined to the studio as the window does it; its corners are
    bare."""
    view = CanvasView()
    view.corners.show_minimap(False)
    view.corners.show_scale_bar(False)
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


class FakePreviewer:
    """Makes contents from class and seed on a thread of its own, with no worker and no torch.

    `hold` keeps answers back until it is set; `broken` makes every request fail.
    """

    ready = Signal(object, object, object)
    failed = Signal(object)
    device = Signal(str)

    def __init__(self, project):
        self.project = project
        self.asked = []
        self.browsed, self.found = [], []
        self.broken = False
        self.hold = threading.Event()
        self.hold.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fake-previewer")

    def request(self, recipe):
        self.asked.append(recipe)
        self._thread.submit(self._answer, recipe)

    def accept(self, recipe, accepted, refused):
        self._thread.submit(self._accept, recipe, accepted, refused)

    def browse(self, recipe, seeds, browsed, refused):
        self.browsed.append((recipe, tuple(seeds)))
        self._thread.submit(self._browse, recipe, seeds, browsed, refused)

    def find_style(self, recipe, seeds, found, refused):
        self.found.append((recipe, tuple(seeds)))
        self._thread.submit(self._find, seeds, found, refused)

    def _find(self, seeds, found, refused):
        self.hold.wait(20)
        if self.broken:
            refused(CheckpointError("it holds no encoder", remedy="Train it again."))
        elif seeds:
            found(StyleFound(1, seeds[0], seeds[1], 0.3, score=0.8))
        else:
            found(StyleFound(1, 0, normal=[0.5] * 16))

    def close(self):
        self.hold.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def made(self, recipe):
        background = read_image(self._background(recipe).file)
        contents = [_content(defect) for defect in recipe.defects]
        return compose(background, contents, recipe.blend, recipe.grain, recipe.refine), contents

    def _answer(self, recipe):
        self.hold.wait(20)
        self.device.emit("cpu")
        if self.broken:
            self.failed.emit(CheckpointError("the weights are gone", remedy="Train again."))
        else:
            made, contents = self.made(recipe)
            self.ready.emit(made, recipe, contents)

    def _browse(self, recipe, seeds, browsed, refused):
        self.hold.wait(20)
        if self.broken:
            refused(CheckpointError("the weights are gone", remedy="Train again."))
        else:
            browsed([_content(replace(recipe.defects[0], seed=seed)) for seed in seeds])

    def _accept(self, recipe, accepted, refused):
        self.hold.wait(20)
        if self.broken:
            refused(CheckpointError("the weights are gone", remedy="Train again."))
            return
        made, _contents = self.made(recipe)
        folder = Path(tempfile.mkdtemp())
        arrays = {"image": made.image, "label": made.label, "painted": made.painted}
        for name, array in arrays.items():
            write_png(folder / f"{name}.png", array)
        hashes = [pixel_sha256(array) for array in arrays.values()]
        write_json(folder / "recipe.json", SampleManifest(recipe, *hashes))
        item_id = self._background(recipe).item_id
        number = self.project.accept_samples(item_id, [NewSample.in_folder(folder)])[0]
        shutil.rmtree(folder)
        accepted(next(s for s in self.project.samples(item_id) if s.id == number))

    def _background(self, recipe):
        return next(one for one in self.project.images() if one.sha256 == recipe.background)


def _content(defect):
    mask = decode(defect.mask)
    rng = np.random.default_rng([defect.seed, defect.class_id])
    tone = rng.uniform(0, 0.35, 3) if defect.class_id % 2 else rng.uniform(0.7, 1, 3)
    pixels = np.clip(tone + rng.normal(0, 0.03, (*mask.shape, 3)), 0, 1).astype(np.float32)
    return PlacedContent(defect.class_id, pixels, mask, defect.top, defect.left, defect.seed)


def fake_generator(folder, classes):
    """A generator by its card; the weights are a few bytes."""
    folder.mkdir()
    weights = b"no weights"
    (folder / "generator.safetensors").write_bytes(weights)
    card = GeneratorCard(
        DcdgancConfig(), 3, classes, dict.fromkeys(classes, 0.0), 0, (), "train",
        sha256_bytes(weights), {},
    )  # fmt: skip
    write_json(folder / "generator.json", card)
    return folder


@pytest.fixture
def make_generator():
    """make(folder, classes) -> the folder of a generator nobody draws with."""
    return fake_generator


@pytest.fixture
def project_root(tmp_path, monkeypatch, plates):
    """A project of three backgrounds and one labeled defect, and settings of its own."""
    monkeypatch.setenv("DEFECTSTUDIO_HOME", str(tmp_path / "home"))
    return shutil.copytree(plates, tmp_path / "plates")


@pytest.fixture(scope="session")
def plates(tmp_path_factory):
    """The project that tests copy."""
    folder = tmp_path_factory.mktemp("plates")
    rng = np.random.default_rng(8)
    root = folder / "plates"
    with Project.create(root, "plate") as project:
        item = project.items()[0]
        for name in ("scratch", "hole"):
            project.add_class(item.id, name)
        new = []
        for number in range(4):
            picture = folder / f"plate_{number}.png"
            write_png(picture, rng.integers(110, 140, (96, 128, 3)).astype(np.uint8))
            new.append(NewImage(f"plate {number}", Role.NORMAL, picture))
        label = np.zeros((96, 128), np.uint8)
        label[20:30, 40:60] = 2
        new[3] = replace(new[3], role=Role.DEFECT, label=label)
        project.add_images(item.id, new)
        card = fake_generator(folder / "generator", {1: "scratch", 2: "hole"})
        project.add_generator(item.id, "first", "dcdganc", card)
    return root


@pytest.fixture
def make_previews():
    """What the window makes previews with; a test of the real worker puts its own here."""
    return FakePreviewer


@pytest.fixture
def first_page(qapp, tmp_path, monkeypatch, make_previews):
    """The main window before its first paint: the first page and the menus. Closed at the end."""
    monkeypatch.setenv("DEFECTSTUDIO_HOME", str(tmp_path / "home"))
    sheet, palette = qapp.styleSheet(), qapp.palette()
    theme = Theme(qapp)
    places = Places(tmp_path / "sample", tmp_path)
    made = MainWindow(theme, places=places, make_previews=make_previews)
    made.resize(1200, 800)
    yield made
    made.close()
    theme.deleteLater()
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)


@pytest.fixture
def window(first_page, qtbot, monkeypatch):
    """The whole main window."""
    first_page.complete()
    # A question nobody answers would hang the tests.
    monkeypatch.setattr(first_page.commands, "may_leave_jobs", lambda count: False)
    monkeypatch.setattr(first_page.commands, "may_lose", lambda error: True)
    first_page.show()
    qtbot.waitExposed(first_page)
    return first_page


class Person:
    """Somebody who works at a window: paints, presses keys, looks."""

    def __init__(self, qtbot, window):
        self._qtbot, self._window = qtbot, window
        self._canvas = window.painting.canvas

    def place(self, row, column):
        """Where a pixel of the image is on the canvas."""
        x, y = self._canvas.viewportTransform().map(column + 0.5, row + 0.5)
        return QPoint(round(x), round(y))

    def paint(self, *points):
        """A stroke of the left button through (row, column) points."""
        port = self._canvas.viewport()
        self._qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=self.place(*points[0]))
        for point in points[1:]:
            self._qtbot.mouseMove(port, self.place(*point))
        self._qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=self.place(*points[-1]))

    def key(self, code, keys=Qt.KeyboardModifier.NoModifier):
        window, canvas = self._window, self._canvas
        window.activateWindow()
        canvas.setFocus()
        self._qtbot.waitUntil(lambda: window.isActiveWindow() and canvas.hasFocus())
        self._qtbot.keyClick(canvas, code, keys)

    def seen(self):
        """What the canvas shows, masks and outlines hidden."""
        item = self._canvas.item
        mode = item.overlay
        item.set_overlay(Overlay.HIDDEN)
        for over in (self._canvas.ring, *self._canvas.viewport().findChildren(QWidget)):
            over.hide()
        image = self._canvas.viewport().grab().toImage()
        item.set_overlay(mode)
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()

    def shown(self, timeout=9000):
        """Wait for the preview of what is set now, and see it."""
        session = self._window.session
        recipe = session.studio.recipe(session.project.id)
        previews = session.previews
        self._qtbot.waitUntil(
            lambda: previews.state is State.SHOWN and previews._asked == recipe, timeout=timeout
        )
        return self.seen()


@pytest.fixture
def person(qtbot, window):
    """Somebody at the window."""
    return Person(qtbot, window)


@pytest.fixture
def opened(window, project_root, qtbot):
    """The window with the project open and its first background on the canvas."""
    window.commands.open_path(project_root)
    qtbot.waitUntil(
        lambda: window.session is not None and window.session.studio.document is not None,
        timeout=20000,
    )
    return window


@pytest.fixture(params=["en", "de", "zh_CN"])
def language(request, qapp):
    """The window in each language."""
    before, installed = QLocale(), speak(qapp, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)
