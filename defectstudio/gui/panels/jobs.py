"""The bottom dock: jobs, their curves and log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from defectstudio.domain.records import JobRecord, JobState
from defectstudio.gui.icons import icon
from defectstudio.gui.job_control import JobControl
from defectstudio.gui.panels.job_model import PROGRESS_COLUMN, RECORD, JobModel, ProgressDelegate

if TYPE_CHECKING:
    from defectstudio.gui.panels.curve import CurvePlot

REDRAW_MS = 250
_ENDED_EARLY = (JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED)


class JobsPanel(QWidget):
    """A table of jobs; beside it the curves and the log of the chosen one."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._control: JobControl | None = None
        self._curve: CurvePlot | None = None
        self._model = JobModel()
        self.table = self._made_table()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(5000)
        self.log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.log.setAccessibleName(self.tr("Log of the job"))
        self._plots = QStackedWidget()
        self._plots.addWidget(self._empty(self.tr("The curves of a training appear here.")))
        self.tabs = QTabWidget()
        self.tabs.addTab(self._plots, self.tr("Curves"))
        self.tabs.addTab(self.log, self.tr("Log"))
        self.cancel = QPushButton(icon("cancel"), self.tr("Cancel job"))
        self.cancel.clicked.connect(self._cancel)
        self.resume = QPushButton(icon("resume"), self.tr("Resume"))
        self.resume.clicked.connect(self._resume)
        self._message = QLabel()
        self._message.setProperty("role", "muted")
        self._message.setWordWrap(True)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._draw)
        self._lay_out()
        self._show_choice()

    def watch(self, control: JobControl) -> None:
        """Show the jobs of this control."""
        self._control = control
        control.progressed.connect(self._on_progress)
        control.measured.connect(self._on_metrics)
        control.logged.connect(self._on_log)

    def show_jobs(self, jobs: list[JobRecord]) -> None:
        """Fill the table; what is chosen stays chosen, else the newest."""
        current = self._current()
        rows = self._model.rowCount()
        self._model.show(jobs)
        row = self._model.row_of(current.id) if current else -1
        if self._model.rowCount() > rows:
            row = 0
        if row != self.table.currentIndex().row() and self._model.rowCount():
            self.table.setCurrentIndex(self._model.index(max(0, row), 0))
        else:
            self._show_choice()

    def dress(self) -> None:
        """The palette changed."""
        if self._curve is not None:
            self._curve.dress()

    def let_go(self) -> None:
        """The project is closed."""
        self._redraw.stop()
        self._control = None
        self._model.show([])
        self.log.clear()
        self._plots.setCurrentIndex(0)
        self._show_choice()

    def end(self) -> None:
        """The window is closed."""
        if self._curve is not None:
            self._plots.removeWidget(self._curve)
            self._curve.end()
            self._curve = None

    def _made_table(self) -> QTreeView:
        table = QTreeView()
        table.setModel(self._model)
        table.setAccessibleName(self.tr("Jobs"))
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setItemDelegateForColumn(PROGRESS_COLUMN, ProgressDelegate(table))
        head = table.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        head.resizeSection(PROGRESS_COLUMN, 11 * self.fontMetrics().height())
        table.selectionModel().currentRowChanged.connect(lambda *_: self._show_choice(anew=True))
        return table

    def _empty(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        buttons = QHBoxLayout()
        buttons.setContentsMargins(em // 2, 0, em // 2, em // 2)
        buttons.addWidget(self._message, 1)
        buttons.addWidget(self.resume)
        buttons.addWidget(self.cancel)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.tabs)
        split.setSizes([24 * em, 36 * em])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def _current(self) -> JobRecord | None:
        job: JobRecord | None = self.table.currentIndex().data(RECORD)
        return job

    def _show_choice(self, *, anew: bool = False) -> None:
        job, control = self._current(), self._control
        running = job is not None and control is not None and control.is_running(job.id)
        self.cancel.setEnabled(running)
        ended = job is not None and job.kind == "train" and job.state in _ENDED_EARLY
        self.resume.setVisible(ended and not running)
        self._message.setText(job.message if job else "")
        if anew and job is not None and control is not None:
            self.log.setPlainText(control.log(job.id))
            self._draw()

    def _on_progress(self, job_id: int, done: int, total: int) -> None:
        self._model.progress(job_id, done / max(1, total))

    def _on_metrics(self, job_id: int) -> None:
        job = self._current()
        if job is not None and job.id == job_id and not self._redraw.isActive():
            self._redraw.start()

    def _on_log(self, job_id: int, text: str) -> None:
        job = self._current()
        if job is not None and job.id == job_id:
            self.log.appendPlainText(text)

    def _draw(self) -> None:
        job = self._current()
        metrics = self._control.metrics(job.id) if job and self._control else []
        if not metrics:
            self._plots.setCurrentIndex(0)
            return
        if self._curve is None:
            from defectstudio.gui.panels.curve import CurvePlot

            self._curve = CurvePlot()
            self._plots.addWidget(self._curve)
        self._curve.show_metrics(metrics)
        self._plots.setCurrentWidget(self._curve)

    def _cancel(self) -> None:
        job = self._current()
        if job is not None and self._control is not None:
            self._control.cancel(job.id)
            self.cancel.setEnabled(False)
            self._message.setText(self.tr("Stopping at a checkpoint…"))

    def _resume(self) -> None:
        job = self._current()
        if job is not None and self._control is not None:
            self._control.resume(job)
