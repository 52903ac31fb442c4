"""The bar that tells of errors and news without stopping anybody."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app import logbook
from defectstudio.domain.errors import DefectStudioError
from defectstudio.gui.fields import icon_button
from defectstudio.gui.icons import icon
from defectstudio.gui.sign import Sign
from defectstudio.gui.telling import sentence

NOTE_MS = 7000


class MessageBar(QFrame):
    """Shows the newest message; an error stays until it is closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messages")
        self._picture = Sign(self.fontMetrics().height(), icon("info"))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setMaximumHeight(8 * self.fontMetrics().height())
        self.more = QPushButton(self.tr("Details"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self.details.setVisible)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.clicked.connect(self._copy)
        close = icon_button("cancel", self.tr("Close"))
        close.clicked.connect(self.hide)
        row = QHBoxLayout()
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        for button in (self.more, self.copy, close):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 5)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_error(self, error: DefectStudioError) -> None:
        """Say what is wrong and what to do; the rest is under Details."""
        self._timer.stop()
        logbook.note_error(error)
        reason, remedy = _sentence(sentence(error.reason)), sentence(error.remedy)
        self.text.setText(f"<b>{_escaped(reason)}</b> {_escaped(remedy)}")
        notes = "\n".join(getattr(error, "__notes__", []))
        lines = [f"{type(error).__name__}: {error.reason}", error.subject, error.remedy, notes]
        self.details.setPlainText("\n".join(line for line in lines if line))
        self._appear("error", with_details=True)

    def show_note(self, text: str) -> None:
        """Say something that goes away by itself."""
        self.text.setText(_escaped(text))
        self._appear("note", with_details=False)
        self._timer.start(NOTE_MS)

    def _appear(self, kind: str, *, with_details: bool) -> None:
        self._picture.show_icon(icon("error" if kind == "error" else "info"))
        self.more.setChecked(False)
        self.details.hide()
        self.more.setVisible(with_details)
        self.copy.setVisible(with_details)
        self.setProperty("kind", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.details.toPlainText())


def _sentence(reason: str) -> str:
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
