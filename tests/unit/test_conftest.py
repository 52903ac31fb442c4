"""The rules of conftest bite."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
CONFTEST = Path(__file__).parents[1] / "conftest.py"

BREAKING = """
import contextlib, socket, subprocess, sys, threading

def test_reaches_out():
    with contextlib.suppress(OSError):
        socket.create_connection(("203.0.113.77", 9), timeout=1)

def test_asks_for_a_name():
    with contextlib.suppress(OSError):
        socket.getaddrinfo("example.invalid", 80)

def test_starts_one_that_reaches_out():
    program = "import socket; socket.getaddrinfo('other.invalid', 80)"
    assert subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL).returncode

def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, args=(20,), daemon=True).start()
"""
"""The thread outlives the grace period of conftest, and not the run for long."""


def test_tests_that_break_a_rule_fail(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(BREAKING)
    monkeypatch.setenv("PYTHONPATH", str(CONFTEST.parents[1]))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=4, errors=4)
    for word in ("203.0.113.77", "example.invalid", "other.invalid", "threads left running"):
        result.stdout.fnmatch_lines([f"E *{word}*"])


def test_local_sockets_are_free() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=2):
            pass


def test_a_thread_that_ends_soon_is_no_leak() -> None:
    threading.Thread(target=time.sleep, args=(0.2,)).start()


def test_nothing_is_written_into_the_users_folders() -> None:
    assert "defectstudio-tests-" in os.environ["DEFECTSTUDIO_HOME"]
