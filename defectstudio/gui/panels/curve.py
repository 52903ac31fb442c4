"""The live curves of a training. Imported late: pyqtgraph takes a quarter of a second."""

from __future__ import annotations

import numpy as np
import pyqtgraph
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from defectstudio.app.palette import class_colour
from defectstudio.domain.events import Metrics

_CLOSED: list[pyqtgraph.PlotWidget] = []
"""Plots are kept to the end of the process: Qt and Python would both delete their parts."""

_FLOOR = 1e-3
"""What is drawn for zero on the logarithmic axis."""

_SHOWN = 1500
"""Points a curve at most; longer runs are averaged, which also calms them."""


class _Decades(pyqtgraph.AxisItem):
    """A logarithmic axis that names 1, 2 and 5 of a decade: more would overlap in a low plot."""

    def logTickStrings(  # noqa: N802
        self, values: list[float], scale: float, spacing: float
    ) -> list[str]:
        texts = super().logTickStrings(values, scale, spacing)
        named = [round(10 ** (value % 1)) in (1, 2, 5, 10) for value in values]
        return [text if one else "" for text, one in zip(texts, named, strict=True)]


class CurvePlot(QWidget):
    """One line for each figure, against the step."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = pyqtgraph.PlotWidget(axisItems={"left": _Decades("left")})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        room_at_ends(self.plot)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setMouseEnabled(x=True, y=False)
        self.plot.enableAutoRange(y=True)
        self._legend = self.plot.addLegend(offset=(-8, 2), labelTextSize="8pt", colCount=4)
        self._lines: dict[str, pyqtgraph.PlotDataItem] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.dress()

    def dress(self) -> None:
        """Take the palette's colours."""
        palette = self.palette()
        muted = palette.color(QPalette.ColorRole.PlaceholderText)
        self.plot.setBackground(palette.color(QPalette.ColorRole.Base))
        ink = palette.color(QPalette.ColorRole.Text)
        self._legend.setLabelTextColor(ink)
        for _, label in self._legend.items:
            label.setText(label.text, color=ink)
        for name in ("bottom", "left"):
            axis = self.plot.getAxis(name)
            axis.setPen(muted)
            axis.setTextPen(muted)

    def show_metrics(self, metrics: list[Metrics]) -> None:
        """Draw all figures of a run."""
        names = list(dict.fromkeys(name for one in metrics for name in one.values))
        # Penalties start a hundred times above the rest; a logarithm shows both.
        positive = all(value >= 0 for one in metrics for value in one.values.values())
        self.plot.setLogMode(y=positive)
        for name in set(self._lines) - set(names):
            self.plot.removeItem(self._lines.pop(name))
        for number, name in enumerate(names):
            if name not in self._lines:
                pen = pyqtgraph.mkPen(class_colour(number + 1), width=1.6)
                self._lines[name] = self.plot.plot(pen=pen, name=name)
            pairs = [(one.step, one.values[name]) for one in metrics if name in one.values]
            steps, values = _thinned(np.array(pairs, dtype=float))
            self._lines[name].setData(steps, np.maximum(values, _FLOOR) if positive else values)

    def end(self) -> None:
        """Let go of the plot: pyqtgraph crashes at exit otherwise."""
        self._lines.clear()
        let_go(self.plot)


def room_at_ends(plot: pyqtgraph.PlotWidget) -> None:
    """Leave room for half of the last number of each axis, which is cut otherwise."""
    em = plot.fontMetrics().height()
    plot.getPlotItem().layout.setContentsMargins(0, em // 2, em, 0)


def let_go(plot: pyqtgraph.PlotWidget) -> None:
    """Close a plot that is shown no longer, and keep it."""
    plot.close()
    _CLOSED.append(plot)


def _thinned(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values, averaged in equal chunks down to the points shown."""
    finite = pairs[np.isfinite(pairs).all(axis=1)]
    chunk = -(-len(finite) // _SHOWN)
    if chunk > 1:
        whole = len(finite) // chunk * chunk
        finite = finite[:whole].reshape(-1, chunk, 2).mean(axis=1)
    return finite[:, 0], finite[:, 1]
