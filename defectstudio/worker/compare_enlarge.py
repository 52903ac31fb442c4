"""Handler of a comparison of segmenters with and without made defects."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from defectstudio.domain.events import Artifact, Finished, Started, Stopped
from defectstudio.domain.specs import CompareEnlargeSpec
from defectstudio.evaluation.effects import Effect, effects
from defectstudio.evaluation.enlarge import Enlarge
from defectstudio.evaluation.enlarge_page import blocks
from defectstudio.evaluation.kept import Outcome
from defectstudio.evaluation.report import write_report
from defectstudio.synthesis.versions import versions
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps, warn


def compare_enlarge(spec: CompareEnlargeSpec, channel: Channel) -> None:
    """Train and judge the arms; leaves `report/enlarge.json` and `report/enlarge.html`."""
    devices.threads()
    device, steps = devices.choose(spec.device), Steps(channel)
    protocol = Enlarge(spec, device, steps.tick, lambda text: warn(channel, text))
    steps.total = protocol.total()
    channel.emit(Started(str(device), steps.total))
    try:
        outcomes = protocol.run()
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    found = effects(outcomes, np.random.default_rng([spec.settings.seed, 7]))
    _write(spec, protocol, outcomes, found)
    for name in ("enlarge.json", "enlarge.html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/{name}"))
    channel.emit(Finished({"report": REPORT_FOLDER, "arms": [_summary(one) for one in found]}))


def _write(
    spec: CompareEnlargeSpec,
    protocol: Enlarge,
    outcomes: list[Outcome],
    found: list[Effect],
) -> None:
    made = versions()
    data = {
        "protocol": spec.protocol,
        "item": spec.item,
        "settings": asdict(spec.settings),
        "generators": {one.name: {"seen": one.seen} for one in spec.generators},
        "images": {
            name: [example.sha256 for example in own]
            for name, own in (
                ("training", spec.training),
                ("validation", spec.validation),
                ("test", spec.test),
            )
        },
        "versions": made,
        "effects": [{**asdict(one), "sentence": one.sentence} for one in found],
        "result": [asdict(one) for one in outcomes],
    }
    page = blocks(spec, outcomes, found, protocol.trials.panels, made)
    title = f"Do made defects help on {spec.item}?"
    write_report(spec.run / REPORT_FOLDER, spec.protocol, data, title, page)


def _summary(one: Effect) -> dict[str, object]:
    return {
        "name": f"{one.arm}, {one.architecture}",
        "sentence": one.sentence,
        "figures": {
            "mean_f1": one.mean_f1.mean if one.mean_f1 else None,
            "difference": one.difference.mean if one.difference else None,
        },
    }
