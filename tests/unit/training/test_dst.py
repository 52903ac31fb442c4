"""DST's task: what it balances, what it learns, what it keeps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.generators import PRESETS
from defectstudio.domain.transfer import DstConfig
from defectstudio.training.dst import TERMS, DstTask
from defectstudio.training.placements import PlacementBatches
from defectstudio.training.references import Reference
from defectstudio.training.registry import make_task

CPU = torch.device("cpu")


def seeded():
    return torch.Generator().manual_seed(0)


def task_of(spec, log=lambda _: None):
    task = make_task(spec, CPU, log)
    assert isinstance(task, DstTask)
    return task


def test_balanced_weights_equal_the_gradients(tiny_spec):
    said = []
    task = task_of(tiny_spec("dst", steps=3), said.append)
    norms = task._gradient_norms()
    shares = [task.weights[name] * norms[name] for name in TERMS]
    assert shares == pytest.approx([0.02, 0.03, 3.0, 1.0, 0.1])
    text = "\n".join(said)
    assert "losses on efficientnet-lite0 (" in text
    assert text.count("content") == 3 and "paper's weights" in text


@pytest.mark.parametrize(("decay", "wanted"), [(1.0, 0.25), (0.0, 1.0)])
def test_the_rate_falls_over_the_steps_or_stays(tiny_spec, decay, wanted):
    task = task_of(tiny_spec("dst", steps=4, decay=decay))
    task.step(3, task.data[3])
    rate = task.opt.param_groups[0]["lr"]
    assert rate == pytest.approx(wanted * task.config.learning_rate)


def test_the_papers_weights_are_as_printed(tiny_spec):
    paper = {
        k: v for k, v in PRESETS["paper"]["dst"].items() if k not in ("features", "hist_layers")
    }
    task = task_of(tiny_spec("dst", **paper, hist_layers="stride2"))
    assert task.weights == {"content": 1e5, "style": 2.5e-4, "hist": 10.0, "texture": 0, "tv": 1.0}


def test_nothing_changes_outside_the_mask(tiny_spec):
    task = task_of(tiny_spec("dst", residual=False))
    batch = task.data[3]
    made, _ = task._transferred(task.net, batch, seeded())
    outside = (batch["mask"] == 0).expand_as(made)
    assert torch.equal(made[outside], batch["surface"][outside])
    assert not torch.equal(made, batch["surface"])


def test_a_placement_is_overfitted_to_a_texture_that_histogram_match_misses():
    """Stripes on a noisy surface: its pixels' histogram is matched, its features' is not."""
    rng = np.random.default_rng(0)
    stripes = np.sign(np.sin(np.arange(120) * 1.6)).astype(np.float32)
    pixels = np.ascontiguousarray(
        np.broadcast_to(0.5 + 0.25 * stripes[None, :, None], (120, 120, 3))
    )
    mask = np.zeros((120, 120), bool)
    mask[32:88, 32:88] = True
    crops = [rng.integers(110, 140, (88, 88, 3), dtype=np.uint8) for _ in range(2)]
    config = DstConfig(
        height=64, width=64, width_t=16, blocks=1, learning_rate=4e-3, hist_pixels=512,
        w_content=0.0, w_style=0.0, w_texture=0.0, w_tv=0.0,
    )  # fmt: skip
    task = DstTask(PlacementBatches([Reference(1, pixels, mask)], crops, [1], config), CPU)
    batch = task.data[3]

    place = task._placement(batch)

    def distance(made):
        return float(task.objective(made, place, torch.Generator().manual_seed(0))["hist"])

    before = distance(batch["matched"])
    for step in range(25):
        task.step(step, batch)
    with torch.no_grad():
        assert distance(task._transferred(task.net, batch, seeded())[0]) < 0.6 * before


def test_an_export_names_the_references_and_the_preview_shows_them(tiny_spec):
    task = task_of(tiny_spec("dst"))
    tensors = task.export()
    assert tensors["codes"].shape[0] == 6
    assert sum(name.startswith("reference.") for name in tensors) == 6
    values = tensors["reference.0000.0"].numpy()
    assert np.allclose(values, 20 / 255) and values.shape == (560, 3)
    shown = task.preview()
    assert shown.dtype == np.uint8 and shown.shape[2] == 3


def test_one_class_needs_no_code(tiny_spec):
    spec = tiny_spec("dst", conditional=False)
    task = task_of(replace(spec, classes={1: "hole"}))
    assert task.net.code == 0 and not any(
        "style" in name for name, _ in task.net.named_parameters()
    )
    assert set(task.step(0, task.data[0])) == set(TERMS)
