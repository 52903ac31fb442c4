"""The options of the tool in hand: size, hardness, tolerance, kind of shape, and how to use it."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from defectstudio.app.studio import Studio
from defectstudio.app.tool_settings import MAX_BRUSH, ToolSettings
from defectstudio.app.tools.shapes import SHAPES
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.panels.style.classes import swatch
from defectstudio.gui.sign import OneLine

_TICKS = 100
_BRUSH = ("size", "hardness")
_OPTIONS: dict[str, tuple[str, ...]] = {
    "tool.brush": _BRUSH,
    "tool.eraser": _BRUSH,
    "tool.line": _BRUSH,
    "tool.shape": ("shape", "size"),
    "tool.wand": ("tolerance",),
    "tool.stamp": ("real", "copy"),
}


class ToolOptions(QFrame):
    """Shows and changes what the current tool goes by, nothing of the others."""

    def __init__(self, actions: ActionBook) -> None:
        super().__init__()
        self.setObjectName("toolOptions")
        self._studio: Studio | None = None
        self._texts: dict[str, QLabel] = {}
        em = self.fontMetrics().height()
        self.size, self.hardness, self.tolerance = (self._slider(6 * em) for _ in range(3))
        self.size.setAccessibleName(self.tr("Brush size"))
        self.hardness.setAccessibleName(self.tr("Hardness in percent"))
        self.hardness.setToolTip(self.tr("Below 100 % the edge frays (Shift+[ and Shift+])"))
        self.tolerance.setAccessibleName(self.tr("Tolerance in percent"))
        self.shape = QComboBox()
        self.shape.setAccessibleName(self.tr("Kind of shape"))
        for kind in SHAPES:
            self.shape.addItem(self.tr(kind.capitalize()), kind)
        self._real, self._copy = (
            _button(actions, name, em) for name in ("stamp.shape", "edit.copy")
        )
        self._class_icon, self._class_name, self._hint = QLabel(), QLabel(), OneLine()
        self._hint.setProperty("role", "muted")
        # A hint may be cut off; it must never widen the window.
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._groups = self._lay_out(em)
        self._connect()

    def use(self, studio: Studio | None) -> None:
        """Show this studio's choices."""
        self._studio = studio
        self.refresh()

    def show_tool(self, tool_id: str) -> None:
        """Show the options of the tool of this action."""
        wanted = _OPTIONS.get(tool_id, ())
        for name, group in self._groups.items():
            group.setVisible(name in wanted)
        hint = self._hints().get(tool_id, "")
        self._hint.setText(hint)
        self._hint.setToolTip(hint)

    def refresh(self) -> None:
        """Show the studio's choices again."""
        studio = self._studio
        if studio is None:
            return
        tools = studio.tools
        for slider, value in (
            (self.size, round(_TICKS * math.log(tools.size) / math.log(MAX_BRUSH))),
            (self.hardness, tools.hardness),
            (self.tolerance, round(tools.tolerance)),
        ):
            slider.blockSignals(True)
            slider.setValue(value)
            slider.blockSignals(False)
        self._texts["size"].setText(f"{tools.size} px")
        self._texts["hardness"].setText(f"{tools.hardness} %")
        self._texts["tolerance"].setText(f"{tools.tolerance:.1f} %")
        self.shape.setCurrentIndex(self.shape.findData(tools.shape))
        self._show_class(studio)

    def _show_class(self, studio: Studio) -> None:
        names = {defect.id: defect.name for defect in studio.classes}
        painted = 0 if studio.erasing or studio.on_region else studio.class_id
        side = self._class_name.fontMetrics().height()
        self._class_icon.setPixmap(swatch(painted).pixmap(QSize(side, side)))
        name = names.get(studio.class_id, "")
        if studio.on_region:
            name = (
                self.tr("No defects here") if studio.erasing else self.tr("Defects may fall here")
            )
        elif studio.erasing:
            name = self.tr("Background")
        self._class_name.setText(name)

    def _connect(self) -> None:
        self.size.valueChanged.connect(
            self._told(lambda tools, tick: tools.resize(round(MAX_BRUSH ** (tick / _TICKS))))
        )
        self.hardness.valueChanged.connect(self._told(ToolSettings.harden))
        self.tolerance.valueChanged.connect(self._told(ToolSettings.tolerate))
        self.shape.activated.connect(
            self._told(lambda tools, row: tools.choose_shape(self.shape.itemData(row)))
        )

    def _told(self, call: Callable[[ToolSettings, int], object]) -> Callable[[int], None]:
        def tell(value: int) -> None:
            if self._studio is not None:
                call(self._studio.tools, value)

        return tell

    def _slider(self, width: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _TICKS)
        slider.setFixedWidth(width)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return slider

    def _lay_out(self, em: int) -> dict[str, QWidget]:
        row = QHBoxLayout(self)
        row.setContentsMargins(em // 2, 0, em // 2, em // 4)
        row.setSpacing(em // 2)
        row.addWidget(self._class_icon)
        row.addWidget(self._class_name)
        groups = {
            "shape": self._group(self.tr("Shape"), self.shape),
            "size": self._group(self.tr("Size"), self.size, "size"),
            "hardness": self._group(self.tr("Hardness"), self.hardness, "hardness"),
            "tolerance": self._group(self.tr("Tolerance"), self.tolerance, "tolerance"),
            "real": self._real,
            "copy": self._copy,
        }
        for group in groups.values():
            row.addWidget(group)
            # Those of all tools side by side would widen the window.
            group.hide()
        row.addWidget(self._hint, 1)
        # As high with every tool, or the canvas would move.
        self.setMinimumHeight(self._groups_height(groups, em))
        return groups

    def _groups_height(self, groups: dict[str, QWidget], em: int) -> int:
        return max(group.sizeHint().height() for group in groups.values()) + em // 4

    def _group(self, caption: str, control: QWidget, text: str = "") -> QWidget:
        group = QWidget()
        row = QHBoxLayout(group)
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel(caption)
        label.setProperty("role", "muted")
        row.addWidget(label)
        row.addWidget(control)
        if text:
            value = self._texts[text] = QLabel()
            value.setMinimumWidth(self.fontMetrics().horizontalAdvance("2000 px"))
            row.addWidget(value)
        return group

    def _hints(self) -> dict[str, str]:
        brush = self.tr("Shift+click: line  ·  right drag: erase  ·  Alt+drag: size")
        return {
            "tool.brush": brush,
            "tool.eraser": self.tr("Shift+click: line  ·  Alt+drag: size"),
            "tool.line": self.tr("Drag from end to end  ·  Shift: steps of 15°"),
            "tool.shape": self.tr("Drag from end to end  ·  R: another one"),
            "tool.lasso": self.tr("Drag around the area"),
            "tool.polygon": self.tr(
                "Click the corners  ·  Enter or double click: close  ·  Backspace: one back"
            ),
            "tool.fill": self.tr("Click an enclosed area, or a painted part to give it the class"),
            "tool.wand": self.tr("Click what is alike  ·  drag sideways: tolerance"),
            "tool.grabcut": self.tr("Drag a rectangle around the object"),
            "tool.stamp": self.tr(
                "Click: place  ·  drag: move  ·  corners: scale  ·  knob: rotate  ·  R: another "
                "style  ·  Enter: keep  ·  Shift+click: take this shape"
            ),
            "tool.pick": self.tr("Click a painted part to choose its class"),
        }


def _button(actions: ActionBook, action_id: str, em: int) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(actions[action_id])
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(em, em))
    # Space and Enter belong to the canvas, also after a click here.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
