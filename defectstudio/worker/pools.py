"""Where the pieces of a job are done: here, in processes of this machine, or in a cluster."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from defectstudio.domain.errors import JobError
from defectstudio.domain.spread import Here, Opening, P, Place, Pool, R, SpreadSettings, Watch
from defectstudio.worker.cluster import Cluster
from defectstudio.worker.owner import die_with

AHEAD = 2
"""Pieces a worker that are handed out before one is done."""
POLL_SECONDS = 0.2
THREADS = "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"


def make_pool(settings: SpreadSettings, watch: Watch) -> Pool:
    """The pool that the settings want. Raises ClusterError."""
    if settings.cluster:
        return Cluster(settings.cluster, watch, open_to_all=settings.open_cluster)
    return Here(watch.tick) if settings.processes == 1 else Processes(settings.processes, watch)


class Processes:
    """Does the pieces in so many processes of one thread each.

    Every process holds the reading end of a pipe on which nothing is sent: it ends when the other
    end is closed, be it that no more is wanted or that the owner is gone; see also worker.owner.
    """

    def __init__(self, count: int, watch: Watch) -> None:
        self.count, self.watch = count, watch

    def run(
        self,
        opening: Opening[P, R],
        pieces: Sequence[P],
        files: Sequence[Path] = (),  # noqa: ARG002 - they are here
    ) -> Iterator[R]:
        """See Pool. Raises JobError when a process is ended from outside."""
        context = multiprocessing.get_context("spawn")
        held, owner = context.Pipe(duplex=False)
        count = min(self.count, len(pieces)) or 1
        executor = ProcessPoolExecutor(count, context, _open, (opening, held))
        try:
            with one_thread_each():
                yield from self._results(executor, pieces)
        except BrokenProcessPool as error:
            raise JobError(
                "one of the worker processes was ended",
                remedy="Start the job again: what is made is kept. If memory was short, use fewer"
                " processes.",
            ) from error
        finally:
            owner.close()
            executor.shutdown(wait=True, cancel_futures=True)
            held.close()

    def _results(self, executor: ProcessPoolExecutor, pieces: Sequence[P]) -> Iterator[Any]:
        waiting = iter(pieces)
        running: dict[Future[Any], P] = {}

        def hand_out(several: int) -> None:
            for _, piece in zip(range(several), waiting, strict=False):
                running[executor.submit(_do, piece)] = piece

        hand_out(AHEAD * self.count)
        while running:
            done, _ = wait(running, POLL_SECONDS, FIRST_COMPLETED)
            self.watch.look()
            hand_out(len(done))
            for future in done:
                result = future.result()
                yield result
                for _ in range(len(running.pop(future))):
                    self.watch.tick()


@contextmanager
def one_thread_each() -> Iterator[None]:
    """What is started meanwhile computes on one thread; here all stays as it is."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_doing: list[Callable[[Any], Any]] = []


def _open(opening: Opening[Any, Any], held: Connection) -> None:
    """In a new process: make ready, and leave when the owner does."""
    leave_with(held)
    _doing.append(opening(Place()))


def leave_with(held: Connection) -> None:
    """In a process of ours: end when the owner's end of a pipe does, at once."""
    owner = multiprocessing.parent_process()
    if owner is not None and owner.pid is not None:
        die_with(owner.pid)
    threading.Thread(target=_wait_and_leave, args=(held,), name="owner", daemon=True).start()


def _wait_and_leave(held: Connection) -> None:
    held.poll(None)
    os._exit(1)


def _do(piece: Any) -> Any:
    return _doing[0](piece)
