"""The bottom dock: jobs, their curves and log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.again import resumes, starts_again
from defectstudio.app.run_files import report_page
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.words import size
from defectstudio.gui.dialogs.parts import input_dialog, may
from defectstudio.gui.icons import icon
from defectstudio.gui.job_control import JobControl
from defectstudio.gui.panels.job_model import PROGRESS_COLUMN, RECORD, JobModel, ProgressDelegate
from defectstudio.gui.panels.log_view import LogView
from defectstudio.gui.panels.picture_view import PictureView
from defectstudio.gui.telling import retold

if TYPE_CHECKING:
    from defectstudio.gui.panels.curve import CurvePlot

REDRAW_MS = 250
_WAITING = (JobState.QUEUED, JobState.PAUSED)


class JobsPanel(QWidget):
    """A table of jobs; beside it the curves and the log of the chosen one."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self._control: JobControl | None = None
        self._curve: CurvePlot | None = None
        self._model = JobModel()
        self.table = self._made_table()
        self.log = LogView()
        self._plots = QStackedWidget()
        self._no_curve = self._empty()
        self._plots.addWidget(self._no_curve)
        self.tabs = QTabWidget()
        self.tabs.addTab(self._plots, self.tr("Curves"))
        self.tabs.addTab(self.log, self.tr("Log"))
        self.picture = PictureView(
            self.tr("What the training draws"), self.tr("What a training draws appears here.")
        )
        self.tabs.addTab(self.picture, self.tr("Picture"))
        self.cancel = QPushButton(icon("cancel"), self.tr("Cancel job"))
        self.cancel.clicked.connect(self._cancel)
        self.resume = QPushButton(icon("resume"), self.tr("Resume"))
        self.resume.clicked.connect(self._resume)
        self.pause = QPushButton(icon("pause"), self.tr("Pause"))
        self.pause.setToolTip(self.tr("Stop at a checkpoint; the slot is free for other jobs"))
        self.pause.clicked.connect(self._pause)
        self.sooner = self._action("chevron-up", self.tr("Start sooner"), lambda: self._rank(1))
        self.later = self._action("chevron-down", self.tr("Start later"), lambda: self._rank(-1))
        self.report = self._action("report", self.tr("Open the report"), self._open_report)
        self.folder = self._action("folder", self.tr("Open the job's folder"), self._open_folder)
        self.rename = self._action("", self.tr("Rename the job…"), self._ask_rename)
        self.rename.setShortcut(QKeySequence(Qt.Key.Key_F2))
        self.rename.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.delete = self._action("delete", self.tr("Delete the job…"), self._ask_delete)
        self.delete.setShortcut(QKeySequence.StandardKey.Delete)
        self.delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._draw)
        self._lay_out()
        self._show_choice()

    def watch(self, control: JobControl) -> None:
        """Show the jobs of this control."""
        self._control = control
        control.measured.connect(self._on_metrics)
        control.logged.connect(self._on_log)
        control.opened.connect(self._on_opened)
        control.weighed.connect(self._on_weighed)
        control.ended.connect(self._on_ended)
        control.pictured.connect(self._on_picture)

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
        self.log.dress()
        if self._curve is not None:
            self._curve.dress()

    def let_go(self) -> None:
        """The project is closed."""
        self._redraw.stop()
        self._control = None
        self._model.show([])
        self.log.show_log("")
        self.picture.show_pixels(None)
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
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setItemDelegateForColumn(PROGRESS_COLUMN, ProgressDelegate(table))
        head = table.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(3, QHeaderView.ResizeMode.ResizeToContents)
        head.resizeSection(PROGRESS_COLUMN, 9 * self.fontMetrics().height())
        table.selectionModel().currentRowChanged.connect(lambda *_: self._show_choice(anew=True))
        return table

    def _empty(self) -> QLabel:
        label = QLabel()
        label.setProperty("role", "muted")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        buttons = QHBoxLayout()
        buttons.setSpacing(em // 3)
        buttons.setContentsMargins(em // 3, em // 4, em // 3, em // 4)
        for action in (self.sooner, self.later, self.report, self.folder, self.delete):
            button = QToolButton()
            button.setDefaultAction(action)
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.resume)
        buttons.addWidget(self.pause)
        buttons.addWidget(self.cancel)
        self.message.setContentsMargins(em // 2, em // 4, em // 2, 0)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self.message)
        column.addLayout(buttons)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.tabs)
        split.setSizes([32 * em, 36 * em])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def _action(self, drawing: str, text: str, run: Callable[[], object]) -> QAction:
        """In the table's menu, and a button below it."""
        action = QAction(text, self.table)
        if drawing:
            action.setIcon(icon(drawing))
        action.triggered.connect(run)
        self.table.addAction(action)
        return action

    def _current(self) -> JobRecord | None:
        job: JobRecord | None = self.table.currentIndex().data(RECORD)
        return job

    def _show_choice(self, *, anew: bool = False) -> None:
        job, control = self._current(), self._control
        live = job is not None and not job.state.is_over
        told = job is not None and bool(job.wanted)
        self.cancel.setEnabled(live and not told)
        self.pause.setVisible(live and job is not None and job.state is not JobState.PAUSED)
        self.pause.setEnabled(not told)
        again = job is not None and (resumes(job) or starts_again(job))
        self.resume.setVisible(again)
        if again and job is not None:
            self.resume.setText(self.tr("Resume") if resumes(job) else self.tr("Start again"))
        self.folder.setEnabled(job is not None)
        for action in (self.rename, self.delete):
            action.setEnabled(job is not None and not live)
        for action in (self.sooner, self.later):
            action.setEnabled(job is not None and job.state in _WAITING)
        self.report.setEnabled(job is not None and report_page(job.folder) is not None)
        self._show_message(job)
        starts = job is not None and job.is_starting
        begins = self.tr("It starts up, which takes some seconds…") if starts else ""
        self._no_curve.setText(begins or self.tr("The curves of a training appear here."))
        self.log.text.setPlaceholderText(begins)
        if anew and job is not None and control is not None:
            self.folder.setText(self.tr("Open the job's folder"))
            control.open(job.id)
            if not live:
                control.weigh(job)

    def _show_message(self, job: JobRecord | None) -> None:
        failed = job is not None and job.state is JobState.FAILED
        self.message.setText(retold(job.message) if job else "")
        self.message.setVisible(bool(job and job.message))
        self.message.setProperty("role", "error" if failed else "muted")
        self.message.style().polish(self.message)

    def _on_metrics(self, job_id: int) -> None:
        job = self._current()
        if job is not None and job.id == job_id and not self._redraw.isActive():
            self._redraw.start()

    def _on_log(self, job_id: int, text: str) -> None:
        job = self._current()
        if job is not None and job.id == job_id:
            self.log.add(text)

    def _on_weighed(self, job_id: int, count: int) -> None:
        job = self._current()
        if job is not None and job.id == job_id:
            self.folder.setText(self.tr("Open the job's folder: {}").format(size(count)))

    def _on_picture(self, job_id: int, pixels: NDArray[np.uint8] | None) -> None:
        job = self._current()
        if job is not None and job.id == job_id:
            self.picture.show_pixels(pixels)

    def _on_ended(self, ended: JobRecord) -> None:
        """The file has more than the events told: what the worker printed, and why it failed."""
        job = self._current()
        if job is not None and job.id == ended.id and self._control is not None:
            self._control.open(job.id)

    def _on_opened(self, job_id: int, log: str) -> None:
        job = self._current()
        if job is not None and job.id == job_id:
            self.log.show_log(log)
            self._draw()

    def _draw(self) -> None:
        job = self._current()
        metrics = self._control.metrics(job.id) if job and self._control else []
        if len(metrics) < 2:  # One point is no curve.
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
            self.message.setText(self.tr("Stopping at a checkpoint…"))
            self.message.show()

    def _pause(self) -> None:
        job = self._current()
        if job is not None and self._control is not None:
            self._control.pause(job.id)
            self.pause.setEnabled(False)

    def _rank(self, step: int) -> None:
        job = self._current()
        if job is not None and self._control is not None:
            self._control.prioritize(job.id, job.asked.priority + step)

    def _resume(self) -> None:
        job = self._current()
        if job is not None and self._control is not None:
            self._control.once_more(job)

    def _open_folder(self) -> None:
        job = self._current()
        if job is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(job.folder)))

    def _open_report(self) -> None:
        job = self._current()
        page = report_page(job.folder) if job is not None else None
        if page is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def _ask_rename(self) -> None:
        job, control = self._current(), self._control
        if job is None or control is None:
            return
        title = self.tr("Rename {}").format(job.title)
        dialog = input_dialog(
            self, title, self.tr("Its new name:"), lambda new: control.rename(job, new)
        )
        dialog.setTextValue(job.title)
        dialog.open()

    def _ask_delete(self) -> None:
        job = self._current()
        if job is not None and self._control is not None and may_delete(self, job):
            self._control.remove(job.id)


def may_delete(parent: QWidget, job: JobRecord) -> bool:
    """Ask whether the job, its log and its report may be deleted."""
    return may(
        parent,
        parent.tr("Delete the job “{}”?").format(job.title),
        parent.tr(
            "Its log, checkpoints, report and predictions are deleted. Models and samples that it"
            " gave the project stay."
        ),
        parent.tr("Delete job"),
    )
