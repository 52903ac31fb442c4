from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from defectstudio.domain import events
from defectstudio.jobs import lifeline, process
from defectstudio.jobs.process import WorkerProcess, describe_exit, ended_from_outside
from tests.unit.jobs.bench import gone, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
LINE = events.encode(events.Progress(1, 2))


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def test_events_come_in_order_and_noise_goes_to_the_log(tmp_path):
    code = f"print('noise'); print(); print({LINE!r}); import sys; print('oh', file=sys.stderr)"
    child = WorkerProcess(python(code), tmp_path / "log.txt")
    assert list(child.events()) == [events.Progress(1, 2)]
    assert child.close() == 0
    assert set(child.last_words().splitlines()) == {"noise", "oh"}


def test_last_words_are_those_of_this_child(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("of an earlier one\n")
    child = WorkerProcess(python("import sys; sys.stderr.write('mine')"), log)
    assert list(child.events()) == []
    child.close()
    assert child.last_words() == "mine"


def test_a_child_hears_us_and_the_end_of_us(tmp_path):
    echo = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"
    child = WorkerProcess(python(echo), tmp_path / "log.txt")
    heard = child.events()
    assert child.say(LINE)
    assert next(heard) == events.Progress(1, 2)
    child.hang_up()
    assert list(heard) == []
    assert child.close() == 0
    assert not child.say(LINE)


def test_close_does_not_wait_for_ever(tmp_path):
    child = WorkerProcess(python("import time; time.sleep(60)"), tmp_path / "log.txt")
    assert child.close(0.2) != 0


def test_a_write_that_is_stuck_does_not_stop_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "TERMINATE_SECONDS", 0.3)
    child = WorkerProcess(python("import time; time.sleep(60)"), tmp_path / "log.txt")
    writer = threading.Thread(target=child.say, args=("x" * (1 << 21),))
    writer.start()
    assert child.close(0.2) != 0
    writer.join()


def test_a_child_that_ends_while_it_is_being_stopped_is_closed(tmp_path, monkeypatch):
    child = WorkerProcess(python("pass"), tmp_path / "log.txt")
    assert list(child.events()) == []
    codes = []
    closing = threading.Thread(target=lambda: codes.append(child.close()))

    class LateThread(threading.Thread):
        def start(self):
            closing.start()
            closing.join(0.2)
            super().start()

    with monkeypatch.context() as patch:
        patch.setattr(process.threading, "Thread", LateThread)
        child.stop()
    closing.join()
    assert codes == [0]


@pytest.mark.skipif(sys.platform != "linux", reason="the system is asked in Linux's words")
def test_no_worker_outlives_its_owner_not_even_one_that_hears_nothing(tmp_path):
    """Stopped, stuck in native code with Python's lock held, and of an owner that was gone."""
    begin = "import ctypes, os; from defectstudio.worker.owner import *; "
    works = [f"{begin} die_with_owner(); os.write(1, b'.\\n'); {act}"
             for act in ("os.kill(os.getpid(), 19)", "ctypes.PyDLL(None).sleep(60)")]  # fmt: skip
    owner = f"""
import sys, time
from pathlib import Path
from defectstudio.jobs.process import WorkerProcess
all = [WorkerProcess((sys.executable, "-c", work), Path("log")) for work in {works!r}]
print(*(one.pid for one in all), *(one._process.stdout.readline() for one in all), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", owner], cwd=tmp_path, stdout=-1) as process:
        pids = [int(word) for word in process.stdout.readline().split()[:2]]
        assert not any(map(gone, pids))
        process.kill()
    until(lambda: all(map(gone, pids)))
    late = subprocess.run([sys.executable, "-c", f"{begin} die_with(2**22 + 1)"], check=False)
    assert late.returncode == 1


def test_a_job_object_of_windows_is_told_in_the_system_s_own_layout():
    """The sizes of the 64-bit SDK."""
    assert ctypes.sizeof(lifeline.Limits) == 144
    assert lifeline.Limits.basic.offset == 0 and lifeline.Limits.io.offset == 64
    assert lifeline.Limits.memory.offset == 112


@posix
def test_a_worker_is_nice_and_in_a_session_of_its_own(tmp_path):
    child = WorkerProcess(python("input()"), tmp_path / "log.txt")
    assert os.getpriority(os.PRIO_PROCESS, child.pid) >= 10
    assert os.getsid(child.pid) == child.pid
    group = Path(f"/proc/{child.pid}/autogroup")
    if group.exists():
        assert int(group.read_text().split()[-1]) >= 10
    child.close()


def test_the_environment_leaves_one_core_and_the_users_choice(monkeypatch):
    monkeypatch.setattr(process, "_cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    environment = process.worker_environment()
    assert environment["OMP_NUM_THREADS"] == "7"
    assert environment["MKL_NUM_THREADS"] == "3"


def test_a_worker_finds_this_package_and_not_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "defectstudio.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    child = WorkerProcess((sys.executable, "-c", "import defectstudio.domain"), tmp_path / "log")
    assert list(child.events()) == []
    assert child.close() == 0


@posix
@pytest.mark.parametrize(
    ("code", "name", "outside"),
    [(-9, "SIGKILL", True), (-11, "SIGSEGV", False), (3, "exit code 3", False),
     (-250, "signal 250", False)],
)  # fmt: skip
def test_exit_codes_in_words(code, name, outside):
    assert describe_exit(code) == name
    assert ended_from_outside(code) is outside
