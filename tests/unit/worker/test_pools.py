"""Pools: pieces done here and in processes, stopped and failing."""

import os
import signal
from functools import partial

import pytest

from defectstudio.domain.errors import ImageError, JobError
from defectstudio.domain.spread import Here, SpreadSettings
from defectstudio.worker.comparing import Halted, Steps
from defectstudio.worker.pools import Processes, make_pool


class Piece(tuple):
    """Whatever it holds, one tick."""

    def __len__(self):
        return 1


def opening(place):
    return work


def work(piece):
    kind, value = piece
    if kind == "fail":
        raise ImageError("it is grey", subject=value, remedy="Paint it.")
    if kind == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return value * value, os.getpid(), os.environ.get("OMP_NUM_THREADS")


def test_settings_say_where(make_owner):
    steps = Steps(make_owner())
    assert isinstance(make_pool(SpreadSettings(), steps), Here)
    assert isinstance(make_pool(SpreadSettings(processes=2), steps), Processes)


@pytest.mark.skipif(os.name == "nt", reason="ends a process by a signal")
def test_processes_share_the_pieces_and_tell_how_they_end(make_owner):
    steps, before = Steps(make_owner()), dict(os.environ)
    pool = Processes(2, steps)
    made = list(pool.run(opening, [Piece(("square", n)) for n in range(9)]))
    assert sorted(value for value, _, _ in made) == [n * n for n in range(9)]
    assert steps.done == 9
    assert os.getpid() not in {pid for _, pid, _ in made} and {t for _, _, t in made} == {"1"}
    assert dict(os.environ) == before

    with pytest.raises(ImageError, match=r"7: it is grey\. Paint it"):
        list(pool.run(opening, [Piece(("fail", 7))]))
    with pytest.raises(JobError, match="was ended"):
        list(pool.run(opening, [Piece(("die", 0))]))
    halting = Processes(1, Steps(make_owner(patience=-1)))
    with pytest.raises(Halted):
        list(halting.run(opening, [Piece(("square", 1))]))


def test_here_every_part_of_a_piece_is_told(make_owner):
    owner = make_owner()
    steps = Steps(owner)

    def parts(place):
        return lambda piece: [place.tick() for _ in range(3)]

    assert len(list(Here(steps.tick).run(parts, [Piece((0, 0)), Piece((0, 0))]))) == 2
    assert steps.done == 6
    assert list(Here(steps.tick).run(partial(pytest.fail, "nothing to open"), [])) == []
