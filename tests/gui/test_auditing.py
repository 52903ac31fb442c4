"""What an audit found is shown where samples are reviewed and batches planned."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QSignalSpy

from defectstudio.app.auditing import LastAudit
from defectstudio.app.batch_plan import PlanLine
from defectstudio.domain.auditing import (
    Audited,
    AuditReport,
    AuditSettings,
    Finding,
    Flaw,
    Wanted,
)
from defectstudio.domain.errors import JobError
from defectstudio.domain.records import Item, JobState, Review
from defectstudio.gui.auditing import Auditing
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.gui.panels.thumbnails import Thumbnails
from tests.gui.test_batch import GROUND
from tests.gui.test_review import pick, record, shown

FAINT, HALO = Finding(Flaw.FAINT, 1, 2, 5, ""), Finding(Flaw.HALO, 1, 1, 0.2, "")
REPORT = AuditReport(
    "plate", {1: "scratch"}, AuditSettings(),
    (
        Audited("three", True, 3, True, (FAINT, HALO), ()),
        Audited("one", True, 1, True, (HALO,), ()),
        Audited("real", False, None, False, (FAINT,), ()),
        Audited("two", True, 2, True, (), ()),
    ),
    (), (Wanted("scratch", 12, ("plate 1",)),), {},
)  # fmt: skip
PLATE = Item(1, "plate")


class Jobs(QObject):
    ended = Signal(object)

    def __init__(self):
        super().__init__()
        self.started = []

    def start(self, start):
        self.started.append(start)


@pytest.fixture
def parts(qtbot, tmp_path, monkeypatch):
    """The two pages of an item with four samples, and its last audit, which is `found`."""
    bridge = Bridge()
    thumbnails, files = Thumbnails(bridge), Background("files", bridge)
    review, batch, jobs = ReviewPage(thumbnails), BatchPage(thumbnails), Jobs()
    qtbot.addWidget(review)
    qtbot.addWidget(batch)
    review.show_samples([record(tmp_path, n, (1,)) for n in range(1, 5)], {1: "scratch"})
    batch.show_ground(GROUND)
    made = SimpleNamespace(review=review, batch=batch, jobs=jobs, found=None)

    def last(_project, _item):
        if isinstance(made.found, Exception):
            raise made.found
        return made.found

    monkeypatch.setattr("defectstudio.gui.auditing.last_audit", last)
    made.auditing = Auditing(None, files, jobs=jobs, review=review, batch=batch, parent=review)
    made.page = tmp_path / "audit.html"
    yield made
    files.close()
    thumbnails.close()
    bridge.close()


def test_without_an_audit_nothing_of_it_is_shown(parts, qtbot):
    review, batch = parts.review, parts.batch
    parts.auditing.refresh(PLATE)
    parts.auditing._fill()
    parts.auditing._open_report()
    assert review.audit.isHidden() and batch.fill.isHidden()


def test_an_audit_that_ends_is_shown_worst_first(parts, qtbot, monkeypatch):
    review, batch, auditing = parts.review, parts.batch, parts.auditing
    auditing.start()  # no item is shown yet
    assert parts.jobs.started == []
    auditing.refresh(PLATE)
    auditing.start()
    assert len(parts.jobs.started) == 1
    parts.found, said = LastAudit(REPORT, parts.page), QSignalSpy(auditing.noted)
    job = SimpleNamespace(kind="audit", state=JobState.FAILED, title="plate")
    parts.jobs.ended.emit(job)
    parts.jobs.ended.emit(SimpleNamespace(**{**vars(job), "kind": "train"}))
    assert said.count() == 0
    parts.jobs.ended.emit(SimpleNamespace(**{**vars(job), "state": JobState.DONE}))
    qtbot.waitUntil(lambda: not review.audit.isHidden())
    assert "plate is audited" in said.at(0)[0]
    assert shown(review) == [1, 2, 3, 4]
    pick(review.flaws, "with a finding (2)")
    assert shown(review) == [3, 1]
    assert "below a just noticeable contrast; changed" in review._facts.text()
    pick(review.flaws, "below a just noticeable contrast (1)")
    assert shown(review) == [3]
    review.show_samples([replace(one, review=Review.REJECTED) for one in review.model.all], {})
    assert shown(review) == [3]
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    review.report.click()
    assert opened[0].toLocalFile() == str(parts.page)
    assert not batch.fill.isHidden()
    batch.fill.click()
    assert batch.plan.lines == (PlanLine("scratch", 12, ("plate 1",)),)
    assert said.at(1)[0] == "12 samples planned where real defects have none."
    auditing.close()
    assert review.audit.isHidden() and shown(review) == [1, 2, 3, 4]


def test_an_audit_that_cannot_be_read_is_told(parts, qtbot):
    parts.found = JobError("torn")
    with qtbot.waitSignal(parts.auditing.failed):
        parts.auditing.refresh(PLATE)
