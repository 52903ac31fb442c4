"""The bar that tells of errors and news without stopping anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Message:
    """kind: "error" or "note"; verb and go: what a button offers to do, if anything."""

    kind: str
    text: str
    details: str = ""
    verb: str = ""
    go: Callable[[], object] | None = None


class MessageBar(QFrame):
    """Shows the newest message. A note goes away by itself; an error or a result that was there
    before it comes back then and stays until it is closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messages")
        self._shown: _Message | None = None
        self._kept: _Message | None = None
        self._picture = Sign(self.fontMetrics().height(), icon("info"))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setMaximumHeight(8 * self.fontMetrics().height())
        self.offer = QPushButton()
        self.offer.clicked.connect(self._go)
        self.more = QPushButton(self.tr("Details"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self.details.setVisible)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.clicked.connect(self._copy)
        self.close_button = icon_button("cancel", self.tr("Close"))
        self.close_button.clicked.connect(self._close)
        row = QHBoxLayout()
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        for button in (self.offer, self.more, self.copy, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 5)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTE_MS)
        self._timer.timeout.connect(self._pass)
        self.hide()

    def show_error(self, error: DefectStudioError) -> None:
        """Say what is wrong and what to do; the rest is under Details."""
        logbook.note_error(error)
        reason, remedy = _sentence(sentence(error.reason)), sentence(error.remedy)
        notes = "\n".join(getattr(error, "__notes__", []))
        lines = [f"{type(error).__name__}: {error.reason}", error.subject, error.remedy, notes]
        text = f"<b>{_escaped(reason)}</b> {_escaped(remedy)}"
        self._keep(_Message("error", text, "\n".join(line for line in lines if line)))

    def show_result(self, text: str, verb: str, go: Callable[[], object]) -> None:
        """Say what came of it, with a button for what is done next."""
        self._keep(_Message("note", _escaped(text), verb=verb, go=go))

    def show_note(self, text: str) -> None:
        """Say something that goes away by itself."""
        self._appear(_Message("note", _escaped(text)))
        self._timer.start()

    def forget_news(self) -> None:
        """Notes and results are of a project that is closed now; an error stays."""
        if self._kept is not None and self._kept.kind == "note":
            self._kept = None
        self._pass()

    def _keep(self, message: _Message) -> None:
        self._timer.stop()
        self._kept = message
        self._appear(message)

    def _pass(self) -> None:
        """What was shown is over; what is kept is shown again."""
        self._timer.stop()
        if self._kept is None:
            self._shown = None
            self.hide()
        elif self._shown is not self._kept:
            self._appear(self._kept)

    def _close(self) -> None:
        if self._shown is self._kept:
            self._kept = None
        self._pass()

    def _go(self) -> None:
        shown = self._shown
        self._close()
        if shown is not None and shown.go is not None:
            shown.go()

    def _appear(self, message: _Message) -> None:
        self._shown = message
        self.text.setText(message.text)
        self.details.setPlainText(message.details)
        self.offer.setText(message.verb)
        self.offer.setVisible(bool(message.verb))
        self._picture.show_icon(icon("error" if message.kind == "error" else "info"))
        self.more.setChecked(False)
        self.details.hide()
        self.more.setVisible(bool(message.details))
        self.copy.setVisible(bool(message.details))
        self.setProperty("kind", message.kind)
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
