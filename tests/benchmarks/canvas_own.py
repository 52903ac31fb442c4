"""The whole main window with one large picture, measured: a process of `canvas`.

python -m tests.benchmarks.canvas_own PICTURE [--events N] [--busy]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6 import QtCore, QtGui
from PySide6.QtWidgets import QApplication

from defectstudio.domain.records import Role
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.session import Session
from defectstudio.gui.theme import Theme
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from tests.benchmarks.canvas_hand import Area, Hand, figures, peak_mb, wander

BRUSH, WIDE = 40, 2000
FRAME_S = 1 / 60
MORE = 10
"""So many more events of strokes than of anything else. One takes a third of a millisecond: a few
hundred are over before another program's turn of the processor is, and the 95th percentile of two
hundred lies between the 92nd and the 98th of all. Those of two thousand: between 94 and 96."""
ROUNDS = 6
"""Alone and beside a training, in turn; each as many events as of anything else."""
_TRAINING = """
import os
os.setsid()  # As our jobs are: sessions are weighed against each other.
os.nice(10)
with open("/proc/self/autogroup", "w") as group:
    group.write("10")
import torch
torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
net = torch.nn.Sequential(*[torch.nn.Conv2d(16, 16, 3, padding=1) for _ in range(6)])
print("on", flush=True)
while True:
    net(torch.randn(8, 16, 96, 96)).square().mean().backward()
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--busy", action="store_true", help="also beside a training")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEFECTSTUDIO_HOME"] = str(Path(folder) / "home")
        # In a process of its own: what an import holds in memory is no part of painting.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            root = process.submit(_project, Path(folder), given.picture).result()
        app = QApplication(sys.argv[:1])
        bench = Bench(app, Project.open(root))
        found = bench.run(given.events, busy=given.busy)
        bench.window.close()
    print(json.dumps(found))
    return 0


def _project(folder: Path, picture: Path) -> Path:
    """A project of a small background, which is shown first, and the large one."""
    small = folder / "small.png"
    write_png(small, np.full((64, 64, 3), 90, np.uint8))
    with Project.create(folder / "bench", "plate") as project:
        item = project.items()[0]
        project.add_class(item.id, "scratch")
        new = [NewImage("0 small", Role.NORMAL, small), NewImage("1 large", Role.NORMAL, picture)]
        project.add_images(item.id, new)
        return project.root


