"""The canvas of the main window against its bounds, and against napari and labelme.

    python -m tests.benchmarks.canvas [--json] [--quick] [--platform offscreen|xcb] [--no-busy]
                                      [--peers [--napari PYTHON] [--labelme PYTHON]]

Milliseconds of mouse and wheel events sent to the widget, each with everything it causes, repaint
included, undo capture on, in a window of 1600 x 1000 with all docks. Every picture and program has
a process of its own. `work` is processor time of the window's thread, less troubled by a busy
machine. xcb without a display starts Xvfb. The peers run there (napari needs OpenGL), by the
Python of an environment that has them: an option, or DEFECTSTUDIO_NAPARI and _LABELME.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.benchmarks import canvas_bounds

ROOT = Path(__file__).parents[2]
SIZES = {"1 MP": (1000, 1000), "16 MP": (4000, 4000), "60 MP": (10980, 5472)}
PEERS = ("napari", "labelme")
_SCREEN = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24"]


def main() -> int:
    given = _arguments()
    found: dict[str, Any] = {"platform": given.platform, "load_before": os.getloadavg()}
    with tempfile.TemporaryDirectory() as folder:
        for name in given.sizes:
            picture = Path(folder) / f"{name.replace(' ', '_')}.png"
            _draw(picture, *SIZES[name])
            busy = name == "60 MP" and not given.no_busy
            found[name] = {"own": _own(picture, given, busy=busy)}
            for peer in PEERS if given.peers else ():
                python = getattr(given, peer)
                if python:
                    found[name][peer] = _peer(peer, python, picture, given.events)
    found["bounds"] = canvas_bounds.judged(found)
    print(json.dumps(found, indent=1) if given.json else canvas_bounds.table(found))
    return 0


def _draw(picture: Path, height: int, width: int) -> None:
    """A colour picture of 8 bits: a slope with a grain."""
    grain = np.random.default_rng(0).integers(-12, 12, (500, 500, 3)).astype(np.int16)
    tiles = np.tile(grain, (height // 500 + 1, width // 500 + 1, 1))[:height, :width]
    tiles += np.linspace(60, 180, height).astype(np.int16)[:, None, None]
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    cv2.imwrite(str(picture), tiles.clip(0, 255).astype(np.uint8), fast)


def _own(picture: Path, given: argparse.Namespace, *, busy: bool) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.benchmarks.canvas_own", str(picture)]
    words += ["--events", str(given.events), *(["--busy"] if busy else [])]
    return _told(words, platform=given.platform)


def _peer(peer: str, python: str, picture: Path, events: int) -> dict[str, Any]:
    script = Path(__file__).with_name("canvas_peer.py")
    with tempfile.TemporaryDirectory() as home:
        words = [python, str(script), peer, str(picture), "--events", str(events)]
        return _told(words, platform="xcb", HOME=home, PYTHONPATH="")


def _told(words: list[str], *, platform: str, **variables: str) -> dict[str, Any]:
    """The JSON object that a program prints."""
    line = next(
        line for line in run_program(words, platform=platform, **variables) if line[0] == "{"
    )
    told: dict[str, Any] = json.loads(line)
    return told


def run_program(words: list[str], *, platform: str, **variables: str) -> list[str]:
    """The lines a program prints. xcb without a display starts Xvfb for it."""
    screen = _SCREEN if platform == "xcb" and "DISPLAY" not in os.environ else []
    environment = os.environ | {"QT_QPA_PLATFORM": platform} | variables
    done = subprocess.run(
        [*screen, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line]
    if not any(line.startswith("{") for line in lines):
        raise RuntimeError(f"{' '.join(words)} told nothing:\n{done.stderr[-3000:]}")
    return lines


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--quick", action="store_true", help="1 megapixel, few events")
    parser.add_argument("--platform", choices=("offscreen", "xcb"), default="offscreen")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--events", type=int, help="events of each kind")
    parser.add_argument("--no-busy", action="store_true", help="not beside a training")
    parser.add_argument("--peers", action="store_true", help="napari and labelme too")
    for peer in PEERS:
        found = os.environ.get(f"DEFECTSTUDIO_{peer.upper()}")
        parser.add_argument(f"--{peer}", default=found, help=f"a Python that has {peer}")
    given = parser.parse_args()
    if given.quick:
        given.sizes = ["1 MP"]
    given.events = given.events or (60 if given.quick else 400)
    return given


if __name__ == "__main__":
    sys.exit(main())
