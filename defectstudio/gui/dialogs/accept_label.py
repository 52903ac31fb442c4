"""Ask whether what a segmenter found becomes an image's label, and of which class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QVBoxLayout, QWidget

from defectstudio.domain.records import DefectClass
from defectstudio.gui.dialogs.parts import hint, verb_buttons


class AcceptLabelDialog(QDialog):
    """Cancel is the default: a label that was drawn by hand is replaced."""

    def __init__(
        self,
        name: str,
        classes: Sequence[DefectClass],
        class_id: int,
        pixels: int,
        parent: QWidget | None = None,
    ) -> None:
        """name: of the image; class_id: the one chosen at first; pixels: that were found."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Accept the prediction as a real label"))
        self.classes = QComboBox()
        for one in classes:
            self.classes.addItem(one.name, one.id)
        self.classes.setCurrentIndex(max(0, self.classes.findData(class_id)))
        text = self.tr("{} pixels of “{}” were found at this threshold.").format(pixels, name)
        form = QFormLayout()
        form.addRow(self.tr("Class"), self.classes)
        buttons, self.go = verb_buttons(self.tr("Replace the label"))
        self.go.setDefault(False)
        self.go.setProperty("primary", False)
        self.cancel = buttons.button(buttons.StandardButton.Cancel)
        self.cancel.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(text))
        layout.addLayout(form)
        layout.addWidget(
            hint(
                self.tr(
                    "The image's present label is replaced and kept among its earlier ones. Correct"
                    " the new one in Paint before anything is trained on it: a segmenter that"
                    " learns from its own words learns its faults."
                )
            )
        )
        layout.addWidget(buttons)

    @property
    def class_id(self) -> int:
        """The class that is chosen."""
        chosen: int = self.classes.currentData()
        return chosen
