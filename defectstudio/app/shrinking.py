"""What a training could use less of where the memory does not suffice."""

from __future__ import annotations

import shutil

from defectstudio.domain.files import read_json, write_json
from defectstudio.domain.records import JobRecord
from defectstudio.domain.specs import JOB_FILE
from defectstudio.jobs.kinds import Smaller

_LEAST = {"batch": 1, "crop": 64, "height": 64, "width": 64}
"""What is halved, the first that is larger than this: height and width together."""


def smaller(job: JobRecord) -> Smaller | None:
    """Half the batch, else half the crop or picture; the training begins anew with it."""
    described = read_json(job.folder / JOB_FILE)
    config = described.get("config", {})
    halved = _halved(config)
    if not halved:
        return None

    def apply() -> None:
        # A checkpoint of the larger one cannot be gone on with.
        shutil.rmtree(job.folder / "checkpoint", ignore_errors=True)
        changed = {**described, "config": {**config, **halved}, "resume": False}
        write_json(job.folder / JOB_FILE, changed)

    words = (f"{name} {value} in place of {config[name]}" for name, value in halved.items())
    return Smaller(", ".join(words), apply)


def _halved(config: dict[str, int]) -> dict[str, int]:
    for names in (("batch",), ("crop",), ("height", "width")):
        if all(config.get(name, 0) >= 2 * _LEAST[name] for name in names):
            return {name: _half(name, config[name]) for name in names}
    return {}


def _half(name: str, value: int) -> int:
    """Sides stay multiples of 32, which every network takes."""
    return value // 2 if name == "batch" else max(_LEAST[name], value // 2 // 32 * 32)
