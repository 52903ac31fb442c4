"""One seeded kill round of every kind; the script runs more of them by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_rounds.py")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_kills_lose_nothing() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--rounds", "1", "--seed", "1"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 kills survived") == 5
