"""Trainings by several processes: resumed by more or fewer, and ended when one of them ends."""

import os
from dataclasses import dataclass, replace

import pytest
import torch

from defectstudio.domain.errors import JobError
from defectstudio.domain.events import Finished
from defectstudio.training import parallel
from defectstudio.training.checkpoints import load_state
from defectstudio.worker.team import team
from defectstudio.worker.train import train


def test_a_training_goes_on_with_more_and_with_fewer_processes(tiny_spec, make_owner, monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    whole = tiny_spec("dcdganc", steps=3, height=32, width=32, autocast="off", preview_every=2)
    whole = replace(whole, device="cpu")
    train(whole, make_owner())
    changed = replace(whole, run=whole.run / "changed")
    for steps, processes in ((1, 1), (2, 2), (3, 1)):
        config = replace(whole.config, steps=steps)
        owner = make_owner()
        train(replace(changed, config=config, processes=processes, resume=steps > 1), owner)
        assert isinstance(owner.events[-1], Finished)
    (step, one, _), (_, other, _) = (load_state(r.run / "checkpoint") for r in (whole, changed))
    assert step == 3
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=1e-3, atol=1e-5, msg=name)


@dataclass
class Spec:
    processes: int
    device: str = "cpu"


def leaves(spec, channel):
    os._exit(9)


@pytest.mark.filterwarnings("ignore")
def test_when_one_ends_so_do_all():
    with pytest.raises(JobError, match="was ended"), team(leaves, Spec(2)):
        for _ in range(100):
            parallel.average([torch.ones(3)])


def test_as_many_cards_as_processes(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(JobError, match="as many graphics cards"), team(leaves, Spec(99, "cuda")):
        pass
