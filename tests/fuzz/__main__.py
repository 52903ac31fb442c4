"""`python -m tests.fuzz [READER ...] --cases N`: every reader in a process of its own, and a table.

A reader's process may take MEMORY more address space than it has when its seeds are made; a case
that needs more fails as it would on a machine that has no more.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.cases import run_cases, seeded
from tests.fuzz.table import READERS

MEMORY = 6 << 30


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _child(name: str, cases: int, seed: int) -> None:
    reader = READERS[name]
    assert reader.good
    run_cases(reader, seeded(20, seed + 1))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    before, began, cpu = _peak(), time.perf_counter(), time.process_time()
    found = run_cases(reader, seeded(cases, seed))
    print(json.dumps({
        "cases": found.cases, "refused": found.refused, "slowest": found.slowest,
        "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu,
        "megabytes": (_peak() - before) / 2**20,
        "faults": {key: (len(traces), traces[0]) for key, traces in found.traces.items()},
    }))  # fmt: skip


def main() -> int:
    """Run the readers that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("readers", nargs="*", default=list(READERS))
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _child(given.readers[0], given.cases, given.seed)
        return 0
    faults = 0
    for name in given.readers:
        command = [sys.executable, "-m", "tests.fuzz", name, "--child"]
        command += ["--cases", str(given.cases), "--seed", str(given.seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: the process ended with {done.returncode}\n{done.stderr[-3000:]}")
            faults += 1
            continue
        told = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{name:22} {told['cases']:6} cases, {told['refused']:6} refused, "
            f"{len(told['faults'])} faults, +{told['megabytes']:.0f} MB, {told['seconds']:.0f} s "
            f"({told['cpu']:.0f} of the processor), slowest {told['slowest']:.2f} s",
            flush=True,
        )
        for key, (count, trace) in told["faults"].items():
            faults += 1
            print(f"--- {key}, {count} times\n{trace}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
