from __future__ import annotations

import pytest

from defectstudio.domain.errors import InternalError, JobError, OutOfMemory, SettingError
from defectstudio.domain.events import Failed, Finished, Stopped
from defectstudio.domain.records import JobState
from defectstudio.jobs.ending import error_of, judge


@pytest.mark.parametrize(
    ("last", "code", "asked", "state"),
    [
        (Finished({}), 0, None, JobState.DONE),
        (Finished({}), 0, JobState.CANCELLED, JobState.DONE),
        (Finished({}), 1, None, JobState.FAILED),
        (None, 0, None, JobState.FAILED),
        (None, 1, JobState.CANCELLED, JobState.CANCELLED),
        (Stopped("cancelled", 3), 0, JobState.CANCELLED, JobState.CANCELLED),
        (Stopped("interrupted", 3), 0, None, JobState.INTERRUPTED),
        (Stopped("interrupted", 3), 0, JobState.PAUSED, JobState.PAUSED),
        (Failed("JobError", "user", "no"), 1, JobState.CANCELLED, JobState.FAILED),
    ],
)
def test_the_state_follows_from_word_and_exit_code(last, code, asked, state):
    assert judge(last, code, asked, "").state is state


def test_the_reason_of_an_unasked_stop_is_kept():
    assert judge(Stopped("interrupted", 3), 0, None, "").message
    assert not judge(Stopped("cancelled", 3), 0, JobState.CANCELLED, "").message


@pytest.mark.parametrize(
    ("kind", "fault", "expected"),
    [
        ("SettingError", "user", SettingError),
        ("MemoryError", "user", JobError),
        ("OutOfMemory", "user", OutOfMemory),
        ("SettingError", "ours", InternalError),
        ("dataclass", "user", JobError),
    ],
)
def test_a_failed_event_becomes_the_error_it_names(kind, fault, expected):
    error = error_of(Failed(kind, fault, "why", "what", "how"))
    assert type(error) is expected
    assert (error.reason, error.subject, error.remedy) == ("why", "what", "how")
