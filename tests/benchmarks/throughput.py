"""A batch of the sample project against its floor, and how it grows.

    python -m tests.benchmarks.throughput [--json] [--samples 1000] [--backgrounds 10 100 1000]

One process of one thread; seconds on the wall and of the processor, since others use the machine.
floor: of the same samples in the same process, after the batch, so that neither finds in the
processor's caches what the other left: the generator's network, the blending and the encoding of
the three pictures, each alone. overhead: the share of the batch's time that no
worker had a chunk in hand. growth: time ~ samples ** exponent, time ~ backgrounds ** exponent.
memory: the most that a process held, each with its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter

from defectstudio.domain.recipe import Recipe, SampleManifest
from defectstudio.domain.specs import CHUNKS_FOLDER, SynthesizeSpec
from defectstudio.imaging.compose import compose
from defectstudio.imaging.reading import png_bytes, read_image
from defectstudio.synthesis.generators.content import Content, ContentGenerator
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.render import place_contents
from defectstudio.worker.synthesize import synthesize
from tests.benchmarks.batches import Owner, sample_batch, with_backgrounds
from tests.benchmarks.floor import environment

CLOCKS = "wall", "processor"
PARTS = "generator", "blend", "encode"
SHARES = 8, 4, 2
"""The growth in samples is that of a batch's parts: one eighth, and so on."""


def main() -> int:
    given = _arguments()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(given.folder or scratch)
        if given.memory:
            print(_memory(folder, given.samples, given.memory))
            return 0
        found = {"environment": environment(1), **measured(folder, given)}
    print(json.dumps(found, indent=1) if given.json else _table(found))
    return 0


def measured(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    spec = sample_batch(folder, given.samples)
    floor = Floor(spec)
    owner = run(spec)
    total = owner.total
    for chunk in sorted((spec.run / CHUNKS_FOLDER).glob("[0-9]*.json")):
        floor.of(chunk.with_suffix(""))
    times = {given.samples: total}
    for share in SHARES:
        times[given.samples // share] = run(replace(spec, count=given.samples // share)).total
    many, few = {}, given.samples // SHARES[0]
    for several in given.backgrounds:
        own = with_backgrounds(spec, folder, several)
        many[several] = run(replace(spec, count=few, backgrounds=own)).total
    busy = float(str(owner.summary["busy_seconds"]))
    lowest = {clock: sum(floor.spent[part][n] for part in PARTS) for n, clock in enumerate(CLOCKS)}
    return {
        "samples": given.samples,
        "seconds": dict(zip(CLOCKS, total, strict=True)),
        "floor": {part: dict(zip(CLOCKS, floor.spent[part], strict=True)) for part in PARTS},
        "of_floor": {clock: lowest[clock] / total[n] for n, clock in enumerate(CLOCKS)},
        "overhead": 1 - busy / total[0],
        "growth": {"samples": _growth(times), "backgrounds": _growth(many)},
        "times": {"samples": times, "backgrounds": many},
        "memory_mb": {several: _apart(folder, few, several) for several in given.backgrounds},
    }


class Floor:
    """Makes the samples of every chunk again, part by part, and counts what each part takes."""

    def __init__(self, spec: SynthesizeSpec) -> None:
        self.spec, self.spent = spec, {part: [0.0, 0.0] for part in PARTS}
        self.generator = Recorder(load_generator(spec.generator, torch.device("cpu")))
        self.images = {one.sha256: one.image for one in spec.backgrounds}
        self._manifests = TypeAdapter(SampleManifest)

    def of(self, chunk: Path) -> None:
        """Of the samples of a chunk."""
        found = sorted(chunk.glob("*/recipe.json"))
        manifests = (self._manifests.validate_json(path.read_bytes()) for path in found)
        self._chunk([manifest.recipe for manifest in manifests])

    def _chunk(self, recipes: Sequence[Recipe]) -> None:
        generator, calls = self.generator.own, self.generator.calls
        calls.clear()
        loaded = {generator.card.weights_sha256: self.generator}
        grounds = [read_image(self.images[recipe.background]) for recipe in recipes]
        contents = [place_contents(*pair, loaded) for pair in zip(recipes, grounds, strict=True)]
        self._timed("generator", lambda: [generator.generate(*call) for call in calls])
        made = self._timed(
            "blend",
            lambda: [
                compose(ground, own, recipe.blend, recipe.grain, recipe.refine)
                for recipe, ground, own in zip(recipes, grounds, contents, strict=True)
            ],
        )
        planes = [plane for one in made for plane in (one.image, one.label, one.painted)]
        self._timed("encode", lambda: [png_bytes(plane) for plane in planes])

    def _timed(self, part: str, work: Any) -> Any:
        wall, processor = time.perf_counter(), time.process_time()
        made = work()
        self.spent[part][0] += time.perf_counter() - wall
        self.spent[part][1] += time.process_time() - processor
        return made


class Recorder:
    """A generator that keeps what it is called with."""

    def __init__(self, own: ContentGenerator) -> None:
        self.own, self.card, self.fills_mask = own, own.card, own.fills_mask
        self.calls: list[tuple[Any, ...]] = []

    def generate(self, *call: Any) -> Content:
        """As the generator itself."""
        self.calls.append(call)
        return self.own.generate(*call)


def run(spec: SynthesizeSpec) -> Owner:
    """The batch from its start, in an empty folder."""
    shutil.rmtree(spec.run, ignore_errors=True)
    owner = Owner()
    synthesize(spec, owner)  # type: ignore[arg-type]
    return owner


def _growth(times: dict[int, Sequence[float]]) -> dict[str, float]:
    size = np.log(list(times))
    return {
        clock: float(np.polyfit(size, np.log([own[n] for own in times.values()]), 1)[0])
        for n, clock in enumerate(CLOCKS)
    }


def _apart(folder: Path, samples: int, backgrounds: int) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.throughput", "--folder", str(folder)]
    wanted = ["--samples", str(samples), "--memory", str(backgrounds)]
    done = subprocess.run([*command, *wanted], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _memory(folder: Path, samples: int, backgrounds: int) -> float:
    spec = sample_batch(folder, samples)
    run(replace(spec, backgrounds=with_backgrounds(spec, folder, backgrounds)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _table(found: dict[str, Any]) -> str:
    rows = [f"{name}: {value}" for name, value in found["environment"].items()]
    for name in ("seconds", *PARTS):
        own = found["seconds"] if name == "seconds" else found["floor"][name]
        each = ", ".join(f"{s / found['samples'] * 1e3:.1f} ms ({c})" for c, s in own.items())
        rows.append(f"{'batch' if name == 'seconds' else name}: {each} a sample")
    for name in ("of_floor", "overhead", "growth", "memory_mb"):
        rows.append(f"{name}: {json.dumps(found[name])}")
    return "\n".join(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--backgrounds", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--folder", help="where the sample project is, or is made")
    parser.add_argument("--memory", type=int, help="print the memory with so many backgrounds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
