"""The guard of every window test notices whatever is left behind."""

import os
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QLocale, Qt, QThread, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMainWindow

from tests.gui.leftovers import close_windows, home, left_since, look

SPOKEN = QLocale()


@pytest.fixture
def left(qapp):
    """left() -> the kinds of what was left since the test began."""
    before = look(qapp)
    return lambda: [line.partition(":")[0] for line in left_since(before, qapp, seconds=0)]


def test_a_thread(left):
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    assert left() == ["thread"]
    end.set()
    thread.join()
    assert left() == []


def test_a_thread_of_qt(left):
    thread = QThread()
    thread.start()
    assert left() == ["QThread"]
    thread.quit()
    thread.wait()
    assert left() == []


def test_a_timer_nobody_holds(left, qapp):
    QTimer(qapp).start(60_000)
    assert left() == ["timer"]
    timer = qapp.findChildren(QTimer)[-1]
    timer.stop()
    timer.deleteLater()
    del timer
    assert left() == []


def test_a_window(left, qapp):
    QMainWindow().show()  # dies at once
    assert left() == []
    window = QMainWindow()
    window.show()
    assert left() == ["window"]
    close_windows(qapp)
    assert left() == []


def test_a_process(left):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE):
        assert left() == ["process"]
    assert left() == []


def test_a_settings_file(left):
    path = home() / "settings.json"
    path.write_text("{}")
    assert left() == ["file"]
    path.unlink()
    assert left() == []


def test_a_changed_settings_file(tmp_path, qapp):
    path = home() / "settings.json"
    path.write_text("{}")
    before = look(qapp)
    os.utime(path, (1, 1))
    assert len(left_since(before, qapp, seconds=0)) == 1
    path.unlink()


@pytest.mark.parametrize(
    "change, back",
    [
        (lambda app: app.setStyleSheet("QLabel {}"), lambda app: app.setStyleSheet("")),
        (lambda app: QLocale.setDefault(QLocale("zh")), lambda app: QLocale.setDefault(SPOKEN)),
        (
            lambda app: app.setOverrideCursor(QCursor(Qt.CursorShape.WaitCursor)),
            lambda app: app.restoreOverrideCursor(),
        ),
        (lambda app: os.environ.update(LEFT="1"), lambda app: os.environ.pop("LEFT")),
    ],
    ids=["style sheet", "language", "pointer", "variable"],
)
def test_a_setting(left, qapp, change, back):
    change(qapp)
    assert left() == ["setting"]
    back(qapp)
    assert left() == []
