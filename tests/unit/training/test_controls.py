"""The controls keep what they need in one step."""

import torch

from defectstudio.training.registry import make_task

CPU = torch.device("cpu")


def test_paste_keeps_every_content(tiny_spec):
    task = make_task(tiny_spec("paste"), CPU)
    assert task.step(0, task.data[0]) == {"contents": 6.0}
    assert task.state() == {}
    kept = task.export()
    assert len([name for name in kept if name.endswith("pixels")]) == 6
    assert kept["000000.0.pixels"].shape == (20, 28, 3)
    assert kept["000000.0.mask"].all()


def test_procedural_keeps_nothing_of_the_data(tiny_spec):
    task = make_task(tiny_spec("procedural"), CPU)
    assert len(task.data) == 1 and task.data.channels == 3
    assert task.step(0, task.data[0]) == {}
    assert task.export()["settings"].tolist() == [3, 1]


def test_settings_and_tone_tell_the_weights_apart(tiny_spec):
    one, other = (
        make_task(tiny_spec(kind, tone="absolute"), CPU).export()["settings"]
        for kind in ("paste", "procedural")
    )
    assert not torch.equal(one, make_task(tiny_spec("paste"), CPU).export()["settings"])
    assert not torch.equal(other, make_task(tiny_spec("procedural"), CPU).export()["settings"])
