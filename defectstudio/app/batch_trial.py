"""Trials of batches: some of its samples, made but not accepted, and why others were refused."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from defectstudio.jobs.following import FollowedJob


@dataclass(frozen=True)
class TrialSample:
    """A sample of a trial: its number in the batch, its class, how often what was refused before
    it was made, and its folder, which is not there where no try succeeded."""

    index: int
    class_id: int
    refused: dict[str, int]
    folder: Path

    @property
    def made(self) -> bool:
        """Whether there is a sample."""
        return self.folder.is_dir()

    @property
    def file(self) -> Path:
        """The image."""
        return self.folder / "image.png"

    @property
    def label_file(self) -> Path:
        """The label."""
        return self.folder / "label.png"


def spread_over(count: int, trial: int) -> tuple[int, ...]:
    """The numbers of `trial` samples of a batch of `count`, the first and others evenly after."""
    some = min(count, trial)
    return tuple(number * count // some for number in range(some)) if some else ()


def read_trial(job: FollowedJob) -> list[TrialSample]:
    """What a trial that is done made and refused."""
    tried = job.summary.get("tried")
    rows = tried if isinstance(tried, list) else []
    return [_sample(job.record.folder, row) for row in rows]


def reasons(samples: list[TrialSample]) -> dict[str, int]:
    """How often what was refused, most often first."""
    total: Counter[str] = Counter()
    for sample in samples:
        total.update(sample.refused)
    return dict(total.most_common())


def discard_trial(job: FollowedJob) -> None:
    """Remove what a trial made."""
    shutil.rmtree(job.record.folder / "samples", ignore_errors=True)


def _sample(folder: Path, row: Mapping[str, object]) -> TrialSample:
    index, refused = int(str(row["index"])), row["refused"]
    counts = refused.items() if isinstance(refused, dict) else ()
    return TrialSample(
        index,
        int(str(row["class_id"])),
        {str(reason): int(times) for reason, times in counts},
        folder / "samples" / f"{index:06d}",
    )
