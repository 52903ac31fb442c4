"""An image of a judgement: what was found at the slider's threshold, what was missed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.judged import Evaluation, JudgedPicture
from defectstudio.app.outcomes import ALARM, HIT, MISS
from defectstudio.gui.fields import icon_button
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.outcome_item import Shown, swatch
from defectstudio.gui.panels.style.parts import Choice
from defectstudio.gui.panels.viewer import Viewer


class JudgedPane(QWidget):
    """moved: the number of the slider's threshold; paint: the id of the image to go to; accept: a
    picture, and the threshold from which its prediction is to become its label."""

    moved = Signal(int)
    paint = Signal(int)
    accept = Signal(object, float)

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._picture: JudgedPicture | None = None
        self.viewer = Viewer()
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setAccessibleName(self.tr("Threshold"))
        self.threshold.valueChanged.connect(self._on_threshold)
        self.value = QLabel()
        self.kept = QPushButton(self.tr("Kept"))
        self.kept.setToolTip(self.tr("Back to the threshold that was kept from validation"))
        self.kept.clicked.connect(self._to_kept)
        self.legend = {code: QLabel() for code in (HIT, ALARM, MISS)}
        self.shown = Choice(self.tr("What lies over the image"))
        self.shown.setMinimumContentsLength(10)
        for text, shown in (
            (self.tr("Right and wrong"), Shown.OUTCOMES),
            (self.tr("Probability"), Shown.HEAT),
            (self.tr("Image only"), Shown.NOTHING),
        ):
            self.shown.addItem(text, shown)
        self.shown.currentIndexChanged.connect(self._on_shown)
        self.to_paint = icon_button("brush", self.tr("Open in Paint"))
        self.to_paint.clicked.connect(self._to_paint)
        self.take = QPushButton(icon("accept"), self.tr("Accept…"))
        self.take.setToolTip(
            self.tr("What is found at this threshold becomes the image's real label")
        )
        self.take.clicked.connect(self._accept)
        self._lay_out()
        self.let_go()

    @property
    def number(self) -> int:
        """Of the threshold."""
        return self.threshold.value()

    def show_evaluation(self, found: Evaluation) -> None:
        """Take a judgement's thresholds and stand at the kept one."""
        self.let_go()
        self._evaluation = found
        self.threshold.blockSignals(True)
        self.threshold.setRange(0, len(found.report.thresholds) - 1)
        self.threshold.setValue(found.kept)
        self.threshold.blockSignals(False)
        self._on_threshold()

    def show_picture(self, picture: JudgedPicture) -> None:
        """Show an image of the judgement."""
        self._picture = picture
        self.viewer.show_picture(picture)
        for button in (self.to_paint, self.take):
            button.setEnabled(picture.record is not None)
        self._tell_pixels()

    def let_go(self) -> None:
        """Show no image."""
        self._picture = None
        self.viewer.show_nothing()
        for button in (self.to_paint, self.take):
            button.setEnabled(False)
        self._tell_pixels()

    def _on_threshold(self) -> None:
        if self._evaluation is None:
            return
        threshold = self._evaluation.report.thresholds[self.number]
        self.viewer.overlay.set_threshold(threshold)
        self.value.setText(f"{threshold:.4f}")
        self.kept.setEnabled(self.number != self._evaluation.kept)
        self._tell_pixels()
        self.moved.emit(self.number)

    def _tell_pixels(self) -> None:
        names = {
            HIT: self.tr("found"), ALARM: self.tr("found in error"), MISS: self.tr("missed")
        }  # fmt: skip
        counts = dict.fromkeys(names, "")
        if self._picture is not None and self._evaluation is not None:
            tally = self._picture.outcomes.tally(self._evaluation.report.thresholds[self.number])
            counts = {HIT: tally.hits, ALARM: tally.alarms, MISS: tally.misses}
            counts = {code: f"{count} px" for code, count in counts.items()}
        for code, label in self.legend.items():
            label.setText(f"{names[code]}\n{counts[code]}")

    def _on_shown(self) -> None:
        self.viewer.overlay.set_shown(self.shown.currentData())

    def _to_kept(self) -> None:
        if self._evaluation is not None:
            self.threshold.setValue(self._evaluation.kept)

    def _to_paint(self) -> None:
        if self._picture is not None and self._picture.record is not None:
            self.paint.emit(self._picture.record.id)

    def _accept(self) -> None:
        if self._picture is not None and self._evaluation is not None:
            self.accept.emit(self._picture, self._evaluation.report.thresholds[self.number])

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        top, signs, slide = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (top, signs, slide):
            row.setContentsMargins(em // 2, em // 4, em // 2, em // 4)
        top.addWidget(self.shown)
        top.addStretch(1)
        top.addWidget(self.to_paint)
        top.addWidget(self.take)
        for code, label in self.legend.items():
            field = QLabel()
            size = QSize(round(1.6 * em), em)
            field.setPixmap(swatch(code, size, self.devicePixelRatioF()))
            signs.addWidget(field)
            signs.addSpacing(em // 4)
            signs.addWidget(label)
            signs.addSpacing(em)
        signs.addStretch(1)
        slide.addWidget(QLabel(self.tr("Threshold")))
        slide.addSpacing(em // 2)
        slide.addWidget(self.threshold, 1)
        slide.addSpacing(em // 2)
        self.value.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.00000"))
        slide.addWidget(self.value)
        slide.addWidget(self.kept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.viewer, 1)
        layout.addLayout(signs)
        layout.addLayout(slide)
