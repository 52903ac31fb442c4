"""A seeded tenth of what `python -m tests.fuzz` runs: nothing but clear words, nothing written
elsewhere, no case that hangs, and memory within a bound."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.cases import place, run_case, run_cases, seeded
from tests.fuzz.table import READERS

CASES = 900
MEGABYTES = 400
"""More than a process had: the largest picture of a case, several times."""


@pytest.mark.parametrize("name", READERS)
def test_seeded_cases(name: str) -> None:
    run_cases(READERS[name], islice(seeded(20, 1), 20))
    before = _new_peak()
    cases = CASES // 10 if READERS[name].slow else CASES
    found = run_cases(READERS[name], seeded(cases))
    assert not found.traces, "\n".join(traces[0] for traces in found.traces.values())
    assert found.cases == cases
    assert _peak() - before < MEGABYTES << 20


@pytest.mark.parametrize("name", READERS)
def test_cases_of_hypothesis(name: str) -> None:
    with place() as root:

        @settings(max_examples=10 if READERS[name].slow else 100)
        @given(st.binary(max_size=40))
        def holds(data: bytes) -> None:
            run_case(READERS[name], data, root)

        holds()


def _new_peak() -> int:
    """Where the peak of memory is counted from now on."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """Bytes; 0 where the system does not tell them so."""
    if sys.platform != "linux":
        return 0
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) << 10
