"""The status bar: where the pointer is, what is there, what is going on."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QStatusBar

from defectstudio.app.document import Document
from defectstudio.app.history import History
from defectstudio.app.scale import length_text

_SOON_MS = 40

_PLACE, _LENGTHS = "x 00000  y 00000", "  (0000.0 mm, 0000.0 mm)"


class StatusLine:
    """Labels of fixed width, so that nothing jumps while the pointer moves."""

    def __init__(self, bar: QStatusBar) -> None:
        bar.setSizeGripEnabled(False)
        self._pixel_size_mm: float | None = None
        self._place, self._value, self._class = QLabel(), QLabel(), QLabel()
        self._zoom, self._image, self._saved, self._jobs, self._device = (
            QLabel() for _ in range(5)
        )
        self._undo = QLabel()
        for label in (self._place, self._value, self._class):
            bar.addWidget(label)
        _fix(self._place, _PLACE)
        _fix(self._value, "R 00000  G 00000  B 00000")
        for label in (
            self._jobs, self._saved, self._undo, self._image, self._zoom, self._device,
        ):  # fmt: skip
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            bar.addPermanentWidget(label)
        self._device.setToolTip(bar.tr("What previews and samples are computed on"))
        self._zoom.setMinimumWidth(bar.fontMetrics().horizontalAdvance("0000.0 %"))
        self._history: History | None = None
        self._timer = QTimer(bar)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SOON_MS)
        self._timer.timeout.connect(self._tell_history)

    def show_history(self, history: History) -> None:
        """What the undo stack holds of what it may hold, soon."""
        self._history = history
        if not self._timer.isActive():
            self._timer.start()

    def show_pointer(self, document: Document | None, row: float, column: float) -> None:
        """Position and native value; empty outside the image."""
        value = document.value(int(row), int(column)) if document and row >= 0 else None
        if value is None:
            self._place.clear()
            self._value.clear()
            return
        self._place.setText(f"x {int(column)}  y {int(row)}{self._lengths(row, column)}")
        names = ("",) if len(value) == 1 else ("R ", "G ", "B ")
        self._value.setText(
            "  ".join(f"{name}{band}" for name, band in zip(names, value, strict=True))
        )

    def calibrate(self, pixel_size_mm: float | None) -> None:
        """What a pixel measures; places are told in millimetres too where it is known."""
        self._pixel_size_mm = pixel_size_mm
        _fix(self._place, _PLACE if pixel_size_mm is None else _PLACE + _LENGTHS)

    def _lengths(self, row: float, column: float) -> str:
        size = self._pixel_size_mm
        if size is None:
            return ""
        return "  ({}, {})".format(*(length_text(each, size) for each in (column, row)))

    def show_zoom(self, zoom: float) -> None:
        """In percent of a device pixel an image pixel."""
        percent = 100 * zoom
        self._zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_class(self, name: str) -> None:
        """The class that is painted."""
        self._class.setText(name)

    def show_image(self, place: int, count: int) -> None:
        """Which image of how many."""
        self._image.setText(f"{place} / {count}" if place else "")

    def show_saved(self, text: str) -> None:
        """When what is painted was last saved."""
        self._saved.setText(text)

    def _tell_history(self) -> None:
        history = self._history
        assert history is not None
        held, most = history.cost / 2**20, history.budget / 2**20
        self._undo.setText(self._undo.tr("Undo {:.1f} / {:.0f} MB").format(held, most))
        text = self._undo.tr(
            "{} step(s) can be undone. Beyond {:.0f} MB the oldest are forgotten, "
            "but never the last {}."
        )
        self._undo.setToolTip(text.format(len(history), most, history.keep))

    def show_jobs(self, text: str) -> None:
        """What runs."""
        self._jobs.setText(text)

    def show_device(self, text: str) -> None:
        """What previews are computed on; empty while it is not known."""
        self._device.setText(text)


def _fix(label: QLabel, widest: str) -> None:
    """A size that no text changes: the bar is not laid out anew with each."""
    metrics = label.fontMetrics()
    label.setFixedSize(metrics.horizontalAdvance(widest), metrics.height())
