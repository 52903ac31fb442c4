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

starting.MainWindow = Window
sys.exit(starting.main(Path(sys.argv[1])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_saves_what_is_painted(tmp_path, asked):
    write_png(tmp_path / "a.png", np.full((64, 64), 120, np.uint8))
    with Project.create(tmp_path / "p", "plate") as project:
        item = project.items()[0].id
        project.add_class(item, "dent")
        project.add_images(item, [NewImage("a", Role.NORMAL, tmp_path / "a.png")])
    child = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(tmp_path / "p")],
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
