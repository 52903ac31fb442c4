"""Handler of predictions on new pictures."""

from __future__ import annotations

import numpy as np

from defectstudio.domain.errors import UserError
from defectstudio.domain.events import Artifact, Finished, Log, Started, Stopped
from defectstudio.domain.files import write_json
from defectstudio.domain.segmenting import PREDICTIONS, PredictSpec
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.masks import components
from defectstudio.imaging.reading import read_image, to_unit, write_png
from defectstudio.imaging.types import Image, Mask
from defectstudio.metrics.scores import level_of, probabilities, scores
from defectstudio.networks.segmenters.loading import LoadedSegmenter, load_segmenter
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import Halted, Steps

FOUND = (213, 94, 0)
"""Colour of what was found (Okabe and Ito's vermilion)."""


def predict(spec: PredictSpec, channel: Channel) -> None:
    """Leaves `masks/`, `probabilities/`, `overlays/` and `predictions.json` in `predictions/`."""
    devices.threads()
    device, steps = devices.choose(spec.device), Steps(channel)
    segmenter = load_segmenter(spec.segmenter, device)
    threshold = segmenter.card.threshold if spec.threshold is None else spec.threshold
    steps.total = len(spec.images)
    channel.emit(Started(str(device), steps.total))
    rows: list[dict[str, object]] = []
    try:
        for image, name in zip(spec.images, spec.names, strict=True):
            try:
                rows.append(_predicted(spec, segmenter, read_image(image), name, threshold))
            except UserError as error:
                # One broken picture among thousands must not cost the others.
                rows.append({"name": name, "error": str(error)})
                channel.emit(Log(str(error), "warning"))
            steps.tick()
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    write_json(
        spec.run / PREDICTIONS / "predictions.json",
        {
            "classes": segmenter.card.classes,
            "threshold": threshold,
            "weights_sha256": segmenter.card.weights_sha256,
            "images": rows,
        },
    )
    channel.emit(Artifact("predictions", PREDICTIONS))
    bad = sum(1 for row in rows if row.get("defects"))
    failed = sum(1 for row in rows if "error" in row)
    channel.emit(Finished({"images": len(rows), "with_defects": bad, "failed": failed}))


def _predicted(
    spec: PredictSpec, segmenter: LoadedSegmenter, pixels: Image, name: str, threshold: float
) -> dict[str, object]:
    logits = segmenter.logits(pixels)
    levels = scores(logits)
    found = levels.max(axis=2) >= level_of(threshold)
    probability = probabilities(logits)
    classes = np.fromiter(segmenter.card.classes, np.uint8)
    multi = segmenter.card.config.multiclass
    mask = np.where(found, classes[levels.argmax(axis=2)] if multi else 255, 0).astype(np.uint8)
    folder = spec.run / PREDICTIONS
    write_png(folder / "masks" / f"{name}.png", mask)
    write_png(
        folder / "probabilities" / f"{name}.png", np.rint(probability * 65535).astype(np.uint16)
    )
    write_png(folder / "overlays" / f"{name}.png", _overlay(pixels, found))
    parts = components(found)
    return {
        "name": name,
        "defects": len(parts),
        "pixels": int(np.count_nonzero(found)),
        "largest_probability": float(probability.max(initial=0)),
        "boxes": [[box.top, box.left, box.height, box.width] for _, box in parts],
    }


def _overlay(pixels: Image, found: Mask) -> Image:
    image = np.round(with_channels(to_unit(pixels), 3) * 255).astype(np.uint8)
    image[found] = (image[found] * 0.4 + np.array(FOUND) * 0.6).astype(np.uint8)
    return image
