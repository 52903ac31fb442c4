"""What holds for the task of every kind: resume, preview, what it says of itself."""

from dataclasses import replace

import pytest
import torch

from defectstudio.domain.errors import JobError, UserError
from defectstudio.domain.generators import CONFIGS
from defectstudio.training.registry import TASKS, make_task

CPU = torch.device("cpu")
LEARNING = ["adain", "instancenorm", "cyclegan", "stargan", "stylegan2", "dst"]
RIVALS = ["cyclegan", "stargan", "stylegan2"]


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
    # A class of one part has no bar for near-copies: NaN on both sides.
    torch.testing.assert_close(whole.export(), resumed.export(), rtol=0, atol=0, equal_nan=True)


def level(made):
    """Mean of the content in [-1, 1], taken off the key; made (B, C + 1, H, W)."""
    alpha = made[:, -1:]
    return float((made[:, :-1] + 1 - alpha).sum() / (3 * alpha.sum()))


def trained(spec, steps):
    task = make_task(spec, CPU)
    for step in range(steps):
        task.step(step, task.data[step])
    return task


@torch.no_grad()
def test_cyclegan_overfits_to_the_colour_of_every_class(tiny_spec):
    """The holes are -0.83, the scratches 0.80; the surface they are made of is about 0."""
    spec = tiny_spec("cyclegan", tone="absolute", steps=1000, learning_rate=1e-3)
    with torch.enable_grad():
        task = trained(spec, 30)
    surfaces = [task.data.of_class(n, 4)["surface"] for n in range(2)]
    hole, scratch = (task.kept[n].module(s, None, -1.0) for n, s in enumerate(surfaces))
    assert level(hole) == pytest.approx(-0.83, abs=0.2)
    assert level(scratch) == pytest.approx(0.80, abs=0.2)


@torch.no_grad()
def test_stargan_overfits_to_the_colour_of_every_class(tiny_spec):
    # Faster, or longer, it swings: where it then ends depends on threads and precision.
    settings = {"steps": 1000, "batch": 4, "learning_rate": 5e-4, "ema": 0.95}
    with torch.enable_grad():
        task = trained(tiny_spec("stargan", tone="absolute", **settings), 100)
    surfaces = [task.data.of_class(n, 4)["surface"] for n in range(2)]
    hole, scratch = (
        level(task.ema.module(surface, torch.eye(3)[[n] * 4], -1.0))
        for n, surface in enumerate(surfaces, start=1)
    )
    assert hole < -0.4
    assert scratch > hole + 0.6


def test_stylegan2_overfits_to_the_area_of_the_contents(tiny_spec):
    """They cover a tenth of the canvas; an untrained generator's alpha is about one half."""
    spec = tiny_spec("stylegan2", tone="absolute", batch=4, r1_every=16, gamma=0.1, ema=0.9)
    before, task = make_task(spec, CPU), trained(spec, 80)
    real = torch.cat([task.data[n]["image"][:, -1] for n in range(20)]).mean()
    start, end = (
        float(torch.cat([each.sampled(n)[:, -1] for n in range(2)]).mean())
        for each in (before, task)
    )
    assert abs(start - float(real)) > 0.3
    assert end == pytest.approx(float(real), abs=0.1)


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
