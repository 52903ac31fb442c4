"""How fast the frozen application starts, beside the plain one: `start_times.py FROZEN`.

    python packaging/start_times.py build/freeze/dist/defectstudio/defectstudio [--repeats 5]

window: until the first pixel is seen on a screen (Xvfb) that is black before; help: the command
line; worker: until a worker has said what PyTorch it has. They take turns, round by round; medians
count, with the least in brackets, and the time of the processors. The plain one is the Python that
runs this.
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
from dataclasses import dataclass
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
    starts: dict[str, tuple[Callable[[list[str]], Start], list[str], list[str]]] = {
        "window": (_window, [*PLAIN, "defectstudio.gui"], [frozen]),
        "help": (_ended, [*PLAIN, "defectstudio", "--help"], [frozen, "--help"]),
        "worker": (
            _ended,
            [*PLAIN, "defectstudio.worker", "--describe"],
            [frozen, "--part", "worker", "--describe"],
        ),
    }
    taken: dict[str, list[Start]] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"DEFECTSTUDIO_HOME": home, "PYTHONPATH": str(ROOT)}
        for number in range(given.repeats + 1):
            for name, (measure, plain, ours) in starts.items():
                for kind, command in (("plain", plain), ("frozen", ours)):
                    start = measure(command)
                    # The first one fills the caches of the disk.
                    if number:
                        taken.setdefault(f"{name} {kind}", []).append(start)
    for name, times in taken.items():
        seen, work = ([getattr(one, field) for one in times] for field in ("seconds", "work"))
        print(
            f"{name:14} {1000 * statistics.median(seen):7.0f} ms  ({1000 * min(seen):.0f}),"
            f" {1000 * statistics.median(work):.0f} ms of work"
        )
    print(json.dumps({"load": os.getloadavg()[0], "repeats": given.repeats}))
    return 0


@dataclass(frozen=True)
class Start:
    """seconds: until what was waited for; work: time of the processors until then."""

    seconds: float
    work: float


def _window(command: list[str]) -> Start:
    with screen() as shown:
        environment = {**os.environ, "DISPLAY": shown.display, "QT_QPA_PLATFORM": "xcb"}
        began = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            shown.wait_for_light(_PATIENCE)
            seconds = time.perf_counter() - began
        finally:
            child.kill()
            work = _work_of(child)
        return Start(seconds, work)


def _ended(command: list[str]) -> Start:
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    work = _work_of(child)
    return Start(time.perf_counter() - began, work)


def _work_of(child: subprocess.Popen[bytes]) -> float:
    """Wait for its end; what its processors did."""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
