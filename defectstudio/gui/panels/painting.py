"""The centre: head line, tool strip, canvas, samples."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.studio import Studio
from defectstudio.app.tools.kit import tool_kit
from defectstudio.app.tools.tool import Refusal, Run, Tool
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.canvas.view import CanvasView
from defectstudio.gui.panels.samples import SamplesPanel
from defectstudio.gui.panels.tool_options import ToolOptions

_STRIP: tuple[tuple[str, ...], ...] = (
    ("tool.brush", "tool.eraser", "tool.line", "tool.shape", "tool.lasso", "tool.polygon",
     "tool.fill", "tool.wand", "tool.grabcut", "tool.stamp", "tool.pick", "class.swap"),
    ("view.fit", "view.in", "view.out",
     "view.full", "view.overlays", "view.preview", "region.paint", "view.window"),
)  # fmt: skip
_COLUMNS = 3
"""So many that the strip fits a screen of 768 rows above the jobs."""


class PaintingPage(QWidget):
    """Joins the studio to the canvas. noted: a text, why a tool did nothing."""

    noted = Signal(str)

    def __init__(self, actions: ActionBook, samples: SamplesPanel) -> None:
        super().__init__()
        self.canvas = CanvasView()
        self.setFocusProxy(self.canvas)
        self._studio: Studio | None = None
        self._name, self._kind = QLabel(), QLabel()
        self._kind.setProperty("role", "muted")
        self.correcting = QLabel()
        self.correcting.setProperty("role", "correcting")
        self.correcting.hide()
        self._steps = 0
        self._tools: dict[str, Tool] = {}
        self.options, self._samples = ToolOptions(actions), samples
        self._lay_out(actions)

    def use(self, studio: Studio, run: Run) -> None:
        """Paint with this studio; `run` does slow things off the window's thread."""
        self._studio = studio
        self._tools = tool_kit(studio, run, np.random.default_rng())
        self.options.use(studio)
        self.choose_tool("tool.brush")
        self.canvas.brush_dragged.connect(studio.tools.resize)
        self.refresh()

    def let_go(self) -> None:
        """Show nothing."""
        self._tools.clear()
        self.canvas.set_tools(None, None)
        if self._studio is not None:
            self.canvas.brush_dragged.disconnect(self._studio.tools.resize)
        self._studio = None
        self.options.use(None)
        self.show_document()

    def choose_tool(self, tool_id: str) -> None:
        """Use the tool of this action."""
        if self._studio is None:
            return
        self._studio.end_stroke()
        self.canvas.set_tools(self._tools[tool_id], self._tools["tool.eraser"])
        self.options.show_tool(tool_id)

    def refuse(self, refusal: Refusal) -> None:
        """Say why a tool did nothing."""
        texts = {
            Refusal.NOT_ENCLOSED: self.tr(
                "This background is not enclosed: close its outline first."
            ),
            Refusal.NOTHING_FOUND: self.tr("No object was found in the rectangle."),
            Refusal.NO_STAMP: self.tr(
                "Nothing to stamp yet: take a real shape, copy what is painted, "
                "or Shift+click a painted part."
            ),
            Refusal.LOCKED: self.tr("The class of this part is locked."),
        }
        self.noted.emit(texts[refusal])

    def show_document(self) -> None:
        """The studio's document is another one."""
        document = self._studio.document if self._studio else None
        self.canvas.cancel()
        self._steps = len(self._studio.history) if self._studio else 0
        self.tell_label()
        if document is None:
            self.canvas.item.show_nothing()
            self._name.clear()
            self._kind.clear()
            return
        self.canvas.item.show_image(document.levels, document.plane, document.native)
        self.canvas.image_changed()
        record = document.record
        self._name.setText(record.name)
        use = self.tr("background") if document.is_background else self.tr("real defect")
        split = self.tr(" of the {} split").format(record.split.value) if record.split else ""
        size = f"{record.width} × {record.height}"
        self._kind.setText(f"{use}{split} · {size} · {record.depth} bit")

    def tell_label(self) -> None:
        """Say whose label is painted on where it is a real one, and that it was changed."""
        document = self._studio.document if self._studio else None
        self._samples.show_use(document)
        if document is None or document.is_background:
            self.correcting.hide()
            return
        if document.record.label_file is None:
            text = self.tr("You are painting the label of a real defect.")
        elif document.revision and len(self._studio.history) > self._steps:
            text = self.tr("The label of this real defect is changed. Ctrl+Z takes it back.")
        else:
            text = self.tr("You are correcting the label of a real defect.")
        self.correcting.setText(text)
        self.correcting.show()

    def refresh(self) -> None:
        """A tool may go by something else."""
        if self._studio is not None:
            self.canvas.set_diameter(self._studio.tools.size)
            self.canvas.show_trace()
            self.options.refresh()

    def _lay_out(self, actions: ActionBook) -> None:
        em = self.fontMetrics().height()
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._strip(actions, em))
        middle.addWidget(self.canvas, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head(actions, em))
        layout.addWidget(self.correcting)
        layout.addWidget(self.options)
        layout.addLayout(middle, 1)
        layout.addWidget(self._samples)

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
        return head

    def _strip(self, actions: ActionBook, em: int) -> QFrame:
        strip = QFrame()
        strip.setObjectName("canvasStrip")
        column = QVBoxLayout(strip)
        column.setContentsMargins(em // 4, em // 4, em // 4, em // 4)
        column.setSpacing(em // 8)
        for group in _STRIP:
            grid = QGridLayout()
            grid.setSpacing(em // 8)
            for number, action_id in enumerate(group):
                grid.addWidget(_button(actions, action_id, em), *divmod(number, _COLUMNS))
            column.addLayout(grid)
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
