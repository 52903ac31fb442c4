"""Handler of an audit of labels and coverage."""

from __future__ import annotations

from defectstudio.domain.auditing import AUDIT, AuditSpec
from defectstudio.domain.events import Artifact, Finished, Started, Stopped
from defectstudio.evaluation.audit_page import blocks, sentence
from defectstudio.evaluation.auditing import Auditor, report
from defectstudio.exchange.report import write_report
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.comparing import REPORT_FOLDER, Halted, Steps


def audit(spec: AuditSpec, channel: Channel) -> None:
    """Look at every target; leaves `report/audit.json` and `report/audit.html`."""
    devices.reproducible()
    device, steps = devices.choose(spec.device), Steps(channel)
    steps.total = len(spec.targets)
    channel.emit(Started(str(device), steps.total))
    auditor, images = Auditor(spec, device), []
    try:
        for target in spec.targets:
            images.append(auditor.audit(target))
            steps.tick()
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    found = report(spec, images)
    folder = spec.run / REPORT_FOLDER
    write_report(folder, AUDIT, found, f"Audit of {spec.item}", blocks(spec, found))
    for suffix in ("json", "html"):
        channel.emit(Artifact("report", f"{REPORT_FOLDER}/{AUDIT}.{suffix}"))
    bad = sum(bool(image.findings) for image in found.images)
    channel.emit(Finished({"sentence": sentence(found), "findings": bad}))
