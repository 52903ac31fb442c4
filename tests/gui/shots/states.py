"""Draws the main states of the window into a folder: `python -m tests.gui.shots.states OUT`.

Fails after that if a text is cut short in one of them. Started by `draw`, which
pins the scale and the fonts.
"""

from __future__ import annotations

import gc
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import cv2
import numpy as np
from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QWidget

from defectstudio.app.projects import remember
from defectstudio.app.settings import HOME, Preferences
from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.records import JobState, Role
from defectstudio.gui import background, documents, previews
from defectstudio.gui.commands import Places
from defectstudio.gui.dialogs.palette import CommandPalette
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.panels.preview_grid import _PICTURE
from defectstudio.gui.previews import State
from defectstudio.gui.theme import DARK, LIGHT, Theme
from defectstudio.gui.translation import localized
from defectstudio.imaging.procedural.scenes import scene
from defectstudio.imaging.reading import write_png
from defectstudio.imaging.types import Image
from defectstudio.jobs.run_folder import LOG_FILE, METRICS_FILE
from defectstudio.project import jobs, queue_rules
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from tests.gui import conftest
from tests.gui.clipping import clipped
from tests.gui.conftest import FakePreviewer, fake_generator
from tests.gui.dialogs import LEARNING
from tests.gui.test_evaluate import add_segmenter
from tests.unit.app.judged_files import leave_judgement

SIZE = (1366, 768)
POINTS = 10
CLASSES = {1: "scratch", 2: "hole", 3: "stain"}
LOOKS = {"light": LIGHT, "dark": DARK}
_SOON_MS, _TURNS = 2000, 8
_QUICK = 90
"""PNG knows no quality: less compression."""
_NOON = "2026-03-02T12:00:00+00:00"
_FOUND = """notice: 8 images of 3 classes
info: step 40 of 400
warning: the images are small
info: step 400 of 400
"""


def main() -> int:
    out, cut = Path(sys.argv[1]), []
    app = QApplication(sys.argv[:1])
    _pin(app)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        theme = Theme(app)
        window = MainWindow(theme, places=Places(Path(), Path()), make_previews=FakePreviewer)
        window.resize(*SIZE)
        for name, shown in Walk(app, window, Path(folder)).states():
            # The look it has comes first: another one takes a while.
            for look, tones in sorted(LOOKS.items(), key=lambda pair: pair[1] is not theme.tones):
                if tones is not theme.tones:
                    theme.wear(tones)
                settle(app)
                shown.grab().save(str(out / f"{name}-{look}.png"), quality=_QUICK)
            cut += [f"{name}: {one}" for one in clipped(shown)]
        window.close()
    print("\n".join(cut))
    return 1 if cut else 0


def _pin(app: QApplication) -> None:
    """One font, one language, no blinking, no dice, no clock."""
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        assert QFontDatabase.addApplicationFont(str(Path(__file__).parent / "fonts" / name)) >= 0
    font = QFont("DejaVu Sans", POINTS)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    app.setFont(font)
    app.setCursorFlashTime(0)
    QLocale.setDefault(QLocale("en_US"))
    dice = np.random.default_rng
    np.random.default_rng = lambda seed=0: dice(seed)  # type: ignore[assignment]
    jobs.now = queue_rules.now = lambda: _NOON
    background.ThreadPoolExecutor = conftest.ThreadPoolExecutor = _Executor
    documents.datetime = SimpleNamespace(now=lambda: datetime.fromisoformat(_NOON))
    previews.time = SimpleNamespace(monotonic=float)  # type: ignore[assignment]


