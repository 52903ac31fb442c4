"""Blending against OpenCV's seamlessClone, an exact solver and the speed of memory.

    python -m tests.benchmarks.blend [--quick] [--json] [--shapes ellipse ...] [--sizes 1000 ...]

Colour pictures of 8 bits, one thread unless said, medians of interleaved runs in milliseconds.
clone_1, clone_2: cv2.seamlessClone (NORMAL_CLONE) with so many threads of OpenCV; floor: one pass
over the mask's box in float32, two reads and a write. Errors are in grey levels of 255. Everything
takes about ten minutes and, for cracks of 4 million pixels, 15 GB of memory.

Every case has a process of its own: what earlier ones leave in the C library's allocator changes
the clone's time by a third (65k ellipse: 20 ms alone, 14 ms after smaller ones) and ours not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import scipy
from numpy.typing import NDArray

from defectstudio.domain.recipe import BlendMode, BlendSettings
from defectstudio.imaging.blending import blend, blend_many, blend_patch
from defectstudio.imaging.kernel import loading
from defectstudio.imaging.masks import Box, bounding_box
from defectstudio.imaging.types import Mask
from tests.benchmarks import accuracy, report
from tests.benchmarks.clock import Contestant, race
from tests.benchmarks.scenes import MARGIN, SHAPES, textured

SIZES = (1_000, 10_000, 65_000, 262_000, 1_000_000, 4_000_000)
QUICK = (1_000, 10_000, 65_000)
CHECKED_MOST = 300_000
"""Pixels up to which it is looked whether the clone lands where the mask is."""
MIDDLING_MOST = 1_200_000
"""Pixels up to which the fallback is timed and the improved mode held against the exact one."""

Colour = NDArray[np.uint8]


def main() -> int:
    given = _arguments()
    found: dict[str, Any] = {"environment": _environment(), "cases": []}
    for shape in given.shapes:
        for pixels in given.sizes:
            found["cases"].append(_alone(case, shape, pixels, given.repeats, given.budget))
            print(report.case(found["cases"][-1]), file=sys.stderr, flush=True)
    found["growth"] = growth(found["cases"])
    found["batch"] = _alone(batch, 16 if given.quick else 64, given.repeats, given.budget)
    found["interactive"] = _alone(interactive, *((1500, 50) if given.quick else (6000, 300)))
    found["environment"]["load_after"] = _load()
    print(json.dumps(found, indent=1) if given.json else report.table(found))
    return 0


def _alone(measure: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, *given).result()


def case(shape: str, pixels: int, repeats: int, budget_s: float) -> dict[str, Any]:
    """One mask: times, ratios, errors."""
    mask = SHAPES[shape](pixels)
    times = race(list(_contestants(mask)), repeats, budget_s)
    medians = {name: float(np.median(each)) for name, each in times.items()}
    count = int(np.count_nonzero(mask))
    small, middling = count <= CHECKED_MOST, count <= MIDDLING_MOST
    modes: tuple[BlendMode, ...] = ("poisson", "improved") if middling else ("poisson",)
    return {
        "shape": shape,
        "pixels": count,
        "box": [side - 2 * MARGIN for side in mask.shape],
        "ms": medians,
        "runs": {name: len(each) for name, each in times.items()},
        "ratio": _ratios(medians),
        "error": {mode: accuracy.errors(mask, mode) for mode in modes},
        "clone_astray": _clone_astray(mask) if small else None,
    }


def _contestants(mask: Mask) -> Iterator[Contestant]:
    background, content = textured(mask)
    for mode in get_args(BlendMode):
        yield Contestant(mode, partial(blend, background, content, mask, mode=mode))
    cloned = partial(clone, background, content, mask)
    yield from (Contestant(f"clone_{threads}", cloned, threads) for threads in (1, 2))
    if np.count_nonzero(mask) <= MIDDLING_MOST:
        for mode in ("improved", "poisson"):
            run = partial(blend, background, content, mask, mode=mode)
            yield Contestant(f"fallback_{mode}", run, fallback=True)
    box = bounding_box(mask)
    assert box is not None
    one, other, sums = np.ones((3, *box.shape, 3), np.float32)
    yield Contestant("floor", partial(np.add, one, other, out=sums))


def clone(background: Colour, content: Colour, mask: Mask) -> Colour:
    """OpenCV's own, on the same task. It overwrites the mask that it is given."""
    box = bounding_box(mask)
    assert box is not None
    centre = (box.left + box.width // 2, box.top + box.height // 2)
    grey = mask.view(np.uint8) * np.uint8(255)
    return cv2.seamlessClone(content, background, grey, centre, cv2.NORMAL_CLONE)


def _clone_astray(mask: Mask) -> int:
    """Levels by which a clone of the background onto itself changes it: few, unless it is moved."""
    background, _ = textured(mask)
    cloned = clone(background, background, mask)
    return int(cv2.absdiff(cloned, background).max())


def _ratios(medians: dict[str, float]) -> dict[str, float]:
    """How many times the clone (one thread) takes longer; `_2`: than the clone with two."""
    ours = [name for name in medians if not name.startswith(("clone", "floor", "alpha"))]
    one = {name: medians["clone_1"] / medians[name] for name in ours}
    return one | {f"{name}_2": medians["clone_2"] / medians[name] for name in ours}


def growth(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """By shape and mode: T ~ pixels ** exponent, fitted from 10k pixels on.

    last_step: the time at the greatest size over that at the one before, T(4M) / T(1M).
    """
    found: dict[str, Any] = {}
    for shape in sorted({each["shape"] for each in cases}):
        own = [each for each in cases if each["shape"] == shape and each["pixels"] > 9_000]
        if len(own) < 2:
            continue
        pixels = np.log([each["pixels"] for each in own])
        found[shape] = {}
        for name in ("improved", "poisson", "clone_1"):
            times = np.array([each["ms"][name] for each in own])
            exponent = float(np.polyfit(pixels, np.log(times), 1)[0])
            found[shape][name] = {"exponent": exponent, "last_step": float(times[-1] / times[-2])}
    return found


def batch(count: int, repeats: int, budget_s: float) -> dict[str, Any]:
    """Many blends of 256 x 256 at once, against as many clones one after the other."""
    rows, columns = np.ogrid[-128:128, -128:128]
    mask = (rows / 115) ** 2 + (columns / 120) ** 2 < 1
    pair = textured(mask)
    scenes = [(*(np.roll(each, 5 * n, axis=(0, 1)) for each in pair), mask) for n in range(count)]

    def clones() -> None:
        for each in scenes:
            clone(*each)

    contestants = [Contestant(f"clone_{threads}", clones, threads) for threads in (1, 2)]
    for mode in ("improved", "poisson"):
        for threads in (1, 2):
            run = partial(blend_many, scenes, BlendSettings(mode), threads=threads)
            contestants.append(Contestant(f"{mode}_{threads}", run))
    times = race(contestants, repeats, budget_s)
    medians = {name: float(np.median(each)) for name, each in times.items()}
    ours = [name for name in medians if not name.startswith("clone")]
    ratios = {name: medians[f"clone_{name[-1]}"] / medians[name] for name in ours}
    return {"scenes": count, "ms": medians, "ratio": ratios}


def interactive(height: int, moves: int) -> dict[str, Any]:
    """A defect of 256 x 256 moved over a large picture, against a copy of its box."""
    rows, columns = np.ogrid[-128:128, -128:128]
    mask = (rows / 127) ** 2 + (columns / 127) ** 2 < 1
    tile, content = textured(mask)
    width = height * 5 // 3
    times_over = (height // tile.shape[0] + 1, width // tile.shape[1] + 1, 1)
    background = np.tile(tile, times_over)[:height, :width].copy()
    rng = np.random.default_rng(0)
    places = np.stack([rng.integers(0, side - 256, moves + 1) for side in (height, width)], 1)
    # The same places for all, each in an order of its own: nobody warms another's memory.
    orders = {
        name: iter(rng.permutation(places).tolist()) for name in (*get_args(BlendMode), "copy")
    }

    def moved(mode: BlendMode) -> None:
        top, left = next(orders[mode])
        blend_patch(background, content, mask, (top, left), mode=mode)

    def copied() -> None:
        background[Box(*next(orders["copy"]), 256, 256).slices].copy()

    contestants = [Contestant(mode, partial(moved, mode)) for mode in get_args(BlendMode)]
    times = race([*contestants, Contestant("copy", copied)], moves, 60)
    return {
        "background": list(background.shape),
        "moves": moves,
        "ms": {name: float(np.median(each)) for name, each in times.items()},
        "p95_ms": {name: float(np.percentile(each, 95)) for name, each in times.items()},
    }


def _environment() -> dict[str, Any]:
    return {
        "cpu": _processor(),
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "opencv": cv2.__version__,
        "kernel": loading.status().found,
        "processes": "one for every case",
        "commit": _git("rev-parse", "HEAD"),
        "changed_files": len(_git("status", "--porcelain").splitlines()),
        "load_before": _load(),
    }


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _load() -> list[float]:
    return [round(each, 2) for each in os.getloadavg()] if hasattr(os, "getloadavg") else []


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, few repeats: 20 s")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--sizes", nargs="+", type=int, help="pixels of the masks, about")
    parser.add_argument("--repeats", type=int, help="at most so many rounds")
    parser.add_argument("--budget", type=float, help="seconds for one contestant in one case")
    given = parser.parse_args()
    given.sizes = given.sizes or (QUICK if given.quick else SIZES)
    given.repeats = given.repeats or (5 if given.quick else 25)
    given.budget = given.budget or (0.5 if given.quick else 2.0)
    return given


if __name__ == "__main__":
    sys.exit(main())
