import signal
import subprocess
import sys

import pytest

from defectstudio.app.window_lock import LOCK, WindowLock
from defectstudio.domain.errors import ProjectError

HOLDER = """
import sys, time
from pathlib import Path
from defectstudio.app.window_lock import WindowLock
lock = WindowLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_one_at_a_time(tmp_path):
    first = WindowLock(tmp_path)
    with pytest.raises(ProjectError, match="another window") as caught:
        WindowLock(tmp_path)
    assert caught.value.remedy
    first.release()
    WindowLock(tmp_path).release()


def test_it_does_not_outlive_a_killed_holder(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with child.stdout:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(ProjectError):
            WindowLock(tmp_path)
        child.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        child.wait()
    WindowLock(tmp_path).release()


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / LOCK).mkdir()
    with pytest.raises(ProjectError, match="cannot be opened for painting"):
        WindowLock(tmp_path)
