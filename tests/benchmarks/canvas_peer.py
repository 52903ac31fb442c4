"""napari and labelme at the same tasks, by the Python of an environment that has them.

    PYTHON tests/benchmarks/canvas_peer.py napari|labelme PICTURE [--events N]

It imports nothing of DefectStudio. labelme has no brush: its stroke moves a polygon of 40 points.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from canvas_hand import Area, Hand, Place, peak_mb, wander

BRUSH = 40
SIZE = 1600, 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", choices=("napari", "labelme"))
    parser.add_argument("picture", type=Path)
    parser.add_argument("--events", type=int, default=200)
    given = parser.parse_args()
    run = {"napari": napari, "labelme": labelme}[given.program]
    print(json.dumps(run(given.picture, given.events)), flush=True)
    # Both leave threads and contexts behind that may hang an orderly end.
    sys.stdout.flush()
    import os

    os._exit(0)


def napari(picture: Path, events: int) -> dict[str, Any]:
    """A labels layer over the picture, painted with the brush of its own."""
    import napari as program
    import numpy as np
    from qtpy import QtCore, QtGui, QtWidgets

    app = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    viewer = program.Viewer()
    viewer.window.resize(*SIZE)
    before = peak_mb()
    start = time.perf_counter()
    image = viewer.open(str(picture))[0]
    app.processEvents()
    opened = time.perf_counter() - start
    shape = image.data.shape[:2]
    labels = viewer.add_labels(np.zeros(shape, np.uint8))
    labels.brush_size, labels.selected_label = BRUSH, 1
    app.processEvents()
    widget = viewer.window._qt_viewer.canvas.native
    area = (0.0, 0.0, float(widget.width()), float(widget.height()))
    hand = Hand(QtCore, QtGui, app, widget)
    whole = viewer.camera.zoom
    found: dict[str, Any] = {"open_ms": 1000 * opened, "memory_before_mb": before}

    labels.mode = "paint"
    seen = _seen(area, (shape[1] * whole, shape[0] * whole))
    for name, zoom, place in (("stroke_fit", whole, seen), ("stroke_full", 1.0, area)):
        viewer.camera.zoom = zoom
        _quiet(hand)
        for first in range(0, events - 1, 100):
            hand.drag(wander(place, events)[first : first + 101])
        found[name] = hand.told()
    assert labels.data.any(), "nothing was painted"
    labels.mode = "pan_zoom"
    viewer.camera.zoom = whole
    _quiet(hand)
    hand.wheel((0.4 * area[2], 0.6 * area[3]), ([1] * 20 + [-1] * 20) * max(1, events // 40))
    found["zoom"] = hand.told()
    _quiet(hand)
    for zoom in (0.3, 1.0, 4.0):
        viewer.camera.zoom = zoom
        app.processEvents()
        hand.drag(wander(area, events // 3))
    found["pan"] = hand.told()
    return found | {"peak_mb": peak_mb()}


def labelme(picture: Path, events: int) -> dict[str, Any]:
    """A polygon in place of a stroke; zoom and pan as everywhere."""
    from labelme.app import MainWindow
    from PyQt5 import QtCore, QtGui, QtWidgets

    app = QtWidgets.QApplication(sys.argv[:1])
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    app.processEvents()
    before = peak_mb()
    start = time.perf_counter()
    window._load_file(str(picture))
    app.processEvents()
    opened = time.perf_counter() - start
    canvas = window._canvas_widgets.canvas
    port = canvas.parentWidget()
    hand = Hand(QtCore, QtGui, app, canvas, port)
    middle = port.width() / 2, port.height() / 2
    found: dict[str, Any] = {"open_ms": 1000 * opened, "memory_before_mb": before}

    window._is_changed = False
    for name, percent in (("stroke_fit", None), ("stroke_full", 100)):
        if percent:
            window._set_zoom(percent)
        app.processEvents()
        _quiet(hand)
        _move_polygon(window, hand, middle, events)
        found[name] = hand.told()
    window.set_fit_window_mode(True)
    app.processEvents()
    _quiet(hand)
    for _ in range(max(1, events // 40)):
        hand.wheel(middle, [1] * 20 + [-1] * 20, control=True)
    found["zoom"] = hand.told()
    _quiet(hand)
    for percent in (30, 100, 400):
        window._set_zoom(percent)
        app.processEvents()
        before = canvas.pos()
        hand.drag(wander((0, 0, port.width(), port.height()), events // 3), "MiddleButton")
    # A small picture is seen whole at the smaller zooms: it is moved at the largest.
    assert canvas.pos() != before, "nothing was moved"
    found["pan"] = hand.told()
    return found | {"peak_mb": peak_mb()}


def _move_polygon(window: Any, hand: Hand, centre: Place, events: int) -> None:
    """A polygon of 40 points, dragged about."""
    from labelme._shape import Shape
    from PyQt5 import QtCore

    canvas = window._canvas_widgets.canvas
    spot = canvas.mapFrom(canvas.parentWidget(), QtCore.QPointF(*centre).toPoint())
    point = canvas._transform_point_widget_to_image(QtCore.QPointF(spot))
    shape = Shape(label="scratch", shape_type="polygon")
    for step in range(40):
        turn = 2 * math.pi * step / 40
        x, y = point.x() + 60 * math.cos(turn), point.y() + 60 * math.sin(turn)
        shape.add_point(QtCore.QPointF(x, y))
    shape.close()
    window._load_shapes([shape])
    canvas.set_editing(True)
    hand.rest(0.1)
    hand.forget()
    around = [
        (centre[0] + 60 * math.sin(step / 9), centre[1] + 60 * math.sin(step / 7))
        for step in range(events)
    ]
    hand.drag([centre, *around])
    moved = [own.points[0] for own in canvas.shapes]
    assert moved and QtCore.QPointF(point.x() + 60, point.y()) not in moved, "nothing was moved"


def _seen(area: Area, size: tuple[float, float]) -> Area:
    """The middle part of an area that a picture of this size covers."""
    width, height = min(area[2], size[0]), min(area[3], size[1])
    return area[0] + (area[2] - width) / 2, area[1] + (area[3] - height) / 2, width, height


def _quiet(hand: Hand) -> None:
    gc.collect()
    hand.rest(0.2)
    hand.forget()


if __name__ == "__main__":
    sys.exit(main())
