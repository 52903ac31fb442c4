"""Jobs as a table model: newest first."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from defectstudio.domain.records import JobRecord, JobState

RECORD = Qt.ItemDataRole.UserRole
PROGRESS_COLUMN = 2
_LIVE = (JobState.QUEUED, JobState.RUNNING)


class JobModel(QAbstractTableModel):
    """Columns: kind and title, state, progress."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[JobRecord] = []
        self._heads = (self.tr("Job"), self.tr("State"), self.tr("Progress"))

    def show(self, records: list[JobRecord]) -> None:
        """Show these jobs; rows stay when only their state changed."""
        known = {job.id: job.progress for job in self._records}
        newest = [_ahead(job, known.get(job.id, 0.0)) for job in records[::-1]]
        if [job.id for job in newest] == [job.id for job in self._records]:
            self._records = newest
            if newest:
                self.dataChanged.emit(self.index(0, 0), self.index(len(newest) - 1, 2))
            return
        self.beginResetModel()
        self._records = newest
        self.endResetModel()

    def progress(self, job_id: int, share: float) -> None:
        """Show progress before the project has it."""
        row = self.row_of(job_id)
        if row >= 0:
            self._records[row] = replace(self._records[row], progress=share)
            cell = self.index(row, PROGRESS_COLUMN)
            self.dataChanged.emit(cell, cell)

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
            kind = {
                "train": self.tr("Train"),
                "synthesize": self.tr("Make"),
                "train_segmenter": self.tr("Train segmenter"),
                "evaluate": self.tr("Judge"),
                "compare": self.tr("Compare"),
            }.get(job.kind, "")
            return (f"{kind} {job.title}".strip(), job.state.value, None)[index.column()]
        return None


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
