"""The loop, with a task that only counts."""

import itertools

import numpy as np
import torch

from defectstudio.domain.events import Artifact, Metrics, Progress, Stopped
from defectstudio.training.loop import Loop, Plan


class Counting:
    def __init__(self):
        self.steps = []

    def step(self, index, batch):
        self.steps.append((index, batch))
        return {"loss": float(index)}

    def state(self):
        return {"n": torch.tensor(len(self.steps))}

    def preview(self):
        return np.zeros((4, 4, 3), np.uint8)


def run(tmp_path, plan, stop=lambda: ""):
    task, events, saved = Counting(), [], []
    loop = Loop(plan, tmp_path, lambda step, tensors: saved.append(step), events.append, stop)
    ended = loop(task, itertools.count(plan.first))
    return task, events, saved, ended


def test_steps_checkpoints_and_previews(tmp_path):
    task, events, saved, ended = run(tmp_path, Plan(2, 7, 3, 2))
    assert ended
    assert task.steps == [(i, i) for i in range(2, 7)]
    assert saved == [3, 6, 7]
    assert [e.step for e in events if isinstance(e, Metrics)] == [3, 4, 5, 6, 7]
    assert [e.done for e in events if isinstance(e, Progress)][-1] == 7
    previews = [e.path for e in events if isinstance(e, Artifact) and e.role == "preview"]
    assert [(tmp_path / p).exists() for p in previews] == [True] * 3


def test_a_stop_saves_and_says_why(tmp_path):
    answers = iter(["", "", "cancelled"])
    task, events, saved, ended = run(tmp_path, Plan(0, 9, 100, 100), lambda: next(answers))
    assert not ended
    assert len(task.steps) == 2
    assert saved == [2]
    assert events[-1] == Stopped("cancelled", 2)
