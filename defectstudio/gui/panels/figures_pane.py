"""Curves of a judgement, and its figures by class and by size of defect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.judged import ALL_CLASSES, Evaluation, Rates
from defectstudio.gui.dialogs.parts import hint
from defectstudio.gui.fields import whole_columns
from defectstudio.gui.panels.judged_model import told

if TYPE_CHECKING:
    from defectstudio.gui.panels.rates import RatesPlot


_NAME = Qt.ItemDataRole.UserRole


class FiguresPane(QWidget):
    """Follows the slider: a dot on the curve, the rates of every class."""

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._number = 0
        self.plot: RatesPlot | None = None
        self.curve, self.of = QComboBox(), QComboBox()
        for text, name in (
            (self.tr("ROC"), "roc"), (self.tr("Precision–recall"), "pr"), (self.tr("PRO"), "pro"),
        ):  # fmt: skip
            self.curve.addItem(text, name)
        self.curve.setAccessibleName(self.tr("Curve"))
        self.of.setAccessibleName(self.tr("Class of the curve"))
        self.curve.currentIndexChanged.connect(self._draw)
        self.of.currentIndexChanged.connect(self._draw)
        self.table = QTreeWidget()
        self.table.setIndentation(self.fontMetrics().height())
        self.table.setAccessibleName(self.tr("Figures by class and by size of defect"))
        self.table.setHeaderLabels(
            [self.tr("Class, size"), self.tr("Defects"), self.tr("F1"), self.tr("Precision"),
             self.tr("Recall")]
        )  # fmt: skip
        self.caption = hint("")
        self._lay_out()

    def show_evaluation(self, found: Evaluation) -> None:
        """Draw a judgement's curves and fill its table."""
        self._evaluation, self._number = found, found.kept
        self.of.blockSignals(True)
        self.of.clear()
        for name in (ALL_CLASSES, *(n for n in found.report.sweeps if n != ALL_CLASSES)):
            self.of.addItem(self._named(name), name)
        self.of.blockSignals(False)
        kept = found.report.segmenter.card.threshold
        self.caption.setText(
            self.tr("Sizes are told at the kept threshold {:.3f}; {}").format(
                kept, self._counts(found)
            )
        )
        self._fill(found)
        self._draw()

    def show_threshold(self, number: int) -> None:
        """The slider stands at this threshold."""
        self._number = number
        if self._evaluation is None:
            return
        for row in range(self.table.topLevelItemCount()):
            item = self.table.topLevelItem(row)
            rates = self._evaluation.rates(item.data(0, _NAME), number)
            for column, value in enumerate((rates.f1, rates.precision, rates.recall), 2):
                item.setText(column, told(value))
        self._mark()

    def dress(self) -> None:
        """The palette changed."""
        if self.plot is not None:
            self.plot.dress()

    def end(self) -> None:
        """The window is closed."""
        if self.plot is not None:
            self._plots.removeWidget(self.plot)
            self.plot.end()
            self.plot = None

    def _named(self, name: str) -> str:
        """A class as a person reads it."""
        return self.tr("all classes") if name == ALL_CLASSES else name

    def _counts(self, found: Evaluation) -> str:
        card, images = found.report.segmenter.card, found.report.by_image
        defective = sum(1 for one in images if one.classes)
        return self.tr(
            "{} real images, {} with defects; learned from {} real, {} synthetic ones."
        ).format(len(images), defective, card.real, card.made)

    def _fill(self, found: Evaluation) -> None:
        self.table.clear()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        by_class = found.report.figures.classes
        for name in sorted(by_class, key=lambda name: (name != ALL_CLASSES, name)):
            figures = by_class[name]
            item = QTreeWidgetItem(self.table, [self._named(name), str(figures.defects)])
            item.setData(0, _NAME, name)
            item.setToolTip(0, self._named(name))
            for bucket in figures.sizes:
                text = self.tr("≥ {} px").format(bucket.least_px)
                own = ["", "", told(bucket.recall)]
                child = QTreeWidgetItem(item, [text, str(bucket.defects), *own])
                child.setToolTip(4, self.tr("{:.0%} of them seen at all").format(bucket.seen))
            for one in (item, *(item.child(n) for n in range(item.childCount()))):
                for column in range(1, 5):
                    one.setTextAlignment(column, right)
            item.setExpanded(True)
        self.show_threshold(self._number)

    def _draw(self) -> None:
        found = self._evaluation
        if found is None:
            return
        if self.plot is None:
            from defectstudio.gui.panels.rates import RatesPlot

            self.plot = RatesPlot()
            self._plots.addWidget(self.plot)
        name = self.curve.currentData()
        line = found.curves(self.of.currentData())[name]
        self.plot.show_curve(name, line)
        if line is None:
            self._plots.setCurrentIndex(0)
        else:
            self._plots.setCurrentWidget(self.plot)
        self._mark()

    def _mark(self) -> None:
        found, name = self._evaluation, self.curve.currentData()
        if found is not None and self.plot is not None:
            of = self.of.currentData()
            places = (_place(name, found.rates(of, n)) for n in (found.kept, self._number))
            self.plot.show_places(*places)

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        self._plots = QStackedWidget()
        nothing = hint(self.tr("No defect of this class, or no good pixel: there is no curve."))
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._plots.addWidget(nothing)
        self.table.setIndentation(round(0.8 * em))
        whole_columns(self.table)
        row = QHBoxLayout()
        row.addWidget(self.curve)
        row.addWidget(self.of, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(_below(em, row, self._plots))
        split.addWidget(self.table)
        split.setSizes([20 * em, 17 * em])
        split.setChildrenCollapsible(False)
        self.caption.setContentsMargins(em // 2, em // 4, em // 2, em // 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(split, 1)
        layout.addWidget(self.caption)


def _place(name: str, rates: Rates) -> tuple[float | None, float | None]:
    """Where a curve passes at these rates."""
    return {
        "roc": (rates.false_positive_rate, rates.recall),
        "pr": (rates.recall, 1.0 if rates.precision is None else rates.precision),
        "pro": (rates.false_positive_rate, rates.overlap),
    }[name]


def _below(em: int, head: QHBoxLayout, body: QWidget) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    head.setContentsMargins(em // 3, em // 4, em // 3, em // 4)
    column.addLayout(head)
    column.addWidget(body, 1)
    return made
