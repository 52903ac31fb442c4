"""The centre: head line, tool strip, canvas, samples."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.studio import MAX_BRUSH, Studio
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.canvas.tools import BrushTool, PickTool, Tool
from defectstudio.gui.canvas.view import CanvasView
from defectstudio.gui.panels.samples import SamplesPanel

_STRIP: tuple[tuple[str, ...], ...] = (
    ("tool.brush", "tool.eraser", "tool.pick"),
    ("view.fit", "view.full", "view.in", "view.out"),
    ("view.overlays", "view.preview"),
)
_TICKS = 100


class PaintingPage(QWidget):
    """Joins the studio to the canvas."""

    def __init__(self, actions: ActionBook, samples: SamplesPanel) -> None:
        super().__init__()
        self.canvas = CanvasView()
        self._studio: Studio | None = None
        self._name, self._kind = QLabel(), QLabel()
        self._kind.setProperty("role", "muted")
        self._size, self._size_text = QSlider(Qt.Orientation.Horizontal), QLabel()
        self._size.setRange(0, _TICKS)
        self._size.setAccessibleName(self.tr("Brush size"))
        self._size.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._size.valueChanged.connect(self._on_size)
        self._lay_out(actions, samples)

    def use(self, studio: Studio) -> None:
        """Paint with this studio."""
        self._studio = studio
        self.choose_tool("tool.brush")
        self.canvas.brush_dragged.connect(studio.resize_brush)
        self.refresh()

    def let_go(self) -> None:
        """Show nothing."""
        self.canvas.cancel()
        if self._studio is not None:
            self.canvas.brush_dragged.disconnect(self._studio.resize_brush)
        self._studio = None
        self.canvas.item.show_nothing()
        self._name.clear()
        self._kind.clear()

    def choose_tool(self, tool_id: str) -> None:
        """Use the tool of this action."""
        if self._studio is None:
            return
        brush: Tool = BrushTool(self._studio, erase=False)
        eraser: Tool = BrushTool(self._studio, erase=True)
        tools = {"tool.brush": brush, "tool.eraser": eraser, "tool.pick": PickTool(self._studio)}
        self.canvas.set_tools(tools[tool_id], eraser)

    def show_document(self) -> None:
        """The studio's document is another one."""
        document = self._studio.document if self._studio else None
        if document is None:
            self.canvas.item.show_nothing()
            self._name.clear()
            self._kind.clear()
            return
        self.canvas.item.show_image(document.levels, document.plane)
        self.canvas.image_changed()
        record = document.record
        self._name.setText(record.name)
        use = self.tr("background") if document.is_background else self.tr("real defect")
        split = self.tr(" of the {} split").format(record.split.value) if record.split else ""
        size = f"{record.width} × {record.height}"
        self._kind.setText(f"{use}{split} · {size} · {record.depth} bit")

    def refresh(self) -> None:
        """The brush may have another size."""
        if self._studio is None:
            return
        diameter = self._studio.brush
        self.canvas.set_diameter(diameter)
        self._size.blockSignals(True)
        self._size.setValue(round(_TICKS * math.log(diameter) / math.log(MAX_BRUSH)))
        self._size.blockSignals(False)
        self._size_text.setText(f"{diameter} px")

    def _on_size(self, tick: int) -> None:
        if self._studio is not None:
            self._studio.resize_brush(round(MAX_BRUSH ** (tick / _TICKS)))

    def _lay_out(self, actions: ActionBook, samples: SamplesPanel) -> None:
        em = self.fontMetrics().height()
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._strip(actions, em))
        middle.addWidget(self.canvas, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head(actions, em))
        layout.addLayout(middle, 1)
        layout.addWidget(samples)

    def _head(self, actions: ActionBook, em: int) -> QFrame:
        head = QFrame()
        head.setObjectName("canvasHead")
        row = QHBoxLayout(head)
        row.setContentsMargins(em // 2, em // 4, em // 2, em // 4)
        for action_id in ("image.previous", "image.next"):
            row.addWidget(_button(actions, action_id, em))
        row.addWidget(self._name)
        row.addWidget(self._kind)
        row.addStretch(1)
        caption = QLabel(self.tr("Brush"))
        caption.setProperty("role", "muted")
        row.addWidget(caption)
        self._size.setFixedWidth(9 * em)
        self._size_text.setMinimumWidth(self.fontMetrics().horizontalAdvance("2000 px"))
        row.addWidget(self._size)
        row.addWidget(self._size_text)
        return head

    def _strip(self, actions: ActionBook, em: int) -> QFrame:
        strip = QFrame()
        strip.setObjectName("canvasStrip")
        column = QVBoxLayout(strip)
        column.setContentsMargins(em // 4, em // 4, em // 4, em // 4)
        column.setSpacing(em // 8)
        for group in _STRIP:
            for action_id in group:
                column.addWidget(_button(actions, action_id, em))
            column.addSpacing(em // 2)
        column.addStretch(1)
        return strip


def _button(actions: ActionBook, action_id: str, em: int) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(actions[action_id])
    button.setIconSize(QSize(round(1.35 * em), round(1.35 * em)))
    # Space and Enter belong to the canvas, also after a click here.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
