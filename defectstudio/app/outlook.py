"""What a job will take, judged by those of its kind that are done; told and checked before it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from defectstudio.domain.errors import JobError
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.words import duration
from defectstudio.project.project import Project

_LEAST_FREE = 64 << 20
"""Bytes of disk without which nothing is queued."""
_SAMPLE_FACTOR = 2.5
"""A sample and its label, while a chunk of them lies in the run folder as well as in the project,
in sizes of its background's file; measured on PNGs, generous for JPEGs of a low quality."""


@dataclass(frozen=True)
class Outlook:
    """Seconds and bytes of memory (None: no job of the kind is done yet), and bytes of disk."""

    seconds: float | None
    memory: int | None
    disk: int

    @property
    def words(self) -> str:
        """What is known, for people."""
        parts = [
            f"about {duration(self.seconds)}" if self.seconds is not None else "",
            f"{self.memory >> 20} MB of memory" if self.memory else "",
            f"{self.disk >> 20} MB of disk" if self.disk >> 20 else "",
        ]
        return ", ".join(filter(None, parts))


def outlook(project: Project, kind: str, spec: object) -> Outlook:
    """What a job with this specification will take."""
    done = [job for job in project.jobs() if job.kind == kind and job.state is JobState.DONE]
    timed = [job for job in done if job.begun and job.ended and job.steps[1]]
    wanted = _steps(spec)
    seconds = None
    if timed and wanted:
        seconds = _seconds(timed[-1]) / timed[-1].steps[1] * wanted
    memory = max((job.memory for job in done), default=0) or None
    return Outlook(seconds, memory, _disk(spec, done))


def check(project: Project, found: Outlook) -> str:
    """A warning where it will be tight now, else nothing. Raises JobError where it cannot be."""
    needed, free = max(found.disk, _LEAST_FREE), shutil.disk_usage(project.root).free
    if free < needed:
        raise JobError(
            f"the disk has {free >> 20} MB left, the job needs {needed >> 20} MB",
            subject=project.root,
            remedy="Free some space, then start it again.",
        )
    memory = psutil.virtual_memory()
    if found.memory and found.memory > memory.available:
        return (
            f"{memory.available >> 20} MB of memory are free and the last job of this kind took"
            f" {found.memory >> 20} MB: close other programs, or use a smaller batch or crop"
        )
    return ""


def _steps(spec: Any) -> int:
    config = getattr(spec, "config", None)
    return int(getattr(config, "steps", 0) or getattr(spec, "count", 0))


def _seconds(job: JobRecord) -> float:
    began, ended = (datetime.fromisoformat(str(one)) for one in (job.begun, job.ended))
    return max(1.0, (ended - began).total_seconds())


def _disk(spec: Any, done: list[JobRecord]) -> int:
    """A batch by its backgrounds, else as much as the last job of the kind left."""
    count, backgrounds = getattr(spec, "count", 0), getattr(spec, "backgrounds", ())
    if count and backgrounds:
        some = backgrounds[:: max(1, len(backgrounds) // 20)]
        sizes = [file.image.stat().st_size for file in some if file.image.exists()]
        return int(count * _SAMPLE_FACTOR * sum(sizes) / max(1, len(sizes)))
    return _size(done[-1].folder) if done else 0


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
