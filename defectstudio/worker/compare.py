"""Handler of a comparison."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from defectstudio.domain.comparisons import CompareSpec
from defectstudio.domain.events import Artifact, Finished, Started, Stopped
from defectstudio.domain.generators import CONFIGS
from defectstudio.domain.specs import TrainSpec
from defectstudio.evaluation.arms import CONTROLS, POOLED, Control
from defectstudio.evaluation.realism import Comparison, Named, Realism
from defectstudio.evaluation.realism_page import blocks
from defectstudio.evaluation.seen import Judge
from defectstudio.exchange.report import write_report
from defectstudio.networks.features.registry import load_features
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.versions import versions
from defectstudio.training.direction import decided
from defectstudio.training.exporting import export_generator
from defectstudio.training.registry import make_task
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps, warn


def compare(spec: CompareSpec, channel: Channel) -> None:
    """Measure the generators; leaves `report/realism.json` and `report/realism.html`."""
    devices.reproducible()
    device = devices.choose(spec.device)
    settings = spec.settings
    network = load_features(
        settings.features, device, weights=settings.feature_weights, download=settings.download
    )
    judge = Judge(network, settings.feature_side, settings.subsets)
    generators = _generators(spec, device)
    steps = Steps(channel)
    comparison = Comparison(spec, judge, steps.tick, lambda text: warn(channel, text))
    steps.total = comparison.total(generators)
    channel.emit(Started(str(device), steps.total))
    try:
        result = comparison.run(generators)
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    _write(spec, judge, result, comparison)
    for name in ("realism.json", "realism.html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/{name}"))
    channel.emit(Finished(_summary(result)))


def _generators(spec: CompareSpec, device: torch.device) -> list[Named]:
    """The project's generators, and the controls that it has none of."""
    found = [Named(one.name, load_generator(one.folder, device)) for one in spec.generators]
    present = {named.generator.card.kind for named in found}
    missing = [kind for kind in CONTROLS if kind not in present]
    return [*found, *(_control(spec, kind, device) for kind in missing)]


def _control(spec: CompareSpec, kind: Control, device: torch.device) -> Named:
    """A control made from the training split, as `train` makes it; it learns nothing."""
    made = TrainSpec(
        run=spec.run / "controls" / kind,
        name=kind,
        item=spec.item,
        classes=spec.classes,
        images=tuple(known.file for known in spec.training),
        split="train",
        config=CONFIGS[kind](),
    )
    made, _ = decided(made)
    export_generator(made, make_task(made, device), made.run)
    return Named(kind, load_generator(made.run, device))


def _write(spec: CompareSpec, judge: Judge, result: Realism, comparison: Comparison) -> None:
    made = versions()
    data = {
        "protocol": spec.protocol,
        "item": spec.item,
        "split": "test",
        "settings": asdict(spec.settings),
        "features": {
            "name": judge.network.name,
            "sha256": judge.network.sha256,
            "side": judge.side,
        },
        "images": {
            "test": [known.file.sha256 for known in spec.test],
            "training": [known.file.sha256 for known in spec.training],
            "backgrounds": [known.sha256 for known in spec.backgrounds],
        },
        "background_split": spec.background_split,
        "versions": made,
        "result": asdict(result),
    }
    title = f"Realism of {spec.item}"
    folder: Path = spec.run / REPORT_FOLDER
    write_report(
        folder,
        spec.protocol,
        data,
        title,
        blocks(spec, judge, result, comparison.pictures, made),
    )


def _summary(result: Realism) -> dict[str, object]:
    return {
        "report": REPORT_FOLDER,
        "arms": [
            {
                "name": arm.name,
                "sentence": arm.sentence,
                "figures": {name: one.mean for name, one in arm.intervals[POOLED].items()},
            }
            for arm in result.arms
        ],
    }
