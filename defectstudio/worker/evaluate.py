"""Handler of the judgement of a segmenter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import torch

from defectstudio.domain.events import Artifact, Finished, Started, Stopped
from defectstudio.domain.segmenters import SegmenterCard
from defectstudio.domain.segmenting import PREDICTIONS, EvaluateSpec, JudgedImage
from defectstudio.evaluation.judging import Look, Said, in_order, judge, open_looks
from defectstudio.evaluation.judging_page import blocks, sentence
from defectstudio.evaluation.kept import files_of
from defectstudio.evaluation.segmentation import HALF, Judgement, SegmentationFigures
from defectstudio.evaluation.sweep import levels_of_sweep, sweep
from defectstudio.exchange.report import write_report
from defectstudio.metrics.scores import level_of, probability_of
from defectstudio.networks.segmenters.loading import load_segmenter
from defectstudio.synthesis.versions import versions
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps
from defectstudio.worker.pools import make_pool


def evaluate(spec: EvaluateSpec, channel: Channel) -> None:
    """Judge the segmenter; leaves `report/evaluate.json` and `.html`, and the probabilities of
    every image in `predictions/`."""
    devices.threads()
    device, steps = devices.choose(spec.device), Steps(channel)
    card = load_segmenter(spec.segmenter, device).card
    judgement = Judgement(spec.classes, level_of(card.threshold))
    steps.total = len(spec.examples)
    channel.emit(Started(str(device), steps.total))
    images = []
    try:
        for said in in_order(_looked(spec, device, steps)):
            example, folder = spec.examples[said.number], spec.run / PREDICTIONS
            images.append(judge(said, card, example, judgement, folder))
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    figures = judgement.figures(np.random.default_rng([spec.settings.seed, 6]))
    _write(spec, card, judgement, figures, images)
    for suffix in ("json", "html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/evaluate.{suffix}"))
    channel.emit(Finished({"report": REPORT_FOLDER, "sentence": sentence(spec, figures)}))


def _looked(spec: EvaluateSpec, device: torch.device, steps: Steps) -> Iterator[Said]:
    """What the segmenter says of the images, in whatever order."""
    opening = partial(open_looks, spec.segmenter, device, spec.examples)
    files = [spec.segmenter, *(example.image for example in spec.examples)]
    pieces = [Look(number) for number in range(len(spec.examples))]
    return make_pool(spec.spread, steps).run(opening, pieces, files)


def _write(
    spec: EvaluateSpec,
    card: SegmenterCard,
    judgement: Judgement,
    figures: SegmentationFigures,
    images: Sequence[JudgedImage],
) -> None:
    made = versions()
    levels = levels_of_sweep(HALF, judgement.kept)
    data = {
        "item": spec.item,
        "segmenter": {"name": spec.name, "card": asdict(card)},
        "split": spec.split,
        "settings": asdict(spec.settings),
        "images": files_of(spec.examples),
        "seen": spec.seen,
        "versions": made,
        "figures": asdict(figures),
        "thresholds": [probability_of(level) for level in levels],
        "sweeps": {
            name: asdict(sweep(*tally, levels)) for name, tally in judgement.tallied().items()
        },
        "by_image": [asdict(one) for one in images],
    }
    page = blocks(spec, card, judgement, figures, images)
    folder = spec.run / REPORT_FOLDER
    write_report(folder, "evaluate", data, f"{spec.name} on {spec.item}, {spec.split}", page)
