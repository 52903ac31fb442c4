"""`python -m tests.fuzz.guided READER --seconds N`: cases that reach new code beget others.

Needs atheris (`pip install .[fuzz]`). It sees the branches of our own modules and of what parses
in Python (tifffile, Pillow, safetensors' loader, defusedxml); what it finds ends it with the trace.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["defectstudio", "tifffile", "PIL", "defusedxml", "yaml"]):
    from tests.fuzz.cases import place, run_case, seeded
    from tests.fuzz.table import READERS


def main() -> None:
    """Run one reader until the time is over or a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided")
    parser.add_argument("reader", choices=list(READERS))
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    reader = READERS[given.reader]
    assert reader.good
    began, cases = time.perf_counter(), 0
    with place() as root, tempfile.TemporaryDirectory() as corpus:

        def one(data: bytes) -> None:
            nonlocal cases
            cases += 1
            run_case(reader, data, root)

        for number, data in enumerate(seeded(100)):
            (Path(corpus) / str(number)).write_bytes(data)
        # They are choices, no files: more of them than a case takes is no use.
        options = [f"-max_total_time={given.seconds}", "-max_len=128", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", corpus], one)
        try:
            atheris.Fuzz()
        finally:
            print(f"{given.reader}: {cases} cases in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
