"""A training step of DCDGANc against the speed of its bare convolutions.

    python -m tests.benchmarks.train_step [--json] [--sides 64 ...] [--threads N]

One run, interleaved, medians in milliseconds. step: one update at the default widths with the
batch given, the lazy penalty shared out over its steps; floor: every convolution and linear layer
that such steps call, alone, on the same shapes and dtype, forward and, where the step needs it,
backward to the inputs and weights it needs. preview: one content by the sampler, with its forward
floor; gallery: 16 of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from functools import partial
from typing import Any

import numpy as np
import torch

from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.networks.dcdganc.source import class_values
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.training.contents import Content, ContentBatches
from defectstudio.training.dcdganc import DcdgancTask
from tests.benchmarks.clock import Contestant, race
from tests.benchmarks.floor import bare, environment, recorded

SIDES = (64, 128, 256)
CLASSES = {1: "crack", 2: "hole", 3: "stain"}
GALLERY = 16
CPU = torch.device("cpu")


def main() -> int:
    given = _arguments()
    torch.set_num_threads(given.threads)
    found = {
        "environment": environment(given.threads),
        "cases": [case(side, given.batch, given.repeats, given.budget) for side in given.sides],
    }
    print(json.dumps(found, indent=1) if given.json else _table(found))
    return 0


def case(side: int, batch: int, repeats: int, budget_s: float) -> dict[str, Any]:
    """Times, ratios, images a second and peak memory of one canvas."""
    task = _task(side, batch)
    every = task.config.gp_every
    batches = [task.data[index] for index in range(every)]
    plain = partial(task.step, 1, batches[1 % every])
    lazy = partial(task.step, 0, batches[0])
    plain_calls, lazy_calls = recorded(plain), recorded(lazy)
    sampler, mask = _sampler(task), np.ones((side - 8, side - 8), bool)
    one = partial(_contents, sampler, mask, 1)
    times = race(
        [
            Contestant("plain", plain),
            Contestant("lazy", lazy),
            Contestant("plain_floor", partial(bare, plain_calls)),
            Contestant("lazy_floor", partial(bare, lazy_calls)),
            Contestant("preview", one),
            Contestant("preview_floor", partial(bare, recorded(one))),
            Contestant("gallery", partial(_contents, sampler, mask, GALLERY)),
        ],
        repeats,
        budget_s,
    )
    ms = {name: float(np.median(each)) for name, each in times.items()}
    for name in ("", "_floor"):
        ms[f"step{name}"] = (ms[f"lazy{name}"] + (every - 1) * ms[f"plain{name}"]) / every
    return {
        "side": side,
        "batch": batch,
        "ms": ms,
        "runs": {name: len(each) for name, each in times.items()},
        "ratio": {name: ms[name] / ms[f"{name}_floor"] for name in ("step", "preview")},
        "images_per_s": 1000 * batch / ms["step"],
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _task(side: int, batch: int) -> DcdgancTask:
    rng = np.random.default_rng(0)
    config = DcdgancConfig(height=side, width=side, batch=batch)
    shape = (side * 3 // 4, side // 2)
    contents = [
        Content(rng.random((*shape, 3), dtype=np.float32), np.ones(shape, bool), class_id)
        for class_id in CLASSES
    ]
    return DcdgancTask(ContentBatches(contents, list(CLASSES), config), CPU)


def _sampler(task: DcdgancTask) -> Dcdganc:
    values = class_values(list(CLASSES))
    card = GeneratorCard(task.config, 3, CLASSES, values, 0, (), "train", "", {})
    return Dcdganc(card, task.export(), CPU)


def _contents(sampler: Dcdganc, mask: np.ndarray, count: int) -> None:
    surface = np.zeros((*mask.shape, 3), np.float32)
    for seed in range(count):
        sampler.generate(1, seed, mask, surface)


def _table(found: dict[str, Any]) -> str:
    lines = ["side  step ms  floor ms  ratio  images/s  preview ms  ratio  gallery ms  peak MB"]
    for each in found["cases"]:
        ms, ratio = each["ms"], each["ratio"]
        lines.append(
            f"{each['side']:4d}  {ms['step']:7.0f}  {ms['step_floor']:8.0f}  {ratio['step']:5.2f}"
            f"  {each['images_per_s']:8.1f}  {ms['preview']:10.1f}  {ratio['preview']:5.2f}"
            f"  {ms['gallery']:10.0f}  {each['peak_memory_mb']:7.0f}"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds a contestant")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
