"""How fast the frozen application starts, beside the plain one: `start_times.py FROZEN`.

    python packaging/start_times.py build/freeze/dist/defectstudio/defectstudio [--repeats 5]

window: until the first pixel is seen on a screen (Xvfb) that is black before; help: the command
line; worker: until a worker has said what PyTorch it has. They take turns, round by round; medians
count, with the least in brackets. The plain one is the Python that runs this.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from freezing.screen import screen

ROOT = Path(__file__).resolve().parents[1]
PLAIN = (sys.executable, "-m")
_PATIENCE = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("frozen", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    frozen = str(given.frozen.resolve())
    starts: dict[str, tuple[Callable[[list[str]], float], list[str], list[str]]] = {
        "window": (_window, [*PLAIN, "defectstudio.gui"], [frozen]),
        "help": (_ended, [*PLAIN, "defectstudio", "--help"], [frozen, "--help"]),
        "worker": (
            _ended,
            [*PLAIN, "defectstudio.worker", "--describe"],
            [frozen, "--part", "worker", "--describe"],
        ),
    }
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"DEFECTSTUDIO_HOME": home, "PYTHONPATH": str(ROOT)}
        for number in range(given.repeats + 1):
            for name, (measure, plain, ours) in starts.items():
                for kind, command in (("plain", plain), ("frozen", ours)):
                    seconds = measure(command)
                    # The first one fills the caches of the disk.
                    if number:
                        taken.setdefault(f"{name} {kind}", []).append(1000 * seconds)
    for name, times in taken.items():
        print(f"{name:14} {statistics.median(times):7.0f} ms  ({min(times):.0f})")
    print(json.dumps({"load": os.getloadavg()[0], "repeats": given.repeats}))
    return 0


def _window(command: list[str]) -> float:
    with screen() as shown:
        environment = {**os.environ, "DISPLAY": shown.display, "QT_QPA_PLATFORM": "xcb"}
        began = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            shown.wait_for_light(_PATIENCE)
            return time.perf_counter() - began
        finally:
            child.terminate()
            child.wait()


def _ended(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
