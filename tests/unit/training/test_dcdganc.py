"""The DCDGANc task: update rules, learning, resume."""

import pytest
import torch

from defectstudio.domain.errors import JobError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.training.contents import ContentBatches, cut_contents
from defectstudio.training.dcdganc import DcdgancTask

CPU = torch.device("cpu")


@pytest.fixture
def make(tiny_files):
    def build(*, projected=False, **settings):
        small = {"width_g": 8, "width_d": 8, "width_e": 8, "nz": 4, "batch": 2, "scales": 1}
        config = DcdgancConfig(projected=projected, **small, **settings)
        data = ContentBatches(cut_contents(tiny_files, [1, 2], "absolute"), [1, 2], config)
        return DcdgancTask(data, CPU), data

    return build


def test_the_latent_loss_leaves_the_encoder_alone(make):
    """P1 Table 1: lambda_l L_l updates G only."""
    grads = []
    for weight in (0.0, 100.0):
        task, data = make(lambda_l=weight, autocast="off")
        image, cls = data[0]["image"], data[0]["cls"]
        rng = torch.Generator().manual_seed(0)
        _, log = task._generator_losses(image, cls, torch.nn.Identity(), rng)
        log["total"].backward()
        grads.append([p.grad.clone() for net in (task.e, task.g) for p in net.parameters()])
    encoder = len(list(task.e.parameters()))
    pairs = list(zip(*grads, strict=True))
    assert all(torch.equal(a, b) for a, b in pairs[:encoder])
    assert any(not torch.allclose(a, b) for a, b in pairs[encoder:])


def test_the_generator_step_leaves_the_discriminators_without_gradients(make):
    task, data = make(autocast="off", projected=True)
    rng = torch.Generator().manual_seed(0)
    _, log = task._generator_losses(data[0]["image"], data[0]["cls"], torch.nn.Identity(), rng)
    log["total"].backward()
    assert all(p.grad is None for p in task.d.parameters())
    assert all(p.requires_grad for net in (task.d, task.e) for p in net.parameters())


def test_to_show_their_class_elsewhere_moves_samples_alone(make):
    grads = []
    for weight in (0.0, 50.0):
        task, data = make(lambda_cls=weight, autocast="off", projected=True)
        rng = torch.Generator().manual_seed(0)
        _, log = task._generator_losses(data[0]["image"], data[0]["cls"], torch.nn.Identity(), rng)
        log["total"].backward()
        grads.append([[p.grad.clone() for p in net.parameters()] for net in (task.e, task.g)])
    (encoder, generator), (same, moved) = grads
    assert all(map(torch.equal, encoder, same))
    assert not all(map(torch.equal, generator, moved))
    assert all(p.grad is None for p in task.d.parameters())


def test_classes_are_learned_from_real_contents(make):
    task, data = make(autocast="off", projected=True, lambda_cls=0.5)
    found = [task.step(step, data[0])["classifier"] for step in range(6)]
    assert found[-1] < 0.8 * found[0]


@pytest.mark.parametrize(
    "settings", [{"projected": False}, {"lambda_cls": 0.0}, {"source": "constant"}]
)
def test_without_features_weight_or_painted_masks_no_class_is_asked(make, settings):
    task, data = make(**{"projected": True, "lambda_cls": 0.5, **settings})
    assert not {"class", "classifier"} & set(task.step(0, data[0]))


@pytest.mark.parametrize(
    "settings",
    [{"projected": True}, {"projected": True, "lambda_cls": 0.0}, {"source": "constant"}],
)
def test_resume_gives_the_same_next_step(make, settings):
    whole, data = make(**settings)
    for step in range(4):
        expected = whole.step(step, data[step])
    half, data = make(**settings)
    for step in range(2):
        half.step(step, data[step])
    state = {k: v.clone() for k, v in half.state().items()}
    resumed, data = make(**settings)
    resumed.load(state)
    for step in range(2, 4):
        found = resumed.step(step, data[step])
    assert found == expected
    mine, theirs = whole.state(), resumed.state()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[k], theirs[k]) for k in mine)


def test_it_learns_the_two_colours(make):
    task, data = make(lambda_gp=0.0, learning_rate=3e-3)
    first = task.step(0, data[0])["reconstruction"]
    for step in range(1, 40):
        last = task.step(step, data[step])["reconstruction"]
    assert last < 0.6 * first


def test_preview_is_a_fixed_grid(make):
    task, _ = make()
    one, other = task.preview(), task.preview()
    assert one.ndim == 3
    assert one.dtype == "uint8"
    assert (one == other).all()


def test_divergence_is_told(make):
    task, data = make()
    with torch.no_grad():
        task.g.to_image.bias.fill_(float("nan"))
    with pytest.raises(JobError, match="diverged"):
        task.step(0, data[0])


def test_every_class_has_its_prior_and_any_legal_seed_trains(make):
    task, data = make(seed=(1 << 53) - 1)
    task.step(0, data[0])
    prior = task.prior()
    assert prior.mean.shape == (2, 4)
    assert torch.isfinite(prior.factor).all()