class Bench:
    """Drives a window of 1600 x 1000 with all docks."""

    def __init__(self, app: QApplication, project: Project) -> None:
        self._app = app
        self.window = MainWindow(Theme(app))
        self.window.resize(1600, 1000)
        self.window.show()
        self.window.open_project(project)
        self.canvas = self.window.painting.canvas
        self._hand = Hand(QtCore, QtGui, app, self.canvas.viewport())
        self._until_shown("0 small")

    def run(self, events: int, *, busy: bool) -> dict[str, Any]:
        """All figures, in milliseconds and 10**6 bytes."""
        found: dict[str, Any] = {"memory_before_mb": peak_mb()}
        start = time.perf_counter()
        self.window.images.step(1)
        self._until_shown("1 large")
        found["open_ms"] = round(1000 * (time.perf_counter() - start), 1)
        found["pixels"] = list(self._studio.document.native.shape[:2])
        found["open_peak_mb"] = peak_mb()
        self._studio.tools.resize(BRUSH)
        found["stroke_fit"] = self._strokes(MORE * events)
        found["partial_differs"] = self._differs()
        self.canvas.full_size()
        found["stroke_full"] = self._strokes(MORE * events)
        self.canvas.fit()
        found["zoom"] = self._zooms(events)
        found["pan"] = self._pans(events)
        found["peak_mb"] = peak_mb()
        if busy:
            found["beside_training"] = self._beside_training(events)
        self._studio.tools.resize(WIDE)
        self.canvas.fit()
        found["stroke_wide"] = self._strokes(max(20, events // 8))
        return found

    @property
    def _studio(self) -> Any:
        return self._session.studio

    @property
    def _session(self) -> Session:
        assert self.window.session is not None
        return self.window.session

    def _seen(self) -> Area:
        """The part of the canvas where the image is."""
        place = self.canvas.viewportTransform().mapRect(self.canvas.item.boundingRect())
        seen = place.intersected(QtCore.QRectF(self.canvas.viewport().rect()))
        return seen.x(), seen.y(), seen.width(), seen.height()

    def _until_shown(self, name: str) -> None:
        def there() -> bool:
            document = self._studio.document
            return document is not None and document.record.name == name

        while not there():
            self._hand.rest(0.002)
        self._app.processEvents()

    def _strokes(self, events: int, *, pause: float = 0.0) -> dict[str, Any]:
        """Strokes of up to 100 moves; kept for undo as always."""
        hand = self._hand
        places = wander(self._seen(), events)
        self._quiet()
        ends, costs = [], []
        for first in range(0, events - 1, 100):
            before = self._studio.history.cost
            ends.append(hand.drag(places[first : first + 101], pause=pause))
            hand.rest(0.3)
            self._session.files.finish(lambda: None)  # Until all is packed.
            costs.append((self._studio.history.cost - before) / 1e6)
        undo = {"release_ms": round(max(ends), 2), "undo_mb": round(float(np.median(costs)), 3)}
        return hand.told() | undo

    def _zooms(self, events: int) -> dict[str, Any]:
        """In to 1600 % and out again, at a place off the middle."""
        port = self.canvas.viewport()
        place = (0.4 * port.width(), 0.6 * port.height())
        notches = round(np.log(16 / self.canvas.zoom) / np.log(1.25))
        self._quiet()
        for _ in range(max(1, events // (2 * notches))):
            self._hand.wheel(place, [1] * notches + [-1] * notches)
        return self._hand.told()

    def _pans(self, events: int) -> dict[str, Any]:
        """At three zooms."""
        port = self.canvas.viewport()
        self._quiet()
        for zoom in (0.3, 1.0, 4.0):
            self.canvas.set_zoom(zoom)
            self._app.processEvents()
            area = (0, 0, port.width(), port.height())
            self._hand.drag(wander(area, events // 3), "MiddleButton")
        return self._hand.told()

    def _beside_training(self, events: int) -> dict[str, Any]:
        """Strokes at 60 a second; how far the rounds lie apart is told beside the ratio of all."""
        taken: dict[str, list[float]] = {"idle": [], "busy": []}
        self.canvas.full_size()
        for _ in range(ROUNDS):
            self._strokes(events, pause=FRAME_S)
            taken["idle"] += self._hand.whole
            job = subprocess.Popen([sys.executable, "-c", _TRAINING], stdout=subprocess.PIPE)
            assert job.stdout is not None
            job.stdout.readline()
            self._strokes(events, pause=FRAME_S)
            taken["busy"] += self._hand.whole
            job.kill()
            job.communicate()
        found: dict[str, Any] = {name: figures(times) for name, times in taken.items()}
        found["ratio"] = _ratio(*taken.values())
        parts = zip(*(_parted(times) for times in taken.values()), strict=True)
        found["ratios"] = [_ratio(idle, busy) for idle, busy in parts]
        return found

    def _differs(self) -> int:
        """The most levels by which what is on screen differs from the same drawn anew."""
        worst = 0
        for zoom in (self.canvas.zoom, 0.11, 0.37, 1.0, 2.6):
            self.canvas.set_zoom(zoom)
            port = self.canvas.viewport()
            self._hand.drag(wander(self._seen(), 60))
            self.canvas.ring.hide()
            parts = self._on_screen()
            port.update()
            worst = max(worst, _apart(self._on_screen(), parts))
        self.canvas.fit()
        return worst

    def _on_screen(self) -> NDArray[np.uint8]:
        """The canvas as it is on screen, not drawn for the purpose."""
        self._hand.rest(0.25)
        port = self.canvas.viewport()
        corner = port.mapTo(self.window, QtCore.QPoint(0, 0))
        shot = self.window.screen().grabWindow(
            self.window.winId(), corner.x(), corner.y(), port.width(), port.height()
        )
        image = shot.toImage().convertToFormat(QtGui.QImage.Format.Format_RGB32)
        rows = np.frombuffer(image.constBits(), np.uint8)
        return rows.reshape(image.height(), -1, 4)[..., :3].copy()

    def _quiet(self) -> None:
        gc.collect()
        self._hand.rest(0.2)
        self._hand.forget()


def _ratio(idle: list[float], busy: list[float]) -> float:
    return round(figures(busy)["p95"] / figures(idle)["p95"], 2)


def _parted(times: list[float]) -> list[list[float]]:
    """By rounds."""
    count = len(times) // ROUNDS
    return [times[first : first + count] for first in range(0, count * ROUNDS, count)]


def _apart(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    """The largest difference. OpenCV's takes no wider numbers: the peak is to be the program's."""
    return int(cv2.absdiff(first, second).max())


if __name__ == "__main__":
    sys.exit(main())
