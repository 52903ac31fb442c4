from __future__ import annotations

import sys

import pytest

from defectstudio.domain.errors import JobError
from defectstudio.jobs import launching

launch = launching.launch
"""The real one: the tests of this folder put threads in its place."""


def supervisor(monkeypatch, code: int) -> None:
    program = f"import sys; print('no such library', file=sys.stderr); sys.exit({code})"
    monkeypatch.setattr(launching, "SUPERVISOR", (sys.executable, "-c", program))


def start(root) -> None:
    launch(root)
    launching._launched[root].wait()


@pytest.fixture
def root(tmp_path):
    yield tmp_path
    launching._launched.pop(tmp_path, None)
    launching._broken.pop(tmp_path, None)


def test_one_that_always_breaks_is_given_up_with_its_last_words(monkeypatch, root):
    supervisor(monkeypatch, launching.OUR_FAULT)
    for _ in range(3):
        start(root)
    with pytest.raises(JobError, match="no such library"):
        launch(root)
    start(root)  # asked again, it is tried again


@pytest.mark.parametrize("code", [0, 1, -9])
def test_one_that_ends_otherwise_is_started_again_and_again(monkeypatch, root, code):
    supervisor(monkeypatch, code)
    if code < 0:
        program = f"import os; os.kill(os.getpid(), {-code})"
        monkeypatch.setattr(launching, "SUPERVISOR", (sys.executable, "-c", program))
    for _ in range(5):
        start(root)
