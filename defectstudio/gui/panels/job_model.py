"""Jobs as a table model: newest first."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.words import duration
from defectstudio.gui.translation import localized

RECORD = Qt.ItemDataRole.UserRole
PROGRESS_COLUMN = 2


class JobModel(QAbstractTableModel):
    """Columns: kind and title, state, progress, the time left or when it ended."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[JobRecord] = []
        self._heads = (self.tr("Job"), self.tr("State"), self.tr("Progress"), self.tr("Time"))

    def show(self, records: list[JobRecord]) -> None:
        """Show these jobs; rows stay when only their state changed."""
        newest = records[::-1]
        if [job.id for job in newest] == [job.id for job in self._records]:
            self._records = newest
            if newest:
                self.dataChanged.emit(self.index(0, 0), self.index(len(newest) - 1, 3))
            return
        self.beginResetModel()
        self._records = newest
        self.endResetModel()

    def row_of(self, job_id: int) -> int:
        """The row of a job, -1 when it is not here."""
        ids = [job.id for job in self._records]
        return ids.index(job_id) if job_id in ids else -1

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, _parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return len(self._heads)

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._heads[section]
        if role == Qt.ItemDataRole.SizeHintRole and orientation == Qt.Orientation.Horizontal:
            return self._room(section)
        return None

    def _room(self, column: int) -> QSize | None:
        """For what a column usually says, so that the others do not jump when it changes."""
        usual = {
            1: [self._word(state) for state in JobState],
            3: ["0000-00-00", self.tr("{} left").format(duration(59 * 60 + 59))],
        }.get(column)
        if usual is None:
            return None
        metrics = QFontMetrics(QGuiApplication.font())
        widest = max(metrics.horizontalAdvance(text) for text in usual)
        return QSize(widest + metrics.height(), round(1.6 * metrics.height()))

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        job = self._records[index.row()]
        if role == RECORD:
            return job
        if role == Qt.ItemDataRole.ToolTipRole:
            return job.message or job.title
        if role == Qt.ItemDataRole.DisplayRole:
            title = " ".join(filter(None, (f"#{job.id}", self._kind(job), job.title)))
            return (title, self._state(job), None, self._time(job))[index.column()]
        return None

    def _kind(self, job: JobRecord) -> str:
        if job.asked.order.get("trial"):
            return ""  # its title says what it is
        return {
            "train": self.tr("Train"),
            "train_segmenter": self.tr("Train segmenter"),
            "synthesize": self.tr("Make"),
            "evaluate": self.tr("Judge"),
            "compare": self.tr("Compare"),
            "audit": self.tr("Audit"),
            "predict": self.tr("Look at"),
        }.get(job.kind, "")

    def _state(self, job: JobRecord) -> str:
        """The state, what is wanted of it, and what it waits for."""
        state = self._word(job.state)
        if job.wanted:
            return self.tr("{}, to be {}").format(state, self._word(JobState(job.wanted)))
        if job.is_starting:
            return self._word(JobState.STARTING)
        if job.state is not JobState.QUEUED:
            return state
        if waits := [n for n in job.asked.after if not self._is_done(n)]:
            state = self.tr("{} after {}").format(state, ", ".join(f"#{n}" for n in waits))
        priority = job.asked.priority
        return f"{state} ({priority:+d})" if priority else state

    def _is_done(self, job_id: int) -> bool:
        row = self.row_of(job_id)
        return row >= 0 and self._records[row].state is JobState.DONE

    def _word(self, state: JobState) -> str:
        return {
            JobState.QUEUED: self.tr("queued"),
            JobState.STARTING: self.tr("starting"),
            JobState.RUNNING: self.tr("running"),
            JobState.PAUSED: self.tr("paused"),
            JobState.DONE: self.tr("done"),
            JobState.FAILED: self.tr("failed"),
            JobState.CANCELLED: self.tr("cancelled"),
            JobState.INTERRUPTED: self.tr("interrupted"),
        }[state]

    def _time(self, job: JobRecord) -> str:
        if not job.state.is_over:
            left = job.seconds_left
            return "" if left is None else self.tr("{} left").format(duration(left))
        if job.ended is None:
            return ""
        ended = datetime.fromisoformat(job.ended).astimezone()
        today = ended.date() == datetime.now().astimezone().date()
        return ended.strftime("%H:%M" if today else "%Y-%m-%d")


class ProgressDelegate(QStyledItemDelegate):
    """A slim bar, in words at its right; of a job that starts up words alone."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        job: JobRecord = index.data(RECORD)
        palette = option.palette
        if job.is_starting:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(option.rect.adjusted(6, 0, -6, 0), side, localized("starting…"))
            return
        words = f"{job.progress:.0%}"
        room = option.fontMetrics.horizontalAdvance("100 %") + 8
        place = QRectF(option.rect).adjusted(6, 0, -room, 0)
        bar = QRectF(place.left(), place.center().y() - 2.5, max(0.0, place.width()), 5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, 2.5, 2.5)
        bar.setWidth(bar.width() * min(1.0, job.progress))
        painter.setBrush(_colour(job.state, palette))
        painter.drawRoundedRect(bar, 2.5, 2.5)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(option.rect.adjusted(0, 0, -6, 0), side, words)
        painter.restore()


def _colour(state: JobState, palette: QPalette) -> QColor:
    if state in (JobState.FAILED, JobState.INTERRUPTED):
        return palette.color(QPalette.ColorRole.BrightText)
    role = QPalette.ColorRole.Accent if state.is_owned else QPalette.ColorRole.PlaceholderText
    return palette.color(role)
