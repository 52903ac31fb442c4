"""The window as a process: asked to end it saves, joins its threads and ends well."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from defectstudio.domain.records import Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication
from pathlib import Path
from defectstudio.gui import main_window, starting

def paint():
    studio = shown[0].session.studio
    if studio.document is None:
        return QTimer.singleShot(50, paint)
    studio.start_stroke(20, 20, erase=False)
    studio.extend_stroke(20, 40)
    studio.end_stroke()
    print("painted", flush=True)

shown = []
class Window(main_window.MainWindow):
    def open_project(self, project):
        super().open_project(project)
        shown.append(self)
        paint()

def hand_over():
    app = QApplication.instance()
    app.sendEvent(app, QFileOpenEvent(sys.argv[2]))

starting.MainWindow = Window
way, project = sys.argv[1:]
if way == "event":
    QTimer.singleShot(0, hand_over)
sys.exit(starting.main(Path(project) if way == "argument" else None))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(
    ("asked", "way", "named"),
    # As a command names a project, and as macOS hands one to the running program.
    [(signal.SIGINT, "argument", "p"), (signal.SIGTERM, "event", "p/project.sqlite")],
)
def test_asked_to_end_it_saves_what_is_painted(tmp_path, asked, way, named):
    write_png(tmp_path / "a.png", np.full((64, 64), 120, np.uint8))
    with Project.create(tmp_path / "p", "plate") as project:
        item = project.items()[0].id
        project.add_class(item, "dent")
        project.add_images(item, [NewImage("a", Role.NORMAL, tmp_path / "a.png")])
    child = subprocess.Popen(
        [sys.executable, "-c", WINDOW, way, str(tmp_path / named)],
        env={**os.environ, "DEFECTSTUDIO_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "painted\n"
    time.sleep(0.2)
    child.send_signal(asked)
    _, said = child.communicate(timeout=300)
    assert child.returncode == 0, said
    assert "Traceback" not in said
    assert list((tmp_path / "p" / "drafts").glob("*.png"))
