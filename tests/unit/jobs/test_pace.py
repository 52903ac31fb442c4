"""How long a job will take, by a clock of the test."""

from defectstudio.jobs.pace import WINDOW_SECONDS, Pace


def heard(*steps, total=100):
    clock = iter([time for time, _ in steps])
    pace = Pace(lambda: next(clock))
    for _, done in steps:
        pace.step(done, total)
    return pace.seconds_left


def test_a_resumed_job_is_told_by_its_own_steps():
    assert heard((5.0, 50), (15.0, 60)) == 40.0


def test_one_step_or_none_says_nothing():
    assert heard((5.0, 50)) is None
    assert heard((5.0, 50), (9.0, 50)) is None
    assert heard((5.0, 50), (5.0, 51)) is None


def test_the_last_minute_counts():
    slow_then_fast = [(0.0, 0), (100.0, 1), (100.0 + WINDOW_SECONDS + 1, 62)]
    assert heard(*slow_then_fast, (100.0 + WINDOW_SECONDS + 11, 72)) == 28.0


def test_a_job_past_its_total_has_no_time_left():
    assert heard((0.0, 90), (10.0, 110)) == 0.0
