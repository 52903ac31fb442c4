"""One stack: order, limits, signals."""

from dataclasses import dataclass

import pytest

from defectstudio.app.history import History


@dataclass
class Step:
    """A fake command that logs what happens to it."""

    text: str
    log: list
    cost: int = 1

    def undo(self):
        self.log.append(f"-{self.text}")

    def redo(self):
        self.log.append(f"+{self.text}")


def filled(count, history, cost=1):
    log = []
    for number in range(count):
        history.push(Step(str(number), log, cost))
    return log


def test_undo_and_redo_run_in_order_and_name_what_comes_next():
    history = History()
    log = filled(3, history)
    assert (history.undo_text, history.redo_text) == ("2", "")
    assert history.undo() and history.undo() and history.redo()
    assert log == ["-2", "-1", "+1"]
    assert (history.undo_text, history.redo_text) == ("1", "2")


def test_an_empty_stack_says_no():
    history = History()
    assert not history.undo() and not history.redo()
    assert (history.undo_text, history.redo_text) == ("", "")


def test_a_new_command_forgets_what_was_undone():
    history = History()
    filled(2, history)
    history.undo()
    filled(1, history)
    assert not history.redo()
    assert len(history) == 2


def test_at_least_two_hundred_are_kept_whatever_they_cost():
    history = History(budget=10)
    filled(300, history, cost=100)
    assert len(history) == 200
    assert history.cost == 20_000


def test_commands_that_became_cheaper_are_counted_as_they_are():
    history, log = History(keep=1, budget=100), []
    steps = [Step(str(number), log, cost=60) for number in range(3)]
    history.push(steps[0])
    steps[0].cost = 30
    history.push(steps[1])
    assert len(history) == 2
    history.push(steps[2])
    assert (len(history), history.cost) == (1, 60)


def test_the_oldest_go_beyond_the_limit():
    history = History(limit=5, keep=2)
    log = filled(9, history)
    while history.undo():
        pass
    assert log == ["-8", "-7", "-6", "-5", "-4"]


def test_a_command_that_fails_stays_where_it_was():
    class Broken(Step):
        def undo(self):
            raise RuntimeError("no")

    history = History()
    history.push(Broken("x", []))
    with pytest.raises(RuntimeError):
        history.undo()
    assert history.undo_text == "x" and history.redo_text == ""


def test_changes_are_announced():
    history, seen = History(), []
    history.changed.connect(lambda: seen.append(len(history)))
    filled(2, history)
    history.undo()
    history.redo()
    history.clear()
    assert seen == [1, 2, 1, 2, 0]


def test_a_discarded_command_is_neither_undone_nor_redone():
    history, log = History(), []
    steps = [Step(str(number), log) for number in range(3)]
    for step in steps:
        history.push(step)
    history.undo()
    changes = []
    history.changed.connect(lambda: changes.append(len(history)))
    history.discard(steps[2])
    history.discard(steps[0])
    history.discard(steps[0])
    assert (history.undo_text, history.redo_text) == ("1", "")
    assert changes == [2, 1, 1]
    assert log == ["-2"]
