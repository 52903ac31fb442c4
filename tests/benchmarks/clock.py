"""Times of several programs in one interleaved run, so that a busy machine is unfair to none."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import cv2

from defectstudio.imaging.kernel import loading


@dataclass(frozen=True)
class Contestant:
    """threads: OpenCV's; fallback: blending without its compiled core."""

    name: str
    run: Callable[[], object]
    threads: int = 1
    fallback: bool = False


def race(
    contestants: Sequence[Contestant], repeats: int, budget_s: float
) -> dict[str, list[float]]:
    """Milliseconds of every run, by name: all in turn, round by round, after one run to warm up.

    The order changes from round to round: what ran before leaves its traces in the caches.
    A slow contestant stays for as many rounds as fit into `budget_s`. Where not even one fits,
    the first run is the measurement: what takes seconds has no cold start to speak of.
    """
    taken: dict[str, list[float]] = {}
    rounds: dict[str, int] = {}
    with _quiet():
        for each in contestants:
            first = _run(each)
            rounds[each.name] = min(repeats, int(1000 * budget_s / first))
            taken[each.name] = [] if rounds[each.name] else [first]
        for number in range(repeats):
            for each in random.Random(number).sample(contestants, len(contestants)):
                if number < rounds[each.name]:
                    taken[each.name].append(_run(each))
    return taken


def _run(contestant: Contestant) -> float:
    cv2.setNumThreads(contestant.threads)
    switch = {loading.VARIABLE: "off"} if contestant.fallback else {}
    with mock.patch.dict(os.environ, switch):
        start = time.perf_counter()
        result = contestant.run()
        stop = time.perf_counter()
    del result
    return 1000 * (stop - start)


@contextmanager
def _quiet() -> Iterator[None]:
    """No collection of garbage meanwhile, and OpenCV's threads as they were afterwards."""
    threads, collecting = cv2.getNumThreads(), gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        if collecting:
            gc.enable()
