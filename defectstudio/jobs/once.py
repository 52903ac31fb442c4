"""Work for a worker that belongs to no project: no row, no resuming."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from defectstudio.domain import events
from defectstudio.domain.errors import InternalError, JobError
from defectstudio.domain.files import write_json
from defectstudio.domain.job_spec import JobSpec
from defectstudio.domain.records import JobState
from defectstudio.domain.specs import JOB_FILE
from defectstudio.jobs import process
from defectstudio.jobs.ending import judge
from defectstudio.jobs.process import WorkerProcess

_DESCRIBE_SECONDS = 120.0


def run_once(
    spec: JobSpec,
    listener: Callable[[events.Event], None],
    began: Callable[[WorkerProcess], None] | None = None,
) -> dict[str, object]:
    """Run the specification in its run folder, on this thread; returns the summary.

    began: gets the worker, which another thread may stop. Raises what made it
    fail. When the listener raises (Ctrl-C, say) the worker ends as well.
    """
    write_json(spec.run / JOB_FILE, spec)
    worker = WorkerProcess((*process.WORKER, str(spec.run / JOB_FILE)), spec.run / "log.txt")
    last: events.Event | None = None
    try:
        if began:
            began(worker)
        for event in worker.events():
            if isinstance(event, events.Finished | events.Failed | events.Stopped):
                last = event
            listener(event)
    finally:
        code = worker.close()
    ending = judge(last, code, None, worker.last_words())
    if ending.state is not JobState.DONE or not isinstance(last, events.Finished):
        raise ending.failure or InternalError("the worker ended without a reason")
    return last.summary


def describe() -> dict[str, object]:
    """What a worker says of this machine: versions, devices, threads.

    Raises JobError when no worker can be started, with its last words.
    """
    command = [*process.WORKER, "--describe"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_DESCRIBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=process.worker_environment(),
        )
        said: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JobError(
            f"no worker can be started: {error}",
            subject=command[0],
            remedy="Install DefectStudio again.",
        ) from error
    except (ValueError, IndexError) as error:
        words = done.stderr.strip().splitlines()[-1:] or [process.describe_exit(done.returncode)]
        raise JobError(
            f"no worker can be started: {words[0]}",
            subject=command[0],
            remedy="Install DefectStudio again; PyTorch may be missing or broken.",
        ) from error
    return said
