"""Which device a job computes on, and how."""

from __future__ import annotations

import os

import cv2
import torch

from defectstudio.domain.device import Device
from defectstudio.domain.errors import JobError


def choose(wanted: Device) -> torch.device:
    """ "auto": CUDA when there is one. Raises JobError when CUDA is wanted and missing."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise JobError(
            "no CUDA device is usable here",
            subject="device",
            remedy="Choose cpu or auto; `defectstudio doctor` says what is missing.",
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def reproducible() -> None:
    """One thread, so that a content's bytes do not depend on the number of cores."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def threads(processes: int = 1) -> None:
    """As many threads as the starter allowed (OMP_NUM_THREADS), for training; each of several
    processes has its part of them."""
    allowed = int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count() or 1
    torch.set_num_threads(max(1, allowed // processes))
