"""About the program, what this machine can do, and the log."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLibraryInfo, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QPalette, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import defectstudio
from defectstudio.app import logbook
from defectstudio.app.doctor import Check, examine
from defectstudio.gui.background import Background
from defectstudio.gui.dialogs.parts import hint
from defectstudio.gui.icons import icon
from defectstudio.gui.sign import Sign
from defectstudio.gui.telling import in_words

_ICONS = {"ok": "accept", "note": "info", "missing": "error"}


class AboutDialog(QDialog):
    """Name, version, licence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About DefectStudio"))
        em = self.fontMetrics().height()
        sign = Sign(4 * em, icon("defectstudio", QPalette.ColorRole.Accent))
        self.text = QLabel(
            f"<h2>DefectStudio {defectstudio.__version__}</h2>"
            + f"<p>{self.tr('Labeled synthetic defects for industrial inspection.')}</p>"
            + f"<p>{self.tr('Apache License 2.0. Made with Qt {}, which is under the LGPL.')}</p>"
            .format(QLibraryInfo.version().toString())
        )  # fmt: skip
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addSpacing(em)
        row.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(_closing(self))


class SystemCheck(QDialog):
    """Looks at the machine off the window's thread and tells what it finds."""

    def __init__(
        self,
        files: Background,
        parent: QWidget | None = None,
        look: Callable[[], list[Check]] = examine,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("System check"))
        em = self.fontMetrics().height()
        self._alive, self._checks = True, []
        self.finished.connect(self._end)
        self.note = hint(self.tr("Looking at this machine; a worker is started for it…"))
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.grid, inner, area = QGridLayout(), QWidget(), QScrollArea()
        self.grid.setHorizontalSpacing(em)
        self.grid.setVerticalSpacing(em // 2)
        self.grid.setColumnStretch(2, 1)
        inner.setLayout(self.grid)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self.copy = QPushButton(self.tr("Copy diagnostics"))
        self.copy.setToolTip(self.tr("With the end of the log, without names and folders"))
        self.copy.setEnabled(False)
        self.copy.clicked.connect(self._copy)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.busy)
        layout.addWidget(area, 1)
        layout.addWidget(_closing(self, self.copy))
        self.resize(44 * em, 32 * em)
        files.run(
            look, self._show, lambda error: self._alive and self.note.setText(in_words(error))
        )

    def _show(self, checks: list[Check]) -> None:
        if not self._alive:
            return
        self._checks = checks
        self.busy.hide()
        missing = [check.name for check in checks if check.state == "missing"]
        self.note.setText(
            self.tr("Missing: {}").format(", ".join(missing))
            if missing
            else self.tr("All that is needed is there.")
        )
        em = self.fontMetrics().height()
        for row, check in enumerate(checks):
            sign, name = Sign(em, icon(_ICONS[check.state])), QLabel(check.name)
            sign.setAccessibleName(check.state)
            found = QLabel("\n".join(filter(None, (check.found, check.remedy))))
            found.setWordWrap(True)
            found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            top = Qt.AlignmentFlag.AlignTop
            for column, (widget, how) in enumerate(((sign, top), (name, top), (found, top))):
                self.grid.addWidget(widget, row, column, how)
        self.grid.setRowStretch(len(checks), 1)
        self.copy.setEnabled(True)

    def _copy(self) -> None:
        QApplication.clipboard().setText(logbook.diagnostics(self._checks))

    def _end(self) -> None:
        self._alive = False


class LogDialog(QDialog):
    """The end of the window's log."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Log"))
        em = self.fontMetrics().height()
        path = logbook.log_path()
        self.text = QPlainTextEdit(logbook.read())
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("Log"))
        self.text.setPlaceholderText(self.tr("Nothing has been written yet."))
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.text.toPlainText()))
        folder = QPushButton(self.tr("Open folder"))
        folder.setEnabled(path.parent.is_dir())
        folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
        )
        layout = QVBoxLayout(self)
        layout.addWidget(hint(str(path)))
        layout.addWidget(self.text, 1)
        layout.addWidget(_closing(self, self.copy, folder))
        self.resize(54 * em, 32 * em)


def _closing(dialog: QDialog, *others: QPushButton) -> QDialogButtonBox:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    for button in others:
        box.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
    box.rejected.connect(dialog.reject)
    return box
