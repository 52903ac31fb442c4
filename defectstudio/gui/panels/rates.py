"""ROC, precision over recall and overlap of defects. Imported late, as pyqtgraph is."""

from __future__ import annotations

import pyqtgraph
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from defectstudio.app.judged import Line
from defectstudio.gui.panels.curve import let_go, room_at_ends

CURVES = ("roc", "pr", "pro")


class RatesPlot(QWidget):
    """One curve, a ring where the threshold was kept, a dot where the slider is."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        room_at_ends(self.plot)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.08)
        self.line = self.plot.plot()
        self.kept = pyqtgraph.ScatterPlotItem(size=15)
        self.now = pyqtgraph.ScatterPlotItem(size=9)
        for marks in (self.kept, self.now):
            self.plot.addItem(marks)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.dress()

    def dress(self) -> None:
        """Take the palette's colours."""
        palette = self.palette()
        ink, muted = (
            palette.color(role)
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.PlaceholderText)
        )
        accent = palette.color(QPalette.ColorRole.Accent)
        self.plot.setBackground(palette.color(QPalette.ColorRole.Base))
        for name in ("bottom", "left"):
            axis = self.plot.getAxis(name)
            axis.setPen(muted)
            axis.setTextPen(muted)
        self.line.setPen(pyqtgraph.mkPen(accent, width=1.8))
        self.kept.setPen(pyqtgraph.mkPen(ink, width=1.4))
        self.kept.setBrush(pyqtgraph.mkBrush(QColor(0, 0, 0, 0)))
        self.now.setPen(pyqtgraph.mkPen(ink, width=1))
        self.now.setBrush(pyqtgraph.mkBrush(accent))

    def show_curve(self, name: str, line: Line | None) -> None:
        """Draw a curve; None leaves the field empty."""
        across, up = axes(name)
        self.plot.setLabel("bottom", across)
        self.plot.setLabel("left", up)
        self.line.setData(*(line if line is not None else ([], [])))

    def show_places(
        self, kept: tuple[float | None, float | None], now: tuple[float | None, float | None]
    ) -> None:
        """Where the kept threshold lies on the curve, and that of the slider."""
        for marks, (x, y) in ((self.kept, kept), (self.now, now)):
            marks.setData([] if x is None or y is None else [{"pos": (x, y)}])

    def end(self) -> None:
        """Let go of the plot."""
        let_go(self.plot)


def axes(name: str) -> tuple[str, str]:
    """What a curve shows across and up."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("RatesPlot", text)

    rate, recall = tr("false-positive rate"), tr("recall")
    return {
        "roc": (rate, recall),
        "pr": (recall, tr("precision")),
        "pro": (rate, tr("mean overlap of defects")),
    }[name]
