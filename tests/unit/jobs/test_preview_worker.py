from __future__ import annotations

import queue
import time

import pytest

from defectstudio.domain import events
from defectstudio.domain.errors import JobError
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe
from defectstudio.domain.specs import PreviewRequest
from defectstudio.jobs.preview_worker import PreviewWorker


def request(number: int, seed: int, out) -> PreviewRequest:
    defect = Defect(1, seed, EncodedMask(1, 1, (0, 1)), 0, 0, "g")
    return PreviewRequest(number, "contents", Recipe("b", (defect,)), out, {"g": out}, out)


@pytest.fixture
def heard(tmp_path):
    return queue.Queue()


@pytest.fixture
def worker(tmp_path, heard):
    made = PreviewWorker(tmp_path / "log.txt", heard.put, heard.put, pauses=(0.05, 0.05))
    yield made
    made.close()


def test_it_answers_again_and_again_from_one_process(worker, heard, tmp_path):
    assert worker.send(request(1, 5, tmp_path / "out"))
    assert isinstance(heard.get(timeout=10), events.Started)
    assert heard.get(timeout=10).request == 1
    pid = worker.pid
    assert worker.send(request(2, 6, tmp_path / "out"))
    assert isinstance(heard.get(timeout=10), events.Contents)
    assert worker.pid == pid


def test_after_a_crash_it_comes_back(worker, heard, tmp_path):
    worker.send(request(1, 13, tmp_path / "out"))
    assert isinstance(heard.get(timeout=10), events.Started)
    death = heard.get(timeout=10)
    assert isinstance(death, JobError)
    assert "preview worker ended" in death.reason
    deadline = time.monotonic() + 10
    while worker.pid is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert worker.send(request(2, 5, tmp_path / "out"))
    assert isinstance(heard.get(timeout=10), events.Started)
    assert heard.get(timeout=10).request == 2


def test_a_worker_that_cannot_start_is_told_and_tried_again(tmp_path, heard, monkeypatch):
    monkeypatch.setattr("defectstudio.jobs.process.WORKER", ("/no/such/python",))
    worker = PreviewWorker(tmp_path / "log.txt", heard.put, heard.put, pauses=(0.01, 0.02))
    assert isinstance(heard.get(timeout=10), JobError)
    assert isinstance(heard.get(timeout=10), JobError)
    assert not worker.send(request(1, 5, tmp_path / "out"), timeout=0.05)
    worker.close()


def test_closing_at_once_leaves_nothing(tmp_path, heard):
    worker = PreviewWorker(tmp_path / "log.txt", heard.put, heard.put)
    worker.close()
    assert worker.pid is None
    assert not worker.send(request(1, 5, tmp_path / "out"))
