"""The worker's entry: `-m defectstudio.worker JOB_JSON | --preview | --describe`."""

from __future__ import annotations

from defectstudio.worker.owner import die_with_owner

if __name__ == "__main__":
    die_with_owner()  # before all that takes its time to import

import contextlib
import json
import os
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from filelock import FileLock

from defectstudio.domain.errors import JobError
from defectstudio.domain.events import Stopped
from defectstudio.domain.files import read_plain
from defectstudio.domain.job_spec import JobSpec
from defectstudio.domain.specs import RUN_LOCK
from defectstudio.worker.channel import Channel

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def main(arguments: list[str], *, alone: bool = False) -> int:
    """Run one worker; 0 when it ended as it should (also after a polite stop).

    alone: the process is there for the job only; it gives signs of life, and ends in any case when
    its owner is gone.
    """
    if arguments == ["--describe"]:
        return _describe()
    channel = Channel()
    try:
        if arguments == ["--preview"]:
            from defectstudio.worker.preview import preview

            preview(channel)
        else:
            _run(Path(arguments[0]), channel, alone=alone)
    except Exception as error:
        channel.fail(error)
        return 1
    return 0


def _run(job: Path, channel: Channel, *, alone: bool) -> None:
    spec = _read(job)
    if alone:
        channel.beat()
    # Held while this process lives: whoever resumes the run waits for it.
    with FileLock(job.parent / RUN_LOCK):
        # An owner that died while we waited may have been followed by one whose worker went on
        # with the run: nothing of ours may be written over it.
        if why := channel.stop():
            channel.emit(Stopped(why, 0))
            return
        _handle(spec, channel)


def _read(job: Path) -> JobSpec:
    from pydantic import ValidationError

    try:
        spec = _adapter().validate_json(read_plain(job))
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise JobError(
            f"the job's description is not valid: {reason}",
            subject=job,
            remedy="Start the job again.",
        ) from error
    if "\0" in str(spec.run) or spec.run.resolve() != job.parent.resolve():
        raise JobError(
            "the job's description is of another folder",
            subject=job,
            remedy="Start the job again; nothing is written elsewhere.",
        )
    return spec


@cache
def _adapter() -> TypeAdapter[JobSpec]:
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    # By its kind: to try one after the other takes seconds and much memory for a long list.
    return TypeAdapter(Annotated[JobSpec, Field(discriminator="kind")])


_HANDLERS = {
    "train": ("train", "train"),
    "synthesize": ("synthesize", "synthesize"),
    "replay": ("synthesize", "replay"),
    "audit": ("audit", "audit"),
    "compare": ("compare", "compare"),
    "compare_dst": ("compare_dst", "compare_dst"),
    "compare_enlarge": ("compare_trials", "compare_trials"),
    "compare_strategies": ("compare_trials", "compare_trials"),
    "compare_transfer": ("compare_trials", "compare_trials"),
    "forecast": ("compare_trials", "forecast"),
    "train_segmenter": ("train_segmenter", "train_segmenter"),
    "evaluate": ("evaluate", "evaluate"),
    "predict": ("predict", "predict"),
    "export_onnx": ("export_onnx", "export_onnx"),
}
"""Module of this package and function by kind of job: each is imported where it is needed."""


def _handle(spec: JobSpec, channel: Channel) -> None:
    module, function = _HANDLERS[spec.kind]
    getattr(import_module(f"defectstudio.worker.{module}"), function)(spec, channel)


def _describe() -> int:
    import torch

    from defectstudio.synthesis.versions import versions

    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    described = {**versions(), "cuda": devices, "threads": torch.get_num_threads()}
    sys.stdout.write(json.dumps(described) + "\n")
    return 0


def _leave(status: int) -> NoReturn:
    """End at once: taking torch apart takes up to ten seconds on a busy machine, while the owner
    waits and the memory is held; the system frees all of it in no time."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    _leave(main(sys.argv[1:], alone=True))
