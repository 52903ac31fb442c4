"""What a training leaves: a generator with its card, and what it followed from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS, GeneratorCard
from defectstudio.domain.specs import TrainSpec
from defectstudio.networks.dcdganc.source import class_values
from defectstudio.networks.weights import save_tensors
from defectstudio.synthesis.versions import versions
from defectstudio.training.loop import ModelTask


def manifest_of(spec: TrainSpec) -> dict[str, Any]:
    """What a training follows from, as plain JSON. A checkpoint that is resumed must agree."""
    own = {
        "config": asdict(spec.config),
        "classes": {str(k): v for k, v in spec.classes.items()},
        "images": [file.sha256 for file in spec.images],
        "normals": [file.sha256 for file in spec.normals],
        "split": spec.split,
        "combined": spec.combined,
    }
    plain: dict[str, Any] = json.loads(json.dumps(own))
    return plain


def export_generator(spec: TrainSpec, task: ModelTask, folder: Path) -> GeneratorCard:
    """Write the task's generator and its card into `folder`."""
    manifest = manifest_of(spec)
    digest = save_tensors(folder / WEIGHTS, task.export())
    card = GeneratorCard(
        config=spec.config,
        channels=3 if task.data.channels == 3 else 1,
        classes=spec.classes,
        values=class_values(list(spec.classes)),
        step=spec.config.steps,
        trained_on=tuple(manifest["images"] + manifest["normals"]),
        split=spec.split,
        weights_sha256=digest,
        versions=versions(),
    )
    write_json(folder / CARD, card)
    return card
