"""Handler of the comparisons that train segmenters: "enlarge", "strategies", "transfer"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

import torch

from defectstudio.domain.comparisons import (
    CompareEnlargeSpec,
    CompareStrategiesSpec,
    ForecastSpec,
    TrialSpec,
)
from defectstudio.domain.events import Artifact, Finished, Log, Started, Stopped
from defectstudio.domain.spread import Pool
from defectstudio.evaluation import likeness
from defectstudio.evaluation.effects import Effect
from defectstudio.evaluation.enlarge import Enlarge
from defectstudio.evaluation.kept import Outcome, files_of
from defectstudio.evaluation.strategies import Strategies
from defectstudio.evaluation.tellings import Telling, telling
from defectstudio.evaluation.trials import Panel
from defectstudio.evaluation.trials_page import blocks
from defectstudio.evaluation.zero_shot import ZeroShot
from defectstudio.exchange.report import write_report
from defectstudio.synthesis.versions import versions
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps, warn
from defectstudio.worker.pools import make_pool


def compare_trials(spec: TrialSpec, channel: Channel) -> None:
    """Train and judge the arms; leaves the protocol's JSON and page in `report/`."""
    devices.threads()
    device, steps = devices.choose(spec.device), Steps(channel)

    def said(text: str) -> None:
        warn(channel, text)

    protocol = _protocol(spec, device, steps.tick, said, make_pool(spec.spread, steps))
    steps.total = protocol.total()
    channel.emit(Started(str(device), steps.total))
    channel.emit(Log(_forecast(protocol.seconds(), protocol.trainings), "notice"))
    try:
        outcomes = protocol.run()
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    told = telling(spec, outcomes)
    if isinstance(protocol, Enlarge):
        told = _with_likeness(told, protocol.alike)
    _write(spec, told, protocol.panels, outcomes)
    for suffix in ("json", "html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/{spec.protocol}.{suffix}"))
    channel.emit(Finished({"report": REPORT_FOLDER, "arms": [_summary(one) for one in told.found]}))


def _with_likeness(told: Telling, alike: Mapping[str, likeness.ByClass]) -> Telling:
    """How the made defects compare with real ones stands in page and data too."""
    table = likeness.blocks(alike, told.wording.source)
    data = {name: {n: asdict(one) for n, one in own.items()} for name, own in alike.items()}
    return replace(told, more=[*table, *told.more], data={**told.data, "likeness": data})


def _forecast(seconds: float, trainings: int) -> str:
    return (
        f"One arm takes about {_time(seconds)} here, all {trainings} of them"
        f" {_time(seconds * trainings)}; what is kept from before is not done again, and what is"
        " trained for other splits comes on top."
    )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def forecast(spec: ForecastSpec, channel: Channel) -> None:
    """Tell how long a comparison would take."""
    devices.threads()
    device = devices.choose(spec.trial.device)
    channel.emit(Started(str(device), 1))
    protocol = _protocol(spec.trial, device, lambda: None, lambda text: warn(channel, text))
    seconds = protocol.seconds() * protocol.trainings
    channel.emit(Finished({"seconds": seconds, "trainings": protocol.trainings}))


def _protocol(
    spec: TrialSpec,
    device: torch.device,
    tick: Callable[[], None],
    said: Callable[[str], None],
    pool: Pool | None = None,
) -> Enlarge | Strategies | ZeroShot:
    if isinstance(spec, CompareEnlargeSpec):
        return Enlarge(spec, device, tick, said, pool)
    if isinstance(spec, CompareStrategiesSpec):
        return Strategies(spec, device, tick, said, pool)
    return ZeroShot(spec, device, tick, said, pool)


def _write(
    spec: TrialSpec, told: Telling, panels: Sequence[Panel], outcomes: Sequence[Outcome]
) -> None:
    data = {
        "protocol": spec.protocol,
        "item": spec.item,
        "settings": asdict(spec.settings),
        "generators": {one.name: {"seen": one.seen} for one in spec.generators},
        "images": {name: files_of(own) for name, own in told.images.items()},
        "versions": versions(),
        "effects": [{**asdict(one), "sentence": one.sentence} for one in told.found],
        "result": [asdict(one) for one in outcomes],
        **told.data,
    }
    page = blocks(told.wording, outcomes, told.found, told.more, panels)
    write_report(spec.run / REPORT_FOLDER, spec.protocol, data, told.title, page)


def _summary(one: Effect) -> dict[str, object]:
    return {
        "name": f"{one.arm}, {one.architecture}",
        "sentence": one.sentence,
        "figures": {
            "mean_f1": one.mean_f1.mean if one.mean_f1 else None,
            "difference": one.difference.mean if one.difference else None,
        },
    }
