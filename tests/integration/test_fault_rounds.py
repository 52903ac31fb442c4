"""A seeded tenth of the rounds of faults; the script runs more of them by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.children import importing_from

SCRIPT = Path(__file__).with_name("fault_rounds.py")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_nothing_is_lost_stuck_or_torn() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--rounds", "27", "--real", "3", "--seed", "1"],
        capture_output=True,
        text=True,
        env=importing_from(SCRIPT.parents[2]),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "30 rounds survived" in done.stdout
