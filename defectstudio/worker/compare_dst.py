"""Handler of a comparison of DST with histogram match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from defectstudio.domain.comparisons import CompareDstSpec
from defectstudio.domain.events import Artifact, Finished, Started, Stopped
from defectstudio.evaluation.dst import ClassFigures, Transfer
from defectstudio.evaluation.dst_page import blocks, sentence
from defectstudio.exchange.report import write_report
from defectstudio.synthesis.versions import versions
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps, warn


def compare_dst(spec: CompareDstSpec, channel: Channel) -> None:
    """Measure the generators; leaves `report/dst.json` and `report/dst.html`."""
    devices.reproducible()
    device, steps = devices.choose(spec.device), Steps(channel)
    transfer = Transfer(spec, device, steps.tick, lambda text: warn(channel, text))
    generators = transfer.load()
    steps.total = transfer.total(generators)
    channel.emit(Started(str(device), steps.total))
    try:
        figures = transfer.run(generators)
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    _write(spec, transfer, figures)
    for name in ("dst.json", "dst.html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/{name}"))
    channel.emit(Finished(_summary(figures)))


def _write(spec: CompareDstSpec, transfer: Transfer, figures: Sequence[ClassFigures]) -> None:
    made = versions()
    data = {
        "protocol": spec.protocol,
        "item": spec.item,
        "settings": asdict(spec.settings),
        "references": {
            one.name: [file.sha256 for file in one.references] for one in spec.generators
        },
        "backgrounds": [known.sha256 for known in spec.backgrounds],
        "background_split": spec.background_split,
        "versions": made,
        "result": [asdict(one) for one in figures],
    }
    page = blocks(spec, figures, transfer.rows, made)
    folder = spec.run / REPORT_FOLDER
    write_report(folder, spec.protocol, data, f"DST on {spec.item}", page)


def _summary(figures: Sequence[ClassFigures]) -> dict[str, object]:
    arms = [
        {
            "name": f"{one.generator}, {one.class_name}",
            "sentence": sentence(one),
            "figures": {
                f"{judged.features} {arm}": ratio
                for judged in one.judged
                for arm, ratio in judged.ratio_hist.items()
            },
        }
        for one in figures
    ]
    return {"report": REPORT_FOLDER, "arms": arms}
