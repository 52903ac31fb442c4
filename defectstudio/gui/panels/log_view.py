"""The log of a job: levels in colour, a filter."""

from __future__ import annotations

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QPalette,
    QSyntaxHighlighter,
    QTextCharFormat,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.run_files import level_of_line

LINES = 5000
"""Kept of a log; the file has them all."""


class LogView(QWidget):
    """Lines as they come; those that are shown are chosen by level and by words."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(LINES)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.tr("Log of the job"))
        self._levels = _Levels(self.text)
        self.words = QLineEdit()
        self.words.setPlaceholderText(self.tr("Filter the log"))
        self.words.setClearButtonEnabled(True)
        self.words.setAccessibleName(self.tr("Filter the log"))
        self.words.textChanged.connect(self._refill)
        self.level = QComboBox()
        self.level.setAccessibleName(self.tr("Lines shown"))
        self.level.addItem(self.tr("All lines"), ())
        self.level.addItem(self.tr("Notices and warnings"), ("notice", "warning"))
        self.level.addItem(self.tr("Warnings"), ("warning",))
        self.level.currentIndexChanged.connect(self._refill)
        top = QHBoxLayout()
        top.addWidget(self.words, 1)
        top.addWidget(self.level)
        em = self.fontMetrics().height()
        top.setContentsMargins(em // 3, em // 4, em // 3, em // 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.text, 1)

    def show_log(self, log: str) -> None:
        """Show another log, its end first."""
        self._lines = log.splitlines()[-LINES:]
        self._refill()

    def add(self, line: str) -> None:
        """A line more."""
        self._lines.append(line)
        del self._lines[:-LINES]
        if self._is_shown(line):
            self.text.appendPlainText(line)

    def dress(self) -> None:
        """The palette changed."""
        self._levels.rehighlight()

    def _refill(self) -> None:
        self.text.setPlainText("\n".join(line for line in self._lines if self._is_shown(line)))
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _is_shown(self, line: str) -> bool:
        levels = self.level.currentData()
        return (not levels or level_of_line(line) in levels) and (
            self.words.text().strip().casefold() in line.casefold()
        )


class _Levels(QSyntaxHighlighter):
    """A warning is of the colour of errors and bold, a notice of the accent, output muted."""

    def __init__(self, view: QPlainTextEdit) -> None:
        super().__init__(view.document())
        self._view = view

    def highlightBlock(self, text: str) -> None:  # noqa: N802
        role = {
            "warning": QPalette.ColorRole.BrightText,
            "notice": QPalette.ColorRole.Accent,
            "output": QPalette.ColorRole.PlaceholderText,
        }.get(level_of_line(text))
        if role is not None and text:
            look = QTextCharFormat()
            look.setForeground(QColor(self._view.palette().color(role)))
            if role is QPalette.ColorRole.BrightText:
                look.setFontWeight(QFont.Weight.Bold)
            self.setFormat(0, len(text), look)
