"""The last audit of an item: its findings on the review page, its plan on the batch page."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from defectstudio.app.auditing import LastAudit, last_audit, start_audit
from defectstudio.domain.auditing import AUDIT
from defectstudio.domain.records import Item, JobRecord, JobState
from defectstudio.gui.background import Background
from defectstudio.gui.job_control import JobControl
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.project.project import Project


class Auditing(QObject):
    """Joins audits to the pages. failed: an error; noted: a text."""

    failed = Signal(object)
    noted = Signal(str)

    def __init__(
        self,
        project: Project,
        files: Background,
        *,
        jobs: JobControl,
        review: ReviewPage,
        batch: BatchPage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._project, self._files, self._jobs = project, files, jobs
        self._review, self._batch = review, batch
        self._item: Item | None = None
        self._last: LastAudit | None = None
        jobs.ended.connect(self._on_ended)
        review.report_wanted.connect(self._open_report)
        batch.filling.connect(self._fill)

    def refresh(self, item: Item) -> None:
        """Show the last audit of an item."""
        self._item, project = item, self._project
        self._files.run_while(
            lambda: self._item is item,
            lambda: last_audit(project, item),
            self._show,
            self.failed.emit,
        )

    def start(self) -> None:
        """Audit the item that is shown."""
        if (item := self._item) is None:
            return
        self._jobs.start(lambda: start_audit(self._project, item=item.name))
        self.noted.emit(self.tr("The labels of {} are being audited; see Jobs.").format(item.name))

    def close(self) -> None:
        """Show nothing any more."""
        self._item = None
        self._show(None)

    def _show(self, found: LastAudit | None) -> None:
        self._last = found
        self._review.show_flaws(None if found is None else found.flaws)
        self._batch.show_holes(found is not None and bool(found.plan))

    def _on_ended(self, job: JobRecord) -> None:
        if job.kind != AUDIT or job.state is not JobState.DONE or self._item is None:
            return
        self.refresh(self._item)
        self.noted.emit(self.tr("{} is audited: review the findings (Ctrl+R).").format(job.title))

    def _open_report(self) -> None:
        if self._last is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._last.page)))

    def _fill(self) -> None:
        if self._last is None:
            return
        self._batch.plan.show_lines(self._last.plan)
        count = sum(line.count for line in self._batch.plan.lines)
        self.noted.emit(self.tr("{} samples planned where real defects have none.").format(count))
