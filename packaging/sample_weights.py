"""Train the shipped generators: `python packaging/sample_weights.py [--steps N] [--items ...]`.

One DCDGANc an item of the sample project, on its training split: drawn scenes and nothing else.
The weights are stored in half precision, with the card and the training's record: its settings,
its losses every 50 steps, its time and the commit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from defectstudio.app.sample_project import ITEMS, make_sample_project
from defectstudio.app.training import start_training
from defectstudio.app.training_order import GeneratorOrder
from defectstudio.cli.following import follow
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS
from defectstudio.domain.records import JobRecord
from defectstudio.networks.weights import save_tensors
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "resources" / "weights"
RECORD = "training.json"
LOG_EVERY = 50
NETWORK = ("net.", "prior.")
"""What sampling needs; the encoder and the discriminator stay at home."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--items", nargs="+", choices=ITEMS, default=list(ITEMS))
    parser.add_argument("--out", type=Path, default=SHIPPED)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        make_sample_project(Path(folder) / "project") as project,
    ):
        for texture in given.items:
            train(project, texture, given.steps, given.out / f"sample-{texture}")
    return 0


def train(project: Project, texture: str, steps: int, out: Path) -> None:
    """Train on one item and put card, halved weights and record into `out`."""
    start = time.monotonic()
    settings = {"steps": steps, "preview_every": steps, "checkpoint_every": steps}
    name = f"shipped-{texture}"
    order = GeneratorOrder(name, item=ITEMS[texture], overrides=settings, device="cpu")
    job = start_training(project, order)
    record = follow(job)
    seconds = time.monotonic() - start
    made = project.generator(name).folder
    card = GENERATORS.read_card(made)
    tensors = load_file(made / WEIGHTS)
    halved = {key: value.half() for key, value in tensors.items() if key.startswith(NETWORK)}
    digest = save_tensors(out / WEIGHTS, halved)
    note = "Trained on the sample project's drawn scenes alone; stored in half precision."
    write_json(out / CARD, replace(card, weights_sha256=digest, note=note))
    write_json(out / RECORD, _record(record, asdict(card.config), seconds))
    print(f"{out.name}: {(out / WEIGHTS).stat().st_size // 1024} KiB, {seconds:.0f} s")


def _record(job: JobRecord, config: dict[str, Any], seconds: float) -> dict[str, Any]:
    lines = (job.folder / "metrics.jsonl").read_text("utf-8").splitlines()
    every = [json.loads(line) for line in lines]
    shown = [one for one in every if one["step"] % LOG_EVERY == 0]
    return {"config": config, "seconds": round(seconds), "commit": _commit(), "losses": shown}


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
