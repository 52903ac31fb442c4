"""Pixel AUROC from a histogram of levels against torchmetrics' exact one, and its memory.

    python -m tests.benchmarks.scores [--json] [--megapixels 1 10 50] [--repeats N]

One run, interleaved, medians in milliseconds. histogram: logits to levels, counted, area; exact:
torchmetrics.BinaryAUROC(thresholds=None), which sorts. error: the largest difference of the two;
bound: what `Area.bound` said of it. extra_mb: the most that NumPy held besides the logits.
"""

from __future__ import annotations

import argparse
import json
import tracemalloc
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.classification import BinaryAUROC

from defectstudio.metrics.scores import Area, auroc, count, nothing, scores
from tests.benchmarks.clock import Contestant, race

TILE = 1 << 22
"""Pixels of an image: large sets arrive image by image."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--megapixels", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a case at most")
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = [case(mp, given.repeats, given.budget) for mp in given.megapixels]
    print(json.dumps(found, indent=1) if given.json else "\n".join(map(str, found)))
    return 0


def case(megapixels: int, repeats: int, budget_s: float) -> dict[str, Any]:
    """One size: pixels of a segmenter that is sure of most of them."""
    rng = np.random.default_rng(0)
    pixels = megapixels * 1_000_000
    truth = rng.random(pixels, np.float32) < 0.02
    logits = rng.standard_normal(pixels, np.float32) * 2 - 6 + 7 * truth

    def exact() -> float:
        metric = BinaryAUROC(thresholds=None)
        metric.update(torch.from_numpy(logits), torch.from_numpy(truth.astype(np.int64)))
        return float(metric.compute())

    times = race(
        [Contestant("histogram", lambda: area(logits, truth)), Contestant("exact", exact)],
        repeats,
        budget_s,
    )
    ms = {name: float(np.median(each)) for name, each in times.items()}
    ours = area(logits, truth)
    tracemalloc.start()
    area(logits, truth)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "megapixels": megapixels,
        "ms": ms,
        "times_faster": ms["exact"] / ms["histogram"],
        "error": abs(ours.value - exact()),
        "bound": ours.bound,
        "extra_mb": peak / 1e6,
    }


def area(logits: NDArray[np.float32], truth: NDArray[np.bool_]) -> Area:
    """As an evaluation does it: image by image."""
    total = nothing()
    for start in range(0, logits.size, TILE):
        part = slice(start, start + TILE)
        total += count(scores(logits[part]), truth[part])
    found = auroc(total)
    assert found is not None
    return found


if __name__ == "__main__":
    raise SystemExit(main())
