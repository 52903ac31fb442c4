"""Import a folder of images, after a look at what would happen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.importing import ImportReport
from defectstudio.domain.errors import DefectStudioError
from defectstudio.exchange.importing import AUTO, READERS
from defectstudio.gui.dialogs.parts import PathEdit, hint, verb_buttons
from defectstudio.gui.telling import in_words


@dataclass(frozen=True)
class ImportChoice:
    """What to import into which item."""

    source: Path
    format: str
    item: str
    groups_csv: Path | None


class ImportDialog(QDialog):
    """checked: look at this choice without changing anything; the report comes back.

    start: where a folder is looked for.
    """

    checked = Signal(object)

    def __init__(
        self, items: list[str], current: str, start: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import images"))
        self.source = PathEdit(self.tr("Folder with images"), start=start)
        self.format = QComboBox()
        self.format.addItems((AUTO, *READERS))
        self.item = QComboBox()
        self.item.setEditable(True)
        self.item.addItems(items)
        self.item.setCurrentText(current)
        self.groups = PathEdit(self.tr("Table of groups"), file_filter="CSV (*.csv)", start=start)
        self.groups.edit.setPlaceholderText(self.tr("optional: which images show the same part"))
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        form = QFormLayout()
        form.addRow(self.tr("Folder"), self.source)
        form.addRow(self.tr("Layout"), self.format)
        form.addRow(self.tr("Into item"), self.item)
        form.addRow(self.tr("Groups"), self.groups)
        buttons, self.go = verb_buttons(self.tr("Import"))
        self.check = QPushButton(self.tr("Check"))
        buttons.addButton(self.check, buttons.ButtonRole.ActionRole)
        self.check.clicked.connect(self._on_check)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(
            hint(
                self.tr(
                    "One folder a class: images beside their masks (a.png, a_mask.png), or in "
                    "folders images and masks; without masks they are painted later. Good images "
                    "in a folder named good, ok, normal or alike. Other layouts are found too. "
                    "Nothing in it is changed."
                )
            )
        )
        layout.addWidget(self.report, 1)
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(38 * em, 30 * em)
        self.source.changed.connect(self.report.clear)
        self.source.changed.connect(self._enable)
        self.item.editTextChanged.connect(self._enable)
        self._enable()

    @property
    def choice(self) -> ImportChoice:
        """What is entered."""
        assert self.source.path is not None
        return ImportChoice(
            self.source.path,
            self.format.currentText(),
            self.item.currentText().strip(),
            self.groups.path,
        )

    def show_report(self, report: ImportReport) -> None:
        """Tell what would happen."""
        self.report.setPlainText(told(report))
        self._enable()
        if self.focusWidget() is self.report:
            self.go.setFocus()

    def show_error(self, error: DefectStudioError) -> None:
        """Tell why nothing would happen."""
        self.report.setPlainText(in_words(error))
        self._enable()
        self.source.setFocus()

    def _on_check(self) -> None:
        self.report.setFocus()  # A disabled button would hand the focus on to Cancel.
        for button in (self.check, self.go):
            button.setEnabled(False)
        self.report.setPlainText(self.tr("Looking…"))
        self.checked.emit(self.choice)

    def _enable(self) -> None:
        source = self.source.path
        there = source is not None and source.is_dir()
        self.report.setPlaceholderText(
            self.tr("There is no such folder.")
            if source is not None and not there
            else self.tr("Check shows here what would be imported.")
        )
        ready = there and bool(self.item.currentText().strip())
        self.go.setEnabled(ready)
        self.check.setEnabled(ready)


def told(report: ImportReport) -> str:
    """A report in lines."""
    lines = [f"{report.found} images found in {report.source} ({report.format})"]
    lines += [f"  {count:5d}  {name}" for name, count in report.added.items()]
    if report.known:
        lines.append(f"{report.known} are in the project already")
    lines += [f"left out: {line}" for line in report.left_out()]
    return "\n".join([*lines, *report.notes])
