"""The first paint waits for little; what comes after it is there as soon as it is asked for."""

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QPushButton

from defectstudio.app.projects import open_project, remember
from defectstudio.app.settings import Preferences, Settings, change
from defectstudio.domain.records import JobState
from defectstudio.gui.dialogs.new_project import NewProjectDialog
from defectstudio.gui.theme import DARK

PATIENCE_S = 300
QT = {"PySide6", "shiboken6", "shibokensupport", "signature_bootstrap", "__feature__"}
ROOMS = {"app", "domain", "gui", "project"}
START = """
import json, linecache, sys
before = set(sys.modules)
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from defectstudio.gui import main_window, starting

class Window(main_window.MainWindow):
    said = False

    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.said:
            self.said = True
            print(json.dumps(sorted(set(sys.modules) - before)), flush=True)
            self.completing.done.connect(self.look)

    def look(self):
        if "scipy.ndimage" in sys.modules:
            print("torch" in sys.modules, len(linecache.cache), flush=True)
            QApplication.quit()
        else:
            QTimer.singleShot(20, self.look)

starting.MainWindow = Window
sys.exit(starting.main(None))
"""


def test_the_first_paint_imports_qt_and_little_else(tmp_path):
    """The rest is imported after it, with what the first stroke needs, torch and texts never."""
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={**os.environ, "DEFECTSTUDIO_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    modules, last = done.stdout.splitlines()
    with_torch, sources = last.split()
    names = [name.split(".") for name in json.loads(modules)]
    ours = {name[1] for name in names if name[0] == "defectstudio" and len(name) > 1}
    own = {"/".join(name) for name in names if name[:2] == ["defectstudio", "project"]}
    assert ours <= ROOMS
    assert own == {"defectstudio/project", "defectstudio/project/place"}
    assert {name[0] for name in names} - sys.stdlib_module_names - QT == {"defectstudio"}
    assert with_torch == "False"
    assert int(sources) < 50, "PySide keeps the text of all modules"


def _press(window, text):
    (button,) = [one for one in window.findChildren(QPushButton) if one.text().strip() == text]
    button.click()


def test_the_rest_is_built_when_the_page_was_painted(first_page, qtbot):
    first_page.show()
    assert not first_page.completing.is_done and first_page.welcome.isVisible()
    qtbot.waitUntil(lambda: first_page.completing.is_done)
    assert first_page.welcome.isVisible() and not first_page.images.isVisible()


def test_an_action_does_not_wait_for_the_rest(first_page):
    first_page.show()
    _press(first_page, "New project…")
    assert first_page.findChild(NewProjectDialog).isVisible()
    assert first_page.completing.is_done


@pytest.fixture
def remembered(project_root):
    """A project, a look and a key that the settings know when the window is made."""
    with open_project(project_root) as project:
        assert remember(project) == ""
    keys = {"project.open": ("Ctrl+Alt+O",)}
    change(lambda old: Settings(old.recent, Preferences(theme="dark"), keys))
    return project_root


def _recent(window):
    (button,) = [one for one in window.welcome.findChildren(QPushButton) if one.property("link")]
    return button


def test_the_first_paint_has_the_look_keys_and_projects_of_the_settings(remembered, first_page):
    recent = _recent(first_page)
    assert recent.text().strip() == remembered.name
    assert first_page.theme.tones is DARK
    assert first_page.actions_["project.open"].shortcut().toString() == "Ctrl+Alt+O"
    first_page.complete()
    assert _recent(first_page) is recent, "a button that is just being pressed stays"


def test_the_steps_taken_since_the_last_time_are_ticked(remembered, first_page, qtbot):
    with open_project(remembered) as project:
        project.move_job(project.add_job("export", "x").id, JobState.DONE)
    first_page.complete()
    sign = first_page.welcome.signs["export"]
    assert sign.accessibleName() == "to do"
    first_page.prepare()
    qtbot.waitUntil(lambda: sign.accessibleName() == "done", timeout=9000)


def test_a_recent_project_does_not_wait_for_the_rest(remembered, first_page, qtbot):
    first_page.show()
    _recent(first_page).click()
    qtbot.waitUntil(lambda: first_page.session is not None, timeout=9000)


def test_a_window_that_was_never_shown_can_be_closed(first_page):
    assert first_page.close()