class Walk:
    """A walk through the window: every state once, in an order that needs few steps."""

    def __init__(self, app: QApplication, window: MainWindow, folder: Path) -> None:
        self._app, self._window, self._root = app, window, folder / "plates"
        make_project(self._root, folder)

    def states(self) -> Iterator[tuple[str, QWidget]]:
        """Names, and what is to be drawn."""
        window = self._window
        window.show()
        window.complete()
        yield "welcome", window
        yield from self._dialogs()
        self._open()
        self._paint()
        yield "paint", window
        yield "jobs", window.docks[2]
        window.show_page(window.compare)
        self.until(lambda: window.compare.panes[2].shown == localized("Improved"))
        yield "compare", window.pages
        self._accept()
        yield "review", window.pages
        window.show_page(window.batch)
        self.until(window.batch.go.isEnabled)
        yield "batch", window.pages
        window.show_page(window.evaluating)
        self.until(window.evaluating.pane.to_paint.isEnabled)
        yield "evaluate", window.pages
        window.session.choose_item(2)
        window.show_page(window.transfer)
        grid = window.transfer.grid
        self.until(lambda: grid.columnCount() == 4 and not window.transferring._waiting)
        self.until(lambda: all(grid.item(row, 3).data(_PICTURE) for row in range(3)))
        yield "transfer", window.pages

    def _dialogs(self) -> Iterator[tuple[str, QWidget]]:
        window = self._window
        for name, dialog in (
            ("settings", SettingsDialog(Preferences(), window)),
            ("train", TrainDialog([], {"hole 0": True, "stain 0": False}, LEARNING)),
            ("palette", CommandPalette(window.actions_, window)),
        ):
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.show()
            yield name, dialog
            dialog.close()

    def _open(self) -> None:
        window = self._window
        window.open_path(self._root)
        self.until(lambda: window.session is not None and self._studio.document is not None)
        window.session.documents.autosave = 10**9
        window.session.jobs.close()

    def _paint(self) -> None:
        studio = self._studio
        studio.tools.resize(5)
        self._stroke(lambda t: (150 - 90 * t, 30 + 120 * t + 12 * math.sin(6 * t)))
        studio.choose_class(2)
        studio.tools.resize(16)
        self._stroke(lambda t: (190, 190 + 2 * t))
        self._window.session.documents.save()
        self._until_shown()

    def _stroke(self, at: Callable[[float], tuple[float, float]]) -> None:
        studio = self._studio
        studio.start_stroke(*at(0), erase=False)
        for step in range(1, 25):
            studio.extend_stroke(*at(step / 24))
        studio.end_stroke()

    def _accept(self) -> None:
        window = self._window
        project = window.session.project
        for number in range(3):
            window.session.previews.accept()
            self.until(lambda n=number: len(project.samples()) > n)
            self._studio.roll()
            self._until_shown()
        window.show_page(window.review)
        self.until(lambda: window.review.model.rowCount() == 3)
        window.review.grid.setCurrentIndex(window.review.model.index(1, 0))

    @property
    def _studio(self):
        return self._window.session.studio

    def _until_shown(self) -> None:
        self.until(lambda: self._window.session.previews.state is State.SHOWN)

    def until(self, done: Callable[[], bool]) -> None:
        """Let the window live until something is so, and what it asks for then is done."""
        live_until(self._app, done)
        settle(self._app)


def live_until(app: QApplication, done: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    end = time.monotonic() + 120
    while not done():
        assert time.monotonic() < end, "the window did not get there"
        app.processEvents()
        time.sleep(0.005)


def settle(app: QApplication) -> None:
    """Let the window live until it is idle: nothing under way on a thread, no timer about to ring.

    So for some turns of the event loop: an answer is posted before its work counts as done.
    """
    gc.unfreeze()  # What the program froze is not listed.
    timers = [one for one in gc.get_objects() if isinstance(one, QTimer) and one.isSingleShot()]
    idle = 0

    def quiet() -> bool:
        nonlocal idle
        _Executor.given[:] = [one for one in _Executor.given if not one.done()]
        rings = any(one.isActive() and one.interval() < _SOON_MS for one in timers)
        idle = 0 if _Executor.given or rings else idle + 1
        return idle > _TURNS

    live_until(app, quiet)


class _Executor(ThreadPoolExecutor):
    """Remembers what it was given."""

    given: ClassVar[list[Future[object]]] = []

    def submit(self, *work: object, **more: object) -> Future[object]:
        self.given.append(super().submit(*work, **more))
        return self.given[-1]


def make_project(root: Path, folder: Path) -> None:
    """Two items with drawn scenes, a generator and jobs of every kind; it was open before."""
    with Project.create(root, "brushed metal") as project:
        fabric = project.add_item("woven fabric")
        card = fake_generator(folder / "generator", CLASSES)
        for item, texture in ((project.items()[0], "metal"), (fabric, "fabric")):
            for name in CLASSES.values():
                project.add_class(item.id, name)
            _add_scenes(project, item.id, texture, folder)
        add_segmenter(project, folder / "segmenter", "U-Net")
        project.add_generator(1, "sample-metal", "dcdganc", card)
        leave_judgement(project, "U-Net on test")
        _add_jobs(project)
        assert remember(project) == ""


def _add_scenes(project: Project, item_id: int, texture: str, folder: Path) -> None:
    rng = np.random.default_rng(item_id)
    new = []
    kinds = [None] * 4 + list(CLASSES.values())
    for number, kind in enumerate(kinds):
        made = scene(texture, kind, 256, 256, rng)
        file = folder / f"{texture} {number}.png"
        write_png(file, _calm(made.image))
        name = f"{kind or 'good'} {number}"
        new.append(NewImage(name, Role.NORMAL, file))
        if kind is not None:
            label = made.mask.astype(np.uint8) * (1 + list(CLASSES.values()).index(kind))
            new[-1] = replace(new[-1], role=Role.DEFECT, label=label)
    project.add_images(item_id, new)


def _calm(image: Image) -> Image:
    """Few tones in broad areas: grain would fill the references."""
    return cv2.GaussianBlur(image, (0, 0), 5) // 8 * 8


def _add_jobs(project: Project) -> None:
    failed = project.add_job("train_segmenter", "U-Net")
    error = CheckpointError("the disk is full", remedy="Make room and resume.")
    project.tell_job(failed.id, (2, 5))
    project.move_job(failed.id, JobState.FAILED, str(error))
    done = project.add_job("train", "sample-metal")
    project.move_job(done.id, JobState.DONE)
    lines = [
        {"step": step, "values": {"loss": 2 / (1 + step / 60), "margin": 1 - step / 500}}
        for step in range(0, 401, 8)
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    (done.folder / METRICS_FILE).write_text(text, encoding="utf-8")
    (done.folder / LOG_FILE).write_text(_FOUND, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
