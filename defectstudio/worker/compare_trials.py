"""Handler of the comparisons that train segmenters: protocols "enlarge" and "transfer"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from defectstudio.domain.comparisons import (
    CompareEnlargeSpec,
    CompareTransferSpec,
    EnlargingGenerator,
    TrialSpec,
)
from defectstudio.domain.events import Artifact, Finished, Started, Stopped
from defectstudio.evaluation.effects import Effect, paired
from defectstudio.evaluation.enlarge import RAW, Enlarge
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.report import write_report
from defectstudio.evaluation.trials import Panel
from defectstudio.evaluation.trials_page import Wording, blocks, described
from defectstudio.evaluation.zero_shot import DIRECT, ZeroShot
from defectstudio.synthesis.versions import versions
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps, warn

ENLARGE_PAPER = (
    "P1 reports of its own data, pooled F1 with U-Net, raw / augmented / enlarged: wood .878 / .878"
    " / .890, carpet .778 / .797 / .814, phone band .678 / .653 / .701; with Res phone band .544 /"
    " .633 / .660."
)
TRANSFER_PAPER = (
    "P1 reports of its own data, F1 trained on transferred defects alone: crack .728 (U-Net), rough"
    " .838 (Res)."
)


def compare_trials(spec: TrialSpec, channel: Channel) -> None:
    """Train and judge the arms; leaves the protocol's JSON and page in `report/`."""
    devices.threads()
    device, steps = devices.choose(spec.device), Steps(channel)

    def said(text: str) -> None:
        warn(channel, text)

    protocol: Enlarge | ZeroShot
    if isinstance(spec, CompareEnlargeSpec):
        protocol, against = Enlarge(spec, device, steps.tick, said), RAW
    else:
        protocol, against = ZeroShot(spec, device, steps.tick, said), DIRECT
    steps.total = protocol.total()
    channel.emit(Started(str(device), steps.total))
    try:
        outcomes = protocol.run()
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    pairs = paired(outcomes, spec.settings.seed)
    found = pairs[against]
    _write(spec, protocol.panels, outcomes, found, pairs)
    for suffix in ("json", "html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/{spec.protocol}.{suffix}"))
    channel.emit(Finished({"report": REPORT_FOLDER, "arms": [_summary(one) for one in found]}))


def _write(
    spec: TrialSpec,
    panels: Sequence[Panel],
    outcomes: Sequence[Outcome],
    found: Sequence[Effect],
    pairs: Mapping[str, Sequence[Effect]],
) -> None:
    made = versions()
    if isinstance(spec, CompareEnlargeSpec):
        wording = _enlarge_wording(spec, made)
        title = f"Do made defects help on {spec.item}?"
        images = {
            f"{name} {number}": own
            for number, one in enumerate(spec.partitions)
            for name, own in vars(one).items()
        }
    else:
        wording = _transfer_wording(spec, made)
        title = f"Do defects of {spec.source_name} teach {spec.item}?"
        images = {"source": spec.source, "training": spec.training, "test": spec.test}
    data = {
        "protocol": spec.protocol,
        "item": spec.item,
        "settings": asdict(spec.settings),
        "generators": {one.name: {"seen": one.seen} for one in spec.generators},
        "images": {name: files_of(own) for name, own in images.items()},
        "versions": made,
        "effects": [{**asdict(one), "sentence": one.sentence} for one in found],
        "paired": {arm: [asdict(one) for one in own] for arm, own in pairs.items()},
        "result": [asdict(one) for one in outcomes],
    }
    page = blocks(wording, outcomes, found, pairs, panels)
    write_report(spec.run / REPORT_FOLDER, spec.protocol, data, title, page)


def _enlarge_wording(spec: CompareEnlargeSpec, made: dict[str, str]) -> Wording:
    s, own = spec.settings, spec.partitions[0]
    source = (
        f"{spec.item}: {len(spec.partitions)} splits by part, the first of {len(own.training)}"
        f" training and {len(own.validation)} validation images; {s.count} samples a class and"
        f" generator, {' or '.join(f'{one:.0%}' for one in spec.shares)} of the defects made;"
        f" {described(s, own.test, made)}"
    )
    return Wording(source, _seen(spec.generators), tuple(spec.classes.values()), ENLARGE_PAPER)


def _transfer_wording(spec: CompareTransferSpec, made: dict[str, str]) -> Wording:
    s = spec.settings
    source = (
        f"{', '.join(spec.source_classes.values())} of {spec.source_name} ({len(spec.source)}"
        f" training images) to {spec.item} ({len(spec.training)} training images); {s.count}"
        f" samples a class and generator; {described(s, spec.test, made)}"
    )
    return Wording(source, _seen(spec.generators), tuple(spec.classes.values()), TRANSFER_PAPER)


def _seen(generators: Sequence[EnlargingGenerator]) -> list[str]:
    return [
        f"{one.name} has seen {len(one.seen)} images of the test split."
        for one in generators
        if one.seen
    ]


def _summary(one: Effect) -> dict[str, object]:
    return {
        "name": f"{one.arm}, {one.architecture}",
        "sentence": one.sentence,
        "figures": {
            "mean_f1": one.mean_f1.mean if one.mean_f1 else None,
            "difference": one.difference.mean if one.difference else None,
        },
    }
