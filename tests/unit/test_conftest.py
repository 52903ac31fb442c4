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

NETWORK = """
import socket
def test_reaches_out():
    try:
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    except OSError:
        pass
"""
NAME = """
import socket
def test_asks_for_a_name():
    try:
        socket.getaddrinfo("example.invalid", 80)
    except OSError:
        pass
"""
THREAD = """
import threading
def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, args=(20,), daemon=True).start()
"""
"""Its thread outlives the grace period of conftest, and not the run for long."""


@pytest.mark.parametrize(
    ("body", "word"),
    [(NETWORK, "192.0.2.1"), (NAME, "example.invalid"), (THREAD, "threads left running")],
)
def test_a_test_that_breaks_a_rule_fails(
    pytester: pytest.Pytester, body: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(body)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*{word}*"])


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
