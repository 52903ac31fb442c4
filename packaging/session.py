"""From the first start to an exported dataset, by hand: `python packaging/session.py OUT`.

Needs an X display with a window manager, which gives windows the keys, and xdotool: every click,
stroke and key is one of the X server's. The window is asked for nothing but where its parts are
and how far it is. Pictures of the steps and `session.json` are left in OUT.

    xvfb-run -a -s "-screen 0 1600x1000x24" sh -c "openbox & python packaging/session.py OUT"
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QSpinBox, QWidget

from defectstudio.app.settings import HOME
from defectstudio.domain.records import Review
from defectstudio.gui.commands import Places
from defectstudio.gui.dialogs.export import ExportDialog
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.previews import State
from defectstudio.gui.session import Session
from defectstudio.gui.theme import LIGHT, Theme

CLASSES = ("scratch", "hole")
EACH = 28
"""Samples planned a class: some may be rejected, fifty must remain."""
THINNER = 9
"""Steps of the brush from its first size to that of a scratch."""
GUIDE_WIDTH = 1100
PATIENCE = 600.0
"""Seconds until something that should come is given up."""


@dataclass(frozen=True)
class Outcome:
    """What the session came to. steps: clicks, strokes and keys."""

    steps: int
    seconds: float
    accepted: int
    rejected: int
    exported_synthetic: int
    classes: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--guide", type=Path, help="folder of the guide that gets small copies")
    given = parser.parse_args()
    out: Path = given.out.absolute()
    if shutil.which("xdotool") is None:
        parser.error("xdotool is not installed")
    out.mkdir(parents=True)
    # Settings of its own: the first start of somebody who never had the program.
    os.environ[HOME] = str(out / "home")
    app = QApplication(sys.argv[:1])
    theme = Theme(app)
    theme.wear(LIGHT)
    window = MainWindow(theme, places=Places(out / "sample", out))
    window.setGeometry(app.primaryScreen().geometry())
    window.show()
    hand = Hand(app)
    began = time.monotonic()
    try:
        exported = Visit(window, hand, out).run()
        outcome = _outcome(window, hand.steps, time.monotonic() - began, exported)
    finally:
        window.close()
    if given.guide:
        _copy_small(out, given.guide)
    (out / "session.json").write_text(json.dumps(asdict(outcome), indent=1))
    print(json.dumps(asdict(outcome)))
    enough = outcome.exported_synthetic >= 50 and len(outcome.classes) >= 2
    return 0 if enough else 1


class Hand:
    """A mouse and a keyboard of the X server. The window lives on while they move."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self.steps = 0

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        """With the left button, in the middle unless told otherwise."""
        self.until(lambda: widget.isVisible() and widget.isEnabled(), "a part that can be clicked")
        at = widget.mapToGlobal(place if place is not None else widget.rect().center())
        self.steps += 1
        self._do("mousemove", str(at.x()), str(at.y()), "sleep", "0.1", "click", "1")

    def stroke(self, points: list[QPoint]) -> None:
        """A drag of the left button through points of the screen."""
        self.steps += 1
        self._do("mousemove", str(points[0].x()), str(points[0].y()), "mousedown", "1")
        for point in points[1:]:
            self._do("mousemove", str(point.x()), str(point.y()), pause=0.01)
        self._do("mouseup", "1")

    def key(self, keys: str) -> None:
        """A key or a chord, as xdotool writes it."""
        self.steps += 1
        self._do("key", keys)

    def enter(self, widget: QWidget, text: str) -> None:
        """Text in place of what a field holds."""
        self.click(widget)
        self.key("ctrl+a")
        self.type(text)
        self.key("Tab")

    def type(self, text: str) -> None:
        """Letter by letter."""
        self.steps += 1
        self._do("type", text)

    def until(self, done: Callable[[], object], what: str) -> None:
        """Raises TimeoutError when it does not come."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come")
            self.rest(0.02)

    def rest(self, seconds: float) -> None:
        """Look for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._app.processEvents()
            time.sleep(0.005)

    def _do(self, *words: str, pause: float = 0.15) -> None:
        tool = subprocess.Popen(["xdotool", *words])
        while tool.poll() is None:
            self.rest(0.005)
        if tool.returncode:
            raise RuntimeError(f"xdotool {' '.join(words)} ended with {tool.returncode}")
        self.rest(pause)


