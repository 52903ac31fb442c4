"""Pictures of the window for the README: `python packaging/screenshots.py OUT [--project DIR]`.

The sample project is made, a scratch and a hole are painted, samples are accepted, and the window
is drawn in light and dark. QT_SCALE_FACTOR=2 gives the sharp ones.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from defectstudio.app.projects import open_project
from defectstudio.app.sample_project import make_sample_project
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.previews import State
from defectstudio.gui.theme import DARK, LIGHT, Theme


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--project", type=Path, help="an open-able project instead of the sample")
    parser.add_argument("--size", default="1600x1000", help="logical pixels, WIDTHxHEIGHT")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    theme = Theme(app)
    window = MainWindow(theme)
    window.resize(*map(int, given.size.split("x")))
    window.show()
    window.complete()
    shots = Shots(app, window, theme, given.out)
    shots.take("welcome")
    with tempfile.TemporaryDirectory() as folder:
        if given.project:
            project = open_project(given.project)
        else:
            project = make_sample_project(Path(folder) / "sample")
        window.open_project(project)
        shots.work()
        window.close()
    return 0


class Shots:
    """Drives the window as a hand would, and takes its picture in both looks."""

    def __init__(self, app: QApplication, window: MainWindow, theme: Theme, out: Path) -> None:
        self._app, self._window, self._theme, self._out = app, window, theme, out

    def work(self) -> None:
        """Open, paint, preview, accept."""
        window = self._window
        assert window.session is not None
        studio = window.session.studio
        self.until(lambda: studio.document is not None)
        self.take("opened")
        studio.tools.resize(3)
        self._stroke(0.62, 0.18, 0.30, 0.62, bend=0.10)
        studio.choose_class(studio.classes[min(2, len(studio.classes) - 1)].id)
        studio.tools.resize(15)
        self._stroke(0.66, 0.70, 0.68, 0.73, bend=0.0)
        self.take("painted")
        if studio.generator is None:
            return
        assert window.session.previews is not None
        previews = window.session.previews
        for _ in range(5):
            self.until(lambda: previews.state in (State.SHOWN, State.FAILED))
            previews.accept()
            self.rest(0.2)
        count = 5
        project = window.session.project
        self.until(lambda: len(project.samples()) >= count)
        self.until(lambda: previews.state in (State.SHOWN, State.FAILED))
        self.rest(1.0)
        self.take("preview")
        window.actions_["view.overlays"].setChecked(False)
        self.take("preview-bare")
        window.actions_["view.overlays"].setChecked(True)

    def take(self, name: str) -> None:
        """Save NAME-light.png and NAME-dark.png."""
        for look, tones in (("dark", DARK), ("light", LIGHT)):
            self._theme.wear(tones)
            self.rest(0.6)
            self._window.painting.canvas.ring.hide()
            self._window.grab().save(str(self._out / f"{name}-{look}.png"))

    def until(self, done: Callable[[], bool], seconds: float = 90.0) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get there")
            self.rest(0.02)

    def rest(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._app.processEvents()
            time.sleep(0.005)

    def _stroke(self, top: float, left: float, bottom: float, right: float, *, bend: float) -> None:
        """A bent stroke between two places, given as shares of the image's height and width."""
        assert self._window.session is not None
        studio = self._window.session.studio
        rect = self._window.painting.canvas.item.boundingRect()
        places = []
        for step in range(25):
            share = step / 24
            row = top + (bottom - top) * share + bend * math.sin(3 * share) * math.cos(7 * share)
            column = left + (right - left) * share
            places.append(QPointF(column * rect.width(), row * rect.height()))
        studio.start_stroke(places[0].y(), places[0].x(), erase=False)
        for place in places[1:]:
            studio.extend_stroke(place.y(), place.x())
        studio.end_stroke()
        self.rest(0.1)


if __name__ == "__main__":
    sys.exit(main())
