from __future__ import annotations

from pathlib import Path

import pytest

from defectstudio.domain import events
from defectstudio.domain.errors import InternalError, JobError, SettingError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.jobs.once import describe, run_once


def spec(run: Path, act: str) -> TrainSpec:
    return TrainSpec(run, act, "tile", {1: "crack"}, (), "train", DcdgancConfig())


def test_a_run_gives_its_summary_and_its_events(tmp_path):
    heard: list[events.Event] = []
    assert run_once(spec(tmp_path, "good"), heard.append) == {"steps": 4}
    assert events.Progress(4, 4) in heard


@pytest.mark.parametrize(("act", "error"), [("fails", SettingError), ("silent", InternalError)])
def test_a_run_that_fails_raises(tmp_path, act, error):
    with pytest.raises(error):
        run_once(spec(tmp_path, act), lambda event: None)


def test_a_listener_that_raises_ends_the_worker(tmp_path):
    def stop(event: events.Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_once(spec(tmp_path, "long"), stop)


def test_another_thread_can_stop_the_worker(tmp_path):
    with pytest.raises(JobError, match=r"was (ended|told to stop)"):
        run_once(spec(tmp_path, "long"), lambda event: None, lambda worker: worker.stop(0, 1))


def test_a_worker_describes_the_machine():
    assert describe() == {"torch": "0", "cuda": []}