class Visit:
    """What a person does, step by step."""

    def __init__(self, window: MainWindow, hand: Hand, out: Path) -> None:
        self._window, self._hand, self._out = window, hand, out

    def run(self) -> Path:
        """The folder that was exported."""
        self._open()
        self._paint()
        self._make()
        self._look_through()
        return self._export()

    def _open(self) -> None:
        window, hand = self._window, self._hand
        hand.until(window.isActiveWindow, "the window")
        self._shoot("welcome")
        buttons = window.welcome.findChildren(QPushButton)
        hand.click(next(one for one in buttons if "sample project" in one.text()))
        hand.until(
            lambda: window.session is not None and window.session.studio.document is not None,
            "the sample project",
        )
        hand.rest(1)
        self._shoot("opened")

    def _paint(self) -> None:
        """One sample of each class, painted and accepted by hand."""
        names = [one.name for one in self._session.studio.classes]
        for number, name in enumerate(CLASSES):
            self._hand.key(str(names.index(name) + 1))
            for _ in range(THINNER):
                self._hand.key("bracketleft" if name == "scratch" else "bracketright")
            self._hand.stroke(self._path(name))
            self._seen()
            self._shoot(f"painted-{name}")
            self._hand.key("Return")
            self._hand.until(self._made(number + 1), "the sample")
            self._hand.key("ctrl+BackSpace")

    def _make(self) -> None:
        """A batch of two classes."""
        window, hand = self._window, self._hand
        hand.key("ctrl+b")
        hand.until(window.batch.isVisible, "the page of batches")
        plan = window.batch.plan
        while plan.table.rowCount() > len(CLASSES):
            hand.click(plan.remove)
        for row, name in enumerate(CLASSES):
            self._choose(row, name)
            number = plan.table.cellWidget(row, 1)
            assert isinstance(number, QSpinBox)
            hand.enter(number, str(EACH))
        hand.click(window.batch.trial)
        hand.until(lambda: window.batch.trial.text() == "Dry run", "the dry run")
        hand.rest(1)
        self._shoot("batch")
        due = len(self._session.project.samples()) + len(CLASSES) * EACH
        hand.click(window.batch.go)
        hand.until(
            lambda: len(self._session.project.samples()) == due and not self._session.jobs.count,
            "the samples",
        )

    def _look_through(self) -> None:
        """Accept all but two."""
        window, hand = self._window, self._hand
        hand.key("ctrl+r")
        hand.until(window.review.isVisible, "the page of reviews")
        hand.rest(2)
        grid = window.review.grid
        hand.click(grid.viewport(), _middle(grid.visualRect(grid.model().index(0, 0))))
        hand.key("ctrl+a")
        hand.key("y")
        for row in (0, 3):
            hand.click(grid.viewport(), _middle(grid.visualRect(grid.model().index(row, 0))))
            hand.key("n")
        hand.until(lambda: self._count(Review.REJECTED) == 2, "the judgement")
        hand.rest(1)
        self._shoot("review")

    def _export(self) -> Path:
        hand = self._hand
        hand.key("ctrl+e")
        hand.until(lambda: self._dialog() is not None, "the dialog of exports")
        dialog = self._dialog()
        assert dialog is not None
        hand.rest(0.5)
        self._shoot("export")
        folder = dialog.choice.out
        hand.click(dialog.go)
        hand.until((folder / "annotations.json").is_file, "the export")
        hand.rest(1)
        self._shoot("exported")
        return folder

    @property
    def _session(self) -> Session:
        assert self._window.session is not None
        return self._window.session

    def _dialog(self) -> ExportDialog | None:
        open_ones = self._window.findChildren(ExportDialog)
        return next((one for one in open_ones if one.isActiveWindow()), None)

    def _made(self, count: int) -> Callable[[], bool]:
        return lambda: len(self._session.project.samples()) == count

    def _count(self, review: Review) -> int:
        return sum(one.review is review for one in self._session.project.samples())

    def _choose(self, row: int, class_name: str) -> None:
        """The class of a row of the plan, by the keys of its list."""
        table = self._window.batch.plan.table
        self._hand.rest(0.5)
        box = table.cellWidget(row, 0)
        assert isinstance(box, QComboBox)
        place = box.findText(class_name)
        self._hand.click(box)
        for key in ("Home", *["Down"] * place, "Return"):
            self._hand.key(key)
        self._hand.until(
            lambda: self._window.batch.plan.lines[row].class_name == class_name,
            f"the choice of {class_name}",
        )

    def _seen(self) -> None:
        previews, gallery = self._session.previews, self._session.gallery
        assert previews is not None and gallery is not None
        self._hand.until(lambda: previews.state is State.SHOWN, "the preview")
        self._hand.rest(1)  # The gallery lets a hand come to rest.
        self._hand.until(
            lambda: all(tile.picture is not None for tile in gallery.tiles), "the gallery"
        )
        self._hand.rest(0.5)

    def _path(self, class_name: str) -> list[QPoint]:
        """A long bent stroke for a scratch, a short one for anything else."""
        canvas = self._window.painting.canvas
        port = canvas.viewport().rect()
        reach = port.height() // (3 if class_name == "scratch" else 40)
        points = []
        for step in range(31):
            share = step / 30
            across = port.center().x() + round(reach * (2 * share - 1))
            down = port.center().y() + round(0.2 * reach * math.sin(5 * share))
            points.append(canvas.viewport().mapToGlobal(QPoint(across, down)))
        return points

    def _shoot(self, name: str) -> None:
        """The whole screen, as a person sees it."""
        number = len(list(self._out.glob("*.png"))) + 1
        picture = self._window.screen().grabWindow(0)
        picture.save(str(self._out / f"{number}-{name}.png"))


def _copy_small(out: Path, guide: Path) -> None:
    """The pictures as the guide shows them: narrower, JPEG."""
    for file in sorted(out.glob("*.png")):
        with Image.open(file) as picture:
            narrow = picture.convert("RGB").resize(
                (GUIDE_WIDTH, round(picture.height * GUIDE_WIDTH / picture.width)),
                Image.Resampling.LANCZOS,
            )
        narrow.save(guide / f"tour-{file.stem}.jpg", quality=85, optimize=True)


def _middle(rect: QRect) -> QPoint:
    return rect.center()


def _outcome(window: MainWindow, steps: int, seconds: float, folder: Path) -> Outcome:
    assert window.session is not None
    samples = window.session.project.samples()
    table = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    made = {one["id"] for one in table["images"] if one["synthetic"]}
    names = {one["id"]: one["name"] for one in table["categories"]}
    shown = {names[one["category_id"]] for one in table["annotations"] if one["image_id"] in made}
    return Outcome(
        steps,
        round(seconds, 1),
        sum(one.review is Review.ACCEPTED for one in samples),
        sum(one.review is Review.REJECTED for one in samples),
        len(made),
        tuple(sorted(shown)),
    )


if __name__ == "__main__":
    sys.exit(main())
