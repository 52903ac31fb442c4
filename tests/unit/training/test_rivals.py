"""What holds for the task of every kind: resume, preview, what it says of itself."""

from dataclasses import replace

import pytest
import torch

from defectstudio.domain.errors import JobError, UserError
from defectstudio.domain.generators import CONFIGS
from defectstudio.training.registry import TASKS, make_task

CPU = torch.device("cpu")
LEARNING = ["adain", "instancenorm", "cyclegan", "stargan", "stylegan2"]
RIVALS = LEARNING[2:]


def test_every_kind_has_a_task():
    assert set(TASKS) == set(CONFIGS)


@pytest.mark.parametrize("kind", LEARNING)
def test_resume_gives_the_same_next_step(tiny_spec, kind):
    spec = tiny_spec(kind, steps=6)
    whole, half, resumed = (make_task(spec, CPU) for _ in range(3))
    for step in range(6):
        expected = whole.step(step, whole.data[step])
    for step in range(3):
        half.step(step, half.data[step])
    resumed.load({name: value.clone() for name, value in half.state().items()})
    for step in range(3, 6):
        found = resumed.step(step, resumed.data[step])
    assert found == expected
    mine, theirs = whole.state(), resumed.state()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert all(torch.equal(a, b) for a, b in zip(
        whole.export().values(), resumed.export().values(), strict=True
    ))  # fmt: skip


@pytest.mark.parametrize("kind", CONFIGS)
def test_preview_is_a_fixed_grid(tiny_spec, kind):
    task = make_task(tiny_spec(kind), CPU)
    one, other = task.preview(), task.preview()
    assert one.dtype == "uint8" and one.shape[2] == 3
    assert (one == other).all()


@pytest.mark.parametrize("kind", RIVALS)
def test_divergence_is_told(tiny_spec, kind):
    task = make_task(tiny_spec(kind), CPU)
    batch = {name: value * torch.nan if name == "image" else value
             for name, value in task.data[0].items()}  # fmt: skip
    with pytest.raises(JobError, match="diverged"):
        for step in range(4):
            task.step(step, batch)


@pytest.mark.parametrize("kind", ["cyclegan", "stargan"])
def test_without_normal_images_it_is_told(tiny_spec, kind):
    with pytest.raises(UserError, match="normal images"):
        make_task(replace(tiny_spec(kind), normals=()), CPU)
