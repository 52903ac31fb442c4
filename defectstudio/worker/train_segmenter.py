"""Handler of the training of a segmenter."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from defectstudio.domain.events import Artifact, Finished
from defectstudio.domain.files import write_json
from defectstudio.domain.segmenters import CARD, WEIGHTS, SegmenterCard
from defectstudio.domain.segmenting import TrainSegmenterSpec
from defectstudio.evaluation.kept import files_of
from defectstudio.evaluation.segmentation import threshold
from defectstudio.evaluation.trials import levels_of
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.metrics.scores import probability_of
from defectstudio.networks.weights import save_tensors
from defectstudio.synthesis.versions import versions
from defectstudio.training.crops import CropBatches, labeled_scene, read_scene
from defectstudio.training.parallel import alone
from defectstudio.training.segmenter import SegmenterTask
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.team import team
from defectstudio.worker.training import Telling, run_training

SEGMENTER_FOLDER = "segmenter"
"""In the run folder."""


def train_segmenter(spec: TrainSegmenterSpec, channel: Channel) -> None:
    """Train to the end or to a stop; leaves `checkpoint/` and, at the end, `segmenter/`."""
    with team(_train, spec):
        _train(spec, channel)


def _train(spec: TrainSegmenterSpec, channel: Telling) -> None:
    devices.threads(spec.processes)
    device = devices.choose(spec.device)
    real = [read_scene(one) for one in spec.training]
    made = [
        labeled_scene(read_image(one.image), read_label(one.label), synthetic=True)
        for one in spec.samples
    ]
    task = SegmenterTask(CropBatches([*real, *made], list(spec.classes), spec.config), device)
    if run_training(
        task,
        spec.config,
        _manifest(spec),
        channel,
        about=f"{spec.config.arch}, {task.encoder}: {len(real)} images, {len(made)} samples",
        run=spec.run,
        device=device,
        resume=spec.resume,
    ):
        with alone():
            card = _export(spec, task, spec.run / SEGMENTER_FOLDER)
        channel.emit(Artifact("segmenter", SEGMENTER_FOLDER, spec.config.steps))
        channel.emit(Finished({"step": spec.config.steps, "threshold": card.threshold}))


def _manifest(spec: TrainSegmenterSpec) -> dict[str, Any]:
    own = {
        "config": asdict(spec.config),
        "classes": {str(k): v for k, v in spec.classes.items()},
        "images": files_of(spec.training),
        "samples": [(one.sha256, one.label.name) for one in spec.samples],
    }
    plain: dict[str, Any] = json.loads(json.dumps(own))
    return plain


def _export(spec: TrainSegmenterSpec, task: SegmenterTask, folder: Path) -> SegmenterCard:
    """Keep the threshold of the validation images, and write weights and card."""
    task.net.eval()
    validation = (read_scene(one) for one in spec.validation)
    said = ((levels_of(task, scene), scene.label) for scene in validation)
    kept = threshold(said, list(spec.classes))
    digest = save_tensors(folder / WEIGHTS, task.export())
    card = SegmenterCard(
        config=spec.config,
        channels=3 if task.data.channels == 3 else 1,
        classes=spec.classes,
        encoder=task.encoder,
        threshold=probability_of(kept),
        real=len(spec.training),
        made=len(spec.samples),
        trained_on=tuple(one.sha256 for one in (*spec.training, *spec.validation)),
        weights_sha256=digest,
        versions=versions(),
    )
    write_json(folder / CARD, card)
    return card
