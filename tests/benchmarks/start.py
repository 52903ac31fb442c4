"""From the start of the process to the first paint of the window, in milliseconds.

    python -m tests.benchmarks.start [--json] [--repeats N] [--platform offscreen|xcb]
                                     [--peers [--napari PYTHON] [--labelme PYTHON]]

bare: a PySide6 window with nothing in it; own: the program as it is started; ready: the same until
all its parts are built, which nobody need wait for. All take turns, round by round; medians count.
`work` is the processor time of the process until then. The peers run in Xvfb, in environments of
their own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.canvas import PEERS, run_program
from tests.benchmarks.canvas_bounds import row

_HEAD = """
import json, os, sys, time
def tell():
    print(json.dumps({"at": time.time(), "work": time.process_time()}), flush=True)
    os._exit(0)
"""
_PAINTED = """
class Painted(core.QObject):
    def eventFilter(self, watched, event):
        if event.type() == core.QEvent.Type.Paint:
            core.QTimer.singleShot(0, tell)
            window.removeEventFilter(self)
        return False

watch = Painted()
window.installEventFilter(watch)
window.show()
app.exec()
"""
_OWN = """
from PySide6.QtCore import QTimer
from defectstudio.gui import main_window, starting
class Window(main_window.MainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        assert "torch" not in sys.modules
        WHEN
starting.MainWindow = Window
starting.main(None)
"""
_PROGRAMS = {
    "bare": """
from PySide6 import QtCore as core
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1600, 1000)
"""
    + _PAINTED,
    "own": _OWN.replace("WHEN", "QTimer.singleShot(0, tell)"),
    "ready": _OWN.replace("WHEN", "self.completing.done.connect(tell)"),
    "napari": """
import napari
from qtpy import QtCore as core
from qtpy import QtWidgets
app = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
window = napari.Viewer(show=False).window._qt_window
"""
    + _PAINTED,
    "labelme": """
from PyQt5 import QtCore as core
from PyQt5 import QtWidgets
from labelme.app import MainWindow
app = QtWidgets.QApplication([])
window = MainWindow()
"""
    + _PAINTED,
}
_OURS = ("bare", "own", "ready")


def main() -> int:
    given = _arguments()
    pythons = dict.fromkeys(_OURS, sys.executable)
    if given.peers:
        pythons |= {peer: getattr(given, peer) for peer in PEERS if getattr(given, peer)}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
    with tempfile.TemporaryDirectory() as home:
        for number in range(given.repeats + 1):
            for name, python in pythons.items():
                run = _start(name, python, home, given.platform)
                # The first one compiles, as an installation does.
                if number:
                    taken[name].append(run)
    found = {
        name: {kind: statistics.median(run[kind] for run in runs) for kind in ("ms", "work_ms")}
        for name, runs in taken.items()
    }
    bounds = list(_judged(found))
    if given.json:
        print(json.dumps({"platform": given.platform, "starts": found, "bounds": bounds}, indent=1))
    else:
        for name, own in found.items():
            print(f"{name:8} {own['ms']:7.0f} ms  ({own['work_ms']:.0f} ms of work)")
        for each in bounds:
            print("ok    " if each["ok"] else "NOT OK", each["name"], each["value"], each["bound"])
    return 0


def _start(name: str, python: str, home: str, platform: str) -> dict[str, float]:
    own = name in _OURS
    variables = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{home}/compiled"}
    variables |= {"DEFECTSTUDIO_HOME": home} if own else {"HOME": home, "PYTHONPATH": ""}
    # The clock starts inside the screen, whose own start is nobody's.
    program = [python, "-c", _HEAD + _PROGRAMS[name]]
    clock = f"import subprocess, time; print(time.time(), flush=True); subprocess.run({program!r})"
    said = run_program(
        [sys.executable, "-c", clock], platform=platform if own else "xcb", **variables
    )
    begun = float(next(line for line in said if line[:1].isdigit()))
    told: dict[str, Any] = json.loads(next(line for line in said if line.startswith("{")))
    return {"ms": 1000 * (told["at"] - begun), "work_ms": 1000 * told["work"]}


def _judged(found: dict[str, dict[str, float]]) -> Iterator[dict[str, Any]]:
    own = found["own"]["ms"]
    yield row("first paint over a bare window's", own / found["bare"]["ms"], 3)
    for peer, least in (("napari", 3.0), ("labelme", 1.8)):
        if peer in found:
            yield row(f"times faster than {peer}", found[peer]["ms"] / own, least, least=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--platform", choices=("offscreen", "xcb"), default="offscreen")
    parser.add_argument("--peers", action="store_true", help="napari and labelme too")
    for peer in PEERS:
        found = os.environ.get(f"DEFECTSTUDIO_{peer.upper()}")
        parser.add_argument(f"--{peer}", default=found, help=f"a Python that has {peer}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
