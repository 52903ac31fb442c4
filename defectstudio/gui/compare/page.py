"""The page that compares blends: side by side, swipe, blink, difference."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QEvent, QSizeF, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.blends import LAYERS, Blends, Layer, blended_each_way, difference
from defectstudio.app.display import Window, pyramid, shown
from defectstudio.app.document import Document
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.recipe import Recipe
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.canvas.layers import Levels
from defectstudio.gui.compare.lens import Lens
from defectstudio.gui.compare.pane import Pane, Picture
from defectstudio.gui.previews import Previews, State
from defectstudio.gui.telling import in_words
from defectstudio.imaging.compose import PlacedContent

BLINK_MS = 600


class Mode(Enum):
    """How two or three pictures are compared."""

    SIDE = "side"
    SWIPE = "swipe"
    BLINK = "blink"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class _Shown:
    """A preview on its way to the page, or on it."""

    document: Document
    recipe: Recipe
    contents: list[PlacedContent]


@dataclass(frozen=True, eq=False)
class _Made:
    """The blends of a preview and their pictures for the screen."""

    blends: Blends
    levels: dict[Layer, Levels]


class ComparePage(QWidget):
    """Blends what the preview shows in every mode, off the window's thread, while it is seen."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._blender = Background("compare", bridge)
        self._wanted: _Shown | None = None
        self._of: _Shown | None = None
        self._made: _Made | None = None
        self._asked: tuple[_Made, Layer, Layer] | None = None
        self._second = False
        self.lens = Lens()
        self.panes = [Pane(self.lens) for _ in range(3)]
        self._size = QSizeF()
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._hint = QLabel()
        self._hint.setProperty("role", "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self.names: dict[Layer, str] = {
            "background": self.tr("Background"),
            "painted": self.tr("Painted mask"),
            "alpha": self.tr("Alpha"),
            "poisson": self.tr("Poisson"),
            "improved": self.tr("Improved"),
        }
        self.first = self._layer_box(self.tr("First picture"), "background")
        self.second = self._layer_box(self.tr("Second picture"), "improved")
        self.by_itself = QCheckBox(self.tr("By itself"))
        self.by_itself.setChecked(True)
        self.by_itself.setToolTip(self.tr("Held Space shows the second picture"))
        self.by_itself.toggled.connect(lambda _on: self._refresh())
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK_MS)
        self._timer.timeout.connect(lambda: self._show_second(not self._second))
        for pane in self.panes:
            pane.held.connect(self._on_held)
        self.setFocusProxy(self.panes[0])
        self._lay_out()
        self.show_nothing()

    # --- what others set

    def follow(self, previews: Previews, studio: Studio) -> None:
        """Compare what these previews show."""
        previews.placed.connect(
            lambda recipe, contents: self.show_preview(studio.document, recipe, contents)
        )
        previews.changed.connect(
            lambda state, _took: self.show_nothing() if state is State.NOTHING else None
        )

    def show_preview(
        self, document: Document, recipe: Recipe, contents: list[PlacedContent]
    ) -> None:
        """Compare the blends of these contents; what was asked before and is late is dropped."""
        self._wanted = _Shown(document, recipe, contents)
        self._blend()

    def show_nothing(self) -> None:
        """There is nothing to compare."""
        self._wanted = self._of = self._made = None
        self._hint.setText(self.tr("Paint a defect on a normal image to compare its blends."))
        self._refresh()

    def set_ground(self, colour: QColor) -> None:
        """The colour around the pictures."""
        for pane in self.panes:
            pane.set_ground(colour)

    def close_threads(self) -> None:
        """End the thread and the timer."""
        self._timer.stop()
        self._blender.close(drop=True)

    @property
    def mode(self) -> Mode:
        return Mode(self._modes.checkedButton().objectName())

    def choose(self, mode: Mode) -> None:
        """Compare in this way."""
        self.findChild(QToolButton, mode.value).setChecked(True)

    @property
    def blinking(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    # --- work

    def showEvent(self, event: QEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._blend()
        self._refresh()

    def hideEvent(self, event: QEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._timer.stop()

    def _blend(self) -> None:
        wanted = self._wanted
        if wanted is None or wanted is self._of or not self.isVisible():
            return
        self._of = wanted
        self._blender.run(
            lambda: _made(wanted),
            lambda made: self._show(wanted, made),
            lambda error: self._fail(wanted, error),
        )

    def _show(self, of: _Shown, made: _Made) -> None:
        if of is not self._wanted:
            return
        self._made = made
        self._refresh()
        size = QSizeF(*made.levels["background"].size)
        if size != self._size:
            self._size = size
            self.panes[0].fit()

    def _fail(self, of: _Shown, error: DefectStudioError) -> None:
        if of is self._wanted:
            self._made = None
            self._hint.setText(in_words(error))
            self._refresh()

    # --- showing

    def _refresh(self) -> None:
        made, mode = self._made, self.mode
        self._stack.setCurrentIndex(0 if made is None else 1)
        for widget in (self.first, self.second):
            widget.setVisible(mode is not Mode.SIDE)
        self.by_itself.setVisible(mode is Mode.BLINK)
        blinks = mode is Mode.BLINK and self.by_itself.isChecked() and made is not None
        if blinks and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()
        for pane in self.panes[1:]:
            pane.setVisible(mode is Mode.SIDE)
        self._note.clear()
        if made is not None:
            {
                Mode.SIDE: self._show_side,
                Mode.SWIPE: self._show_swipe,
                Mode.BLINK: lambda: self._show_second(False),
                Mode.DIFFERENCE: self._show_difference,
            }[mode]()

    def _show_side(self) -> None:
        for pane, layer in zip(self.panes, ("alpha", "poisson", "improved"), strict=True):
            pane.divider = None
            pane.show_pictures(self._picture(layer))

    def _show_swipe(self) -> None:
        pane = self.panes[0]
        pane.divider = 0.5 if pane.divider is None else pane.divider
        first, second = self.first.currentData(), self.second.currentData()
        pane.show_pictures(self._picture(first), self._picture(second))

    def _show_second(self, second: bool) -> None:
        """Show the second picture, or the first one: blinking."""
        self._second = second
        box = self.second if second else self.first
        self.panes[0].divider = None
        self.panes[0].show_pictures(self._picture(box.currentData()))

    def _show_difference(self) -> None:
        assert self._made is not None
        pictures = self._made.blends.pictures
        first, second = self.first.currentData(), self.second.currentData()
        asked = self._asked = (self._made, first, second)

        def work() -> tuple[Levels, float]:
            heat = difference(pictures[first], pictures[second])
            return Levels(pyramid(heat.pixels)), heat.most

        def show(heat: tuple[Levels, float]) -> None:
            if asked != self._asked or self.mode is not Mode.DIFFERENCE:
                return
            name = f"{self.names[first]} − {self.names[second]}"
            self.panes[0].divider = None
            self.panes[0].show_pictures(Picture(heat[0], name))
            text = self.tr("Brightest: {:.1f} % of the full range")
            self._note.setText(text.format(100 * heat[1]))

        self._blender.run(work, show, lambda error: self._fail(self._of, error))

    def _on_held(self, held: bool) -> None:
        if self.mode is Mode.BLINK and self._made is not None:
            self._timer.stop()
            self._show_second(held)
            if not held:
                self._refresh()

    def _picture(self, layer: Layer) -> Picture:
        assert self._made is not None
        return Picture(self._made.levels[layer], self.names[layer])

    # --- layout

    def _layer_box(self, name: str, layer: Layer) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for one in LAYERS:
            box.addItem(self.names[one], one)
        box.setCurrentIndex(box.findData(layer))
        box.currentIndexChanged.connect(lambda _row: self._refresh())
        return box

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        head = QFrame()
        head.setObjectName("canvasHead")
        line = QHBoxLayout(head)
        line.setContentsMargins(em // 2, em // 4, em // 2, em // 4)
        self._modes = QButtonGroup(self)
        texts = {
            Mode.SIDE: self.tr("Side by side"),
            Mode.SWIPE: self.tr("Swipe"),
            Mode.BLINK: self.tr("Blink"),
            Mode.DIFFERENCE: self.tr("Difference"),
        }
        for mode, text in texts.items():
            button = QToolButton()
            button.setObjectName(mode.value)
            button.setText(text)
            button.setCheckable(True)
            button.setChecked(mode is Mode.SIDE)
            self._modes.addButton(button)
            line.addWidget(button)
        self._modes.buttonToggled.connect(lambda _button, on: on and self._refresh())
        line.addSpacing(em)
        for widget in (self.first, self.second, self.by_itself):
            line.addWidget(widget)
        line.addStretch(1)
        line.addWidget(self._note)
        panes = QWidget()
        across = QHBoxLayout(panes)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(em // 6)
        for pane in self.panes:
            across.addWidget(pane, 1)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self._hint)
        self._stack.addWidget(panes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(body, 1)


def _made(of: _Shown) -> _Made:
    blends = blended_each_way(of.document.native, of.contents, of.recipe)
    window: Window = of.document.window
    levels = {
        layer: Levels(pyramid(shown(picture, window))) for layer, picture in blends.pictures.items()
    }
    return _Made(blends, levels)
