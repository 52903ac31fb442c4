"""The transfer network of DST against the speed of its bare convolutions.

    python -m tests.benchmarks.transfer [--json] [--sides 64 ...] [--threads N] [--train]

One run, interleaved, medians in milliseconds. network: T alone on a side x side image; floor: its
convolutions alone, forward, same shapes and dtype; content: a sample's content from a painted mask
of half the side, histogram match and fusion included. train: a step of training at 256 px, with
the losses' network, and its floor, forward and backward. gmac: multiply-adds of T on one image;
the paper's 20 images a second on a GTX 1070 Ti are of a network that we read as this one; it says
neither the size of the images nor the kernels of the last layers.
"""

from __future__ import annotations

import argparse
import json
import resource
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from defectstudio.domain.generators import GeneratorCard
from defectstudio.domain.transfer import DstConfig
from defectstudio.networks.transfer_net.net import TransferNet
from defectstudio.synthesis.generators.dst import Dst
from defectstudio.training.dst import DstTask
from defectstudio.training.placements import PlacementBatches
from defectstudio.training.references import Reference
from tests.benchmarks.clock import Contestant, race
from tests.benchmarks.floor import bare, environment, multiply_adds, recorded

SIDES = (64, 128, 256, 512, 1024)
PAPER_IMAGES_PER_S = 20
CPU = torch.device("cpu")


def main() -> int:
    given = _arguments()
    torch.set_num_threads(given.threads)
    found = {
        "environment": environment(given.threads),
        "paper_images_per_s": PAPER_IMAGES_PER_S,
        "cases": [case(side, given.repeats, given.budget) for side in given.sides],
        "train": training(given.repeats, given.budget) if given.train else None,
    }
    print(json.dumps(found, indent=1) if given.json else _table(found))
    return 0


def case(side: int, repeats: int, budget_s: float) -> dict[str, Any]:
    """Times and ratio of one size."""
    task = _task(256)
    sampler = _sampler(task)
    image = torch.rand(1, 3, side, side).contiguous(memory_format=torch.channels_last)
    network = partial(_forward, sampler.net, image, torch.randn(1, 1, side, side))
    calls = recorded(network)
    mask = np.ones((side // 2, side // 2), bool)
    rows, columns = sampler.config.context(*mask.shape)
    size = mask.shape[0] + 2 * rows, mask.shape[1] + 2 * columns, 3
    surface = np.random.default_rng(0).random(size, np.float32)
    times = race(
        [
            Contestant("network", network),
            Contestant("floor", partial(bare, calls)),
            Contestant("content", partial(sampler.generate, 1, 0, mask, surface)),
        ],
        repeats,
        budget_s,
    )
    ms = {name: float(np.median(each)) for name, each in times.items()}
    return {
        "side": side,
        "ms": ms,
        "ratio": ms["network"] / ms["floor"],
        "images_per_s": 1000 / ms["network"],
        "gmac": multiply_adds(calls) / 1e9,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def training(repeats: int, budget_s: float) -> dict[str, Any]:
    """A step at 256 px."""
    task = _task(256)
    batch = task.data[3]
    step = partial(task.step, 3, batch)
    times = race(
        [Contestant("step", step), Contestant("floor", partial(bare, recorded(step)))],
        repeats,
        budget_s,
    )
    ms = {name: float(np.median(each)) for name, each in times.items()}
    return {"ms": ms, "ratio": ms["step"] / ms["floor"], "features": task.config.features}


@torch.no_grad()
def _forward(net: TransferNet, image: Tensor, grain: Tensor) -> None:
    net(image, grain)


def _task(side: int) -> DstTask:
    rng = np.random.default_rng(0)
    mask = np.zeros((side // 2 + 64, side // 2 + 64), bool)
    mask[32:-32, 32:-32] = True
    reference = Reference(1, rng.random((*mask.shape, 3), dtype=np.float32), mask)
    crops = [rng.integers(0, 255, (side + 24, side + 24, 3), dtype=np.uint8)]
    config = DstConfig(height=side, width=side)
    return DstTask(PlacementBatches([reference], crops, [1], config), CPU)


def _sampler(task: DstTask) -> Dst:
    card = GeneratorCard(task.config, 3, {1: "oil"}, {1: 0.0}, 0, (), "train", "", {})
    return Dst(card, task.export(), CPU)


def _table(found: dict[str, Any]) -> str:
    lines = ["side  network ms  floor ms  ratio  images/s  content ms   GMAC  peak MB"]
    for each in found["cases"]:
        ms = each["ms"]
        lines.append(
            f"{each['side']:4d}  {ms['network']:10.1f}  {ms['floor']:8.1f}  {each['ratio']:5.2f}"
            f"  {each['images_per_s']:8.1f}  {ms['content']:10.1f}  {each['gmac']:5.1f}"
            f"  {each['peak_memory_mb']:7.0f}"
        )
    if found["train"]:
        ms = found["train"]["ms"]
        lines.append(f"training step {ms['step']:.0f} ms, {found['train']['ratio']:.2f} floors")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sides", type=int, nargs="+", default=list(SIDES))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a case at most")
    parser.add_argument("--train", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
