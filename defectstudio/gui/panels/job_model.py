"""Jobs as a table model: newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from defectstudio.domain.records import JobRecord, JobState

RECORD = Qt.ItemDataRole.UserRole
PROGRESS_COLUMN = 2
_LIVE = (JobState.QUEUED, JobState.RUNNING)


class JobModel(QAbstractTableModel):
    """Columns: kind and title, state, progress, the time left or when it ended."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[JobRecord] = []
        self._left: dict[int, float | None] = {}
        self._heads = (self.tr("Job"), self.tr("State"), self.tr("Progress"), self.tr("Time"))

    def show(self, records: list[JobRecord]) -> None:
        """Show these jobs; rows stay when only their state changed."""
        known = {job.id: job.progress for job in self._records}
        newest = [_ahead(job, known.get(job.id, 0.0)) for job in records[::-1]]
        if [job.id for job in newest] == [job.id for job in self._records]:
            self._records = newest
            if newest:
                self.dataChanged.emit(self.index(0, 0), self.index(len(newest) - 1, 3))
            return
        self.beginResetModel()
        self._records = newest
        self.endResetModel()

    def progress(self, job_id: int, share: float, seconds_left: float | None = None) -> None:
        """Show progress before the project has it."""
        row = self.row_of(job_id)
        if row >= 0:
            self._left[job_id] = seconds_left
            self._records[row] = replace(self._records[row], progress=share)
            self.dataChanged.emit(self.index(row, PROGRESS_COLUMN), self.index(row, 3))

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
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        job = self._records[index.row()]
        if role == RECORD:
            return job
        if role == Qt.ItemDataRole.ToolTipRole:
            return job.message or job.title
        if role == Qt.ItemDataRole.DisplayRole:
            title = f"{self._kind(job)} {job.title}".strip()
            return (title, self._state(job.state), None, self._time(job))[index.column()]
        return None

    def _kind(self, job: JobRecord) -> str:
        return {
            "train": self.tr("Train"),
            "train_segmenter": self.tr("Train segmenter"),
            "synthesize": self.tr("Make"),
            "evaluate": self.tr("Judge"),
            "compare": self.tr("Compare"),
            "predict": self.tr("Look at"),
        }.get(job.kind, "")

    def _state(self, state: JobState) -> str:
        return {
            JobState.QUEUED: self.tr("queued"),
            JobState.RUNNING: self.tr("running"),
            JobState.DONE: self.tr("done"),
            JobState.FAILED: self.tr("failed"),
            JobState.CANCELLED: self.tr("cancelled"),
            JobState.INTERRUPTED: self.tr("interrupted"),
        }[state]

    def _time(self, job: JobRecord) -> str:
        if job.state in _LIVE:
            left = self._left.get(job.id)
            return "" if left is None else self.tr("{} left").format(duration(left))
        if job.ended is None:
            return ""
        ended = datetime.fromisoformat(job.ended).astimezone()
        today = ended.date() == datetime.now().astimezone().date()
        return ended.strftime("%H:%M" if today else "%Y-%m-%d")


def duration(seconds: float) -> str:
    """As people say it: 12 s, 3 min, 2 h 5 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class ProgressDelegate(QStyledItemDelegate):
    """A slim bar, in words at its right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        job: JobRecord = index.data(RECORD)
        palette = option.palette
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


def _ahead(job: JobRecord, known: float) -> JobRecord:
    """A running job's row lags behind its events."""
    return replace(job, progress=max(job.progress, known)) if job.state in _LIVE else job


def _colour(state: JobState, palette: QPalette) -> QColor:
    if state in (JobState.FAILED, JobState.INTERRUPTED):
        return palette.color(QPalette.ColorRole.BrightText)
    live = state in _LIVE
    role = QPalette.ColorRole.Accent if live else QPalette.ColorRole.PlaceholderText
    return palette.color(role)
