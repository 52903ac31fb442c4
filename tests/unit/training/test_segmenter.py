"""The segmenter's task: losses by hand, resume, an overfit."""

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import JobError
from defectstudio.imaging.masks import Box
from defectstudio.networks.segmenters.buttonlab import GRAIN
from defectstudio.networks.segmenters.tiled import predicted
from defectstudio.training.segmenter import SegmenterTask, crossentropy, dice, drawn_crop
from tests.unit.training.test_crops import batches, scene

CPU = torch.device("cpu")


def task(**settings):
    small = {"width": 8, "batch": 4, "autocast": "off", **settings}
    return SegmenterTask(batches(**small), CPU)


def test_losses_are_those_of_hand_calculations():
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 4, generator=rng)
    target = (torch.rand(2, 3, 4, 4, generator=rng) < 0.4).float()
    held = (torch.rand(2, 1, 4, 4, generator=rng) < 0.7).float()
    p = 1 / (1 + np.exp(-logits.numpy()))
    every = -(target.numpy() * np.log(p) + (1 - target.numpy()) * np.log(1 - p))
    inside = np.broadcast_to(held.numpy() > 0, p.shape)
    assert float(crossentropy(logits, target, held)) == pytest.approx(
        every[inside].mean(), rel=1e-5
    )
    shares = []
    for k in range(3):
        own = inside[:, k]
        a, b = p[:, k][own], target.numpy()[:, k][own]
        shares.append(1 - (2 * (a * b).sum() + 1) / (a.sum() + b.sum() + 1))
    assert float(dice(logits, target, held)) == pytest.approx(np.mean(shares), rel=1e-5)


@pytest.mark.parametrize("arch", ["unet", "buttonlab"])
def test_resume_gives_the_same_next_step(arch):
    whole, resumed = (task(arch=arch) for _ in range(2))
    for step in range(2):
        whole.step(step, whole.data[step])
    resumed.load(whole.state())
    assert whole.step(2, whole.data[2]) == resumed.step(2, resumed.data[2])
    states = whole.state(), resumed.state()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_rate_falls_over_the_steps():
    own = task()
    last = own.config.steps - 1
    own.step(last, own.data[last])
    wanted = own.config.learning_rate * (1 / own.config.steps) ** 0.9
    assert own.opt.param_groups[0]["lr"] == pytest.approx(wanted)


def test_crops_of_the_branch_lie_on_the_grain():
    rng = torch.Generator().manual_seed(0)
    boxes = [drawn_crop(96, rng) for _ in range(60)]
    assert {box.shape for box in boxes} == {(48, 48)}
    assert {box.top % GRAIN for box in boxes} == {box.left % GRAIN for box in boxes} == {0}
    assert {box.top for box in boxes} == {0, 16, 32, 48}
    assert drawn_crop(16, rng) == Box(0, 0, 16, 16)


def test_it_learns_to_find_bright_squares():
    own = task(steps=40, learning_rate=5e-3, balance=1.0)
    losses = [sum(own.step(n, own.data[n]).values()) for n in range(40)]
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    shown = scene(class_id=3)
    logits = predicted(own.net.eval(), (shown.pixels / 255).astype(np.float32), CPU)[..., 0]
    inside = shown.label > 0
    assert logits[inside].mean() > logits[~inside].mean() + 3


def test_what_diverges_says_so_and_what_is_shown_is_a_picture():
    own = task()
    shown = own.preview()
    assert shown.dtype == np.uint8 and shown.shape[2] == 3
    batch = {**own.data[0], "image": torch.full((4, 3, 64, 64), float("nan"))}
    with pytest.raises(JobError, match="diverged"):
        own.step(0, batch)
    assert set(own.export()) == set(own.net.state_dict())
