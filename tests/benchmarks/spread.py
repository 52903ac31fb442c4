"""A batch of the sample project by one worker, by two, and by a cluster that loses a node.

    python -m tests.benchmarks.spread [--samples 2000] [--without cluster]

Every worker has one thread. same: whether all made the same bytes. seconds: on the wall, from the
start of the handler, processes and all; ratio: of two workers to one. cluster: two nodes of Ray on
this machine, one of which is killed when a third is made; it says nothing about speed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from defectstudio.domain.events import Event, Progress
from defectstudio.domain.specs import SynthesizeSpec
from defectstudio.domain.spread import SpreadSettings
from defectstudio.worker.synthesize import synthesize
from tests.benchmarks.batches import Owner, digest, sample_batch
from tests.benchmarks.floor import environment

STORE_BYTES = 150 << 20
CHUNKS = 12
"""At least, so that some are lost with the node."""


def main() -> int:
    given = _arguments()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        spec = sample_batch(Path(given.folder or scratch), given.samples)
        found: dict[str, Any] = {"environment": environment(1), "samples": given.samples}
        ways: dict[str, Callable[[SynthesizeSpec], float]] = {
            "one": lambda s: local(s, 1),
            "two": lambda s: local(s, 2),
            "cluster": cluster,
        }
        seconds, digests = {}, {}
        for name, way in ways.items():
            if name not in given.without:
                own = replace(spec, run=spec.run.with_name(f"run-{name}"))
                shutil.rmtree(own.run, ignore_errors=True)
                with redirect_stdout(sys.stderr):  # where Ray tells of nodes that are lost
                    seconds[name] = way(own)
                digests[name] = digest(own.run)
    found |= {"seconds": seconds, "digests": digests, "same": len(set(digests.values())) == 1}
    found["ratio"] = seconds["two"] / seconds["one"] if {"one", "two"} <= set(seconds) else None
    found["worker_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps(found, indent=1))
    return 0 if found["same"] else 1


def local(spec: SynthesizeSpec, processes: int) -> float:
    """Seconds of so many worker processes; one of them is this one."""
    return _timed(replace(spec, spread=SpreadSettings(processes)), lambda _: None)


def cluster(spec: SynthesizeSpec) -> float:
    """Seconds of two nodes, one of which is killed on the way."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    nodes = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "object_store_memory": STORE_BYTES},
    )
    victim = [nodes.add_node(num_cpus=1, object_store_memory=STORE_BYTES)]
    nodes.wait_for_nodes()

    def after(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= spec.count // 3 and victim:
            nodes.remove_node(victim.pop(), allow_graceful=False)

    chunk = max(1, min(16, spec.count // CHUNKS))
    settings = SpreadSettings(cluster=nodes.address, open_cluster=True, chunk=chunk)
    try:
        return _timed(replace(spec, spread=settings), after)
    finally:
        nodes.shutdown()


def _timed(spec: SynthesizeSpec, after: Callable[[Event], None]) -> float:
    began = time.perf_counter()
    synthesize(spec, Owner(after))  # type: ignore[arg-type]
    return time.perf_counter() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--folder", help="where the sample project is, or is made")
    parser.add_argument("--without", nargs="*", default=[], help="one, two or cluster")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
