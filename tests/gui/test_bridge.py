"""Signals and work from other threads arrive on the window's thread, in order, and stop."""

import threading

import pytest
from psygnal import Signal

from defectstudio.domain.errors import ImageError, InternalError
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge


class Source:
    told = Signal(int, str)


@pytest.fixture
def bridge(qapp):
    made = Bridge()
    yield made
    made.close()


def aside(call):
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_emissions_of_threads_arrive_on_the_windows_thread_in_order(bridge, qtbot):
    source, seen = Source(), []
    bridge.relay(source.told, lambda n, text: seen.append((n, text, threading.current_thread())))
    aside(lambda: [source.told.emit(n, "x") for n in range(50)])
    assert seen == []
    qtbot.waitUntil(lambda: len(seen) == 50)
    assert [one[0] for one in seen] == list(range(50))
    assert {one[2] for one in seen} == {threading.main_thread()}


def test_emissions_on_the_windows_thread_are_passed_on_at_once(bridge):
    source, seen = Source(), []
    bridge.relay(source.told, lambda n, text: seen.append(n))
    source.told.emit(1, "x")
    assert seen == [1]


def test_nothing_arrives_after_close(bridge, qtbot, qapp):
    source, seen = Source(), []
    bridge.relay(source.told, lambda n, text: seen.append(n))
    aside(lambda: source.told.emit(1, "x"))
    bridge.close()
    source.told.emit(2, "x")
    bridge.post(lambda: seen.append(3))
    qapp.processEvents()
    assert seen == []


def test_work_is_done_aside_and_answered_here(bridge, qtbot):
    background, seen = Background("test", bridge), []
    for n in range(3):
        background.run(lambda n=n: (n, threading.current_thread().name), seen.append, pytest.fail)
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert [one[0] for one in seen] == [0, 1, 2]
    assert all(one[1].startswith("test") for one in seen)
    background.close()


def test_failures_are_answered_and_bugs_carry_their_trace(bridge, qtbot):
    background, seen = Background("test", bridge), []

    def bug():
        raise KeyError("lost")

    def fault():
        raise ImageError("it is torn")

    background.run(fault, pytest.fail, seen.append)
    background.run(bug, pytest.fail, seen.append)
    qtbot.waitUntil(lambda: len(seen) == 2)
    background.close()
    assert isinstance(seen[0], ImageError) and isinstance(seen[1], InternalError)
    assert "KeyError" in seen[1].__notes__[0]


def test_answers_that_are_no_longer_wanted_are_dropped(bridge, qtbot):
    background, seen, wanted = Background("test", bridge), [], {"first": False, "second": True}

    def fail():
        raise ImageError("broken", remedy="Mend it.")

    for name, is_wanted in wanted.items():
        for work in (lambda name=name: name, fail):
            background.run_while(lambda w=is_wanted: w, work, seen.append, seen.append)
    qtbot.waitUntil(lambda: len(seen) >= 2)
    background.close()
    assert seen[0] == "second" and isinstance(seen[1], ImageError) and len(seen) == 2
