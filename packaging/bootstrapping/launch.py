"""Running what was set up: the demo, the test suite."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bootstrapping import apt
from bootstrapping.commands import run_through
from bootstrapping.libraries import Found
from bootstrapping.talk import SetupError, say

_NO_TEST_CHOSEN = 5
# A file stays in one process, which shares its projects; the long ones come first and begin.
_SPREAD = (
    *("-n", "logical", "--maxprocesses", "4"),
    *("--dist", "loadscope", "--no-loadscope-reorder"),
)
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_XVFB_COMMAND = (
    *("Xvfb", "-displayfd", "1"),
    *("-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"),
)


def demo(python: Path, found: Found, passed_on: Sequence[str]) -> int:
    """Run the demo; its exit status."""
    words = list(passed_on)
    if not found.window and "--headless" not in words:
        say("Without them no window can open: running the demo with --headless.")
        words.append("--headless")
    return run_through([python, "-m", "defectstudio", "demo", *words])


def tests(python: Path, root: Path, found: Found, passed_on: Sequence[str]) -> int:
    """Run the suite without a screen, then the tests of a real window; the first bad status.

    The whole suite is spread over the cores; chosen tests run in one process.
    """
    if not found.offscreen:
        raise SetupError("The tests need these libraries.")
    suite: list[str | Path] = [
        python,
        "-m",
        "pytest",
        f"--rootdir={root}",
        f"--config-file={root}/pyproject.toml",
    ]
    offscreen = {"QT_QPA_PLATFORM": "offscreen"}
    words = list(passed_on)
    if _names_tests(words):
        status = run_through([*suite, *words], offscreen)
    else:
        words.append(str(root / "tests"))
        status = run_through([*suite, *_SPREAD, *words], offscreen | _ONE_THREAD)
    if sys.platform != "linux" or any(word.startswith("-m") for word in words):
        return status
    return status or _window_tests([*suite, *words, "-m", "xvfb"], found)


def _names_tests(words: Sequence[str]) -> bool:
    return any(Path(word.partition("::")[0]).exists() for word in words)


def _window_tests(command: Sequence[str | Path], found: Found) -> int:
    if not found.window or not _have_xvfb():
        say("No Xvfb here: the tests that need a real window were skipped.")
        return 0
    say("Once more under Xvfb: the tests that need a real window.")
    with _screen() as display:
        environment = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        status = run_through(command, environment)
    return 0 if status == _NO_TEST_CHOSEN else status


def _have_xvfb() -> bool:
    if shutil.which("Xvfb") is None and apt.usable():
        apt.install(["xvfb"])
    return shutil.which("Xvfb") is not None


@contextmanager
def _screen() -> Iterator[str]:
    """A virtual screen of our own; its DISPLAY."""
    with subprocess.Popen(
        _XVFB_COMMAND,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            number = server.stdout.readline().strip()
            if not number:
                raise SetupError("Xvfb did not start; run it by hand to see why.")
            yield f":{number}"
        finally:
            server.terminate()
