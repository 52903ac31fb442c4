"""Where jobs run: slots of the processor, of each graphics card, and for imports and exports."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping

from defectstudio.domain.device import Device
from defectstudio.domain.records import JobRecord

_LIST_SECONDS = 10.0


def slot_of(device: Device) -> str:
    """What a job needs that computes on this device, where there is such a one."""
    return "cpu" if device == "cpu" else "cuda"


@functools.cache
def cards() -> int:
    """How many graphics cards there are: the window's side has no torch to ask."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        told = subprocess.run(
            [program, "-L"], capture_output=True, text=True, timeout=_LIST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return told.stdout.count("GPU ") if told.returncode == 0 else 0


def free_place(
    job: JobRecord, running: Iterable[JobRecord], limits: Mapping[str, int], count: int
) -> str | None:
    """A place for a job beside those that run, None while there is none.

    count: of graphics cards. A job for one runs on the processor where there is none.
    """
    running = list(running)
    of_user = sum(one.user == job.user for one in running)
    if limits["user"] and of_user >= limits["user"]:
        return None
    taken = Counter(one.place for one in running)
    if job.asked.slot == "cuda" and count:
        places = [f"cuda:{number}" for number in range(count)]
        limit = limits["cuda"]
    else:
        places = ["disk" if job.asked.slot == "disk" else "cpu"]
        limit = limits[places[0]]
    free = [place for place in places if taken[place] < limit]
    return min(free, key=lambda place: taken[place], default=None)


def environment_of(place: str) -> dict[str, str]:
    """What a worker in this place must see."""
    kind, _, number = place.partition(":")
    return {"CUDA_VISIBLE_DEVICES": number} if kind == "cuda" else {}
