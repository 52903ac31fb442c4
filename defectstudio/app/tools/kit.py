"""The tools of a studio by the ids of their actions."""

from __future__ import annotations

import numpy as np

from defectstudio.app.studio import Studio
from defectstudio.app.tools.areas import FillTool, LassoTool, PolygonTool
from defectstudio.app.tools.brushes import BrushTool, LineTool, PickTool
from defectstudio.app.tools.pixels import GrabCutTool, WandTool
from defectstudio.app.tools.shapes import ShapeTool
from defectstudio.app.tools.stamp import StampTool
from defectstudio.app.tools.tool import Run, Tool


def tool_kit(studio: Studio, run: Run, rng: np.random.Generator) -> dict[str, Tool]:
    """One of each; `run` does what would be felt on the window's thread."""
    return {
        "tool.brush": BrushTool(studio, erase=False),
        "tool.eraser": BrushTool(studio, erase=True),
        "tool.line": LineTool(studio),
        "tool.shape": ShapeTool(studio, rng),
        "tool.lasso": LassoTool(studio),
        "tool.polygon": PolygonTool(studio),
        "tool.fill": FillTool(studio),
        "tool.wand": WandTool(studio),
        "tool.grabcut": GrabCutTool(studio, run),
        "tool.stamp": StampTool(studio),
        "tool.pick": PickTool(studio),
    }
