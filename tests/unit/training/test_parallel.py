"""Two processes that train together are one process with the whole batch."""

import multiprocessing

import numpy as np
import pytest
import torch
from torch import distributed, nn

from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.segmenters import SegmenterConfig
from defectstudio.training import parallel
from defectstudio.training.contents import Content, ContentBatches
from defectstudio.training.crops import CropBatches, labeled_scene
from defectstudio.training.dcdganc import DcdgancTask
from defectstudio.training.segmenter import SegmenterTask

CPU = torch.device("cpu")
STEPS = 3
SMALL = {"height": 32, "width": 32, "width_g": 8, "width_d": 8, "width_e": 8, "nz": 4,
         "batch": 4, "scales": 1, "projected": False, "autocast": "off"}  # fmt: skip


def contents():
    rng = np.random.default_rng(0)
    for number in range(4):
        mask = np.zeros((20 + number, 24), bool)
        mask[2:-2, 3:-3] = True
        pixels = rng.random((*mask.shape, 3), dtype=np.float32)
        yield Content(pixels, mask, 1 + number % 2)


def generator(penalty):
    config = DcdgancConfig(**SMALL, penalty=penalty, gp_every=1)
    return DcdgancTask(ContentBatches(list(contents()), [1, 2], config), CPU)


def segmenter():
    image = np.random.default_rng(0).integers(90, 160, (96, 96, 3), dtype=np.uint8)
    label = np.zeros((96, 96), np.uint8)
    label[10:30, 12:40] = 1
    config = SegmenterConfig(
        encoder="resnet18", pretrained=False, width=8, batch=4, crop=64, autocast="off"
    )
    return SegmenterTask(CropBatches([labeled_scene(image, label)], [1], config), CPU)


def trained():
    """State and losses of all tasks in float64: batch norms, ratios over the batch, running
    statistics, both penalties."""
    with pytest.MonkeyPatch.context() as patch:
        # Losses are taken out of bfloat16 by it; float64 it would cut short.
        patch.setattr(torch.Tensor, "float", lambda x: x)
        torch.set_default_dtype(torch.float64)
        try:
            return [_run(task) for task in (generator("r1"), generator("wgan"), segmenter())]
        finally:
            torch.set_default_dtype(torch.float32)


def _run(task):
    losses = []
    for step in range(STEPS):
        batch = {k: v.double() if v.is_floating_point() else v for k, v in task.data[step].items()}
        losses.append(list(task.step(step, batch).values()))
    return {**task.state(), "losses": torch.tensor(losses)}


def joined(store, rank):
    distributed.init_process_group(
        "gloo", store=distributed.FileStore(str(store), 2), rank=rank, world_size=2
    )
    try:
        return trained()
    finally:
        distributed.destroy_process_group()


def test_two_processes_are_one_with_the_whole_batch(tmp_path):
    alone = trained()
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=joined, args=(tmp_path / "store", 1))
    other.start()
    together = joined(tmp_path / "store", 0)
    other.join()
    assert other.exitcode == 0
    for one, two in zip(alone, together, strict=True):
        for name, value in one.items():
            torch.testing.assert_close(two[name], value, rtol=1e-7, atol=1e-10, msg=name)


def test_alone_nothing_is_shared():
    rows = torch.arange(4.0)
    for same in (parallel.share, parallel.gathered, parallel.summed):
        assert same(rows) is rows
    net = nn.Sequential(nn.BatchNorm2d(2))
    parallel.share_norms(net)
    assert type(net[0]) is nn.BatchNorm2d
    assert parallel.agreed(("", "cancelled"), "cancelled", CPU) == "cancelled"
    assert parallel.leads()
