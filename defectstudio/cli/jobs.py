"""Commands on the jobs of a project."""

from __future__ import annotations

import signal
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from defectstudio.cli.output import Json, NewName, command, group, note, say
from defectstudio.cli.projects import ProjectPath, opened
from defectstudio.domain.records import JobRecord, JobState
from defectstudio.domain.words import duration, size

app = group("The jobs of a project.")
JobId = Annotated[int, typer.Argument(metavar="JOB", help="The job's number.")]


@app.command("list")
@command
def list_(
    project: ProjectPath,
    state: Annotated[JobState | None, typer.Option(help="Only those in this state.")] = None,
    sizes: Annotated[bool, typer.Option("--sizes", help="And how large they are.")] = False,
    as_json: Json = False,
) -> None:
    """All jobs with their state."""
    from defectstudio.project.unused import size_of

    with opened(project) as used:
        jobs = [job for job in used.jobs() if state in (None, job.state)]
    bytes_ = {job.id: size_of(job.folder) for job in jobs} if sizes else {}
    lines = [(f"{size(bytes_[job.id]):>10}  " if sizes else "") + _line(job) for job in jobs]
    if sizes and jobs:
        lines.append(f"{size(sum(bytes_.values())):>10}  in all")
    told = [{**asdict(job), "bytes": bytes_.get(job.id)} for job in jobs]
    say(as_json, {"jobs": told}, lines or ["There are no jobs."])


@app.command()
@command
def show(project: ProjectPath, job_id: JobId, as_json: Json = False) -> None:
    """What a job is, how far it is, and where its files lie."""
    from defectstudio.app.run_files import report_page
    from defectstudio.jobs.launching import about

    with opened(project) as used:
        job, supervisor = used.job(job_id), about(used.root)
    told = {
        "folder": job.folder,
        "report": report_page(job.folder),
        "created": job.created,
        "began": job.begun,
        "ended": job.ended,
        "waits for": ", ".join(map(str, job.asked.after)),
        "priority": job.asked.priority or "",
        "slot": job.place or job.asked.slot,
        "user": job.user,
        "memory": f"{job.memory >> 20} MB at most" if job.memory else "",
    }
    lines = [_line(job), *(f"  {name:<9} {value}" for name, value in told.items() if value)]
    result = {"job": asdict(job), "report": told["report"], "supervisor": supervisor}
    say(as_json, result, lines)


@app.command()
@command
def log(
    project: ProjectPath,
    job_id: JobId,
    level: Annotated[
        Literal["info", "notice", "warning", "output"] | None,
        typer.Option(help="Only lines of this kind; output is what libraries print."),
    ] = None,
    contains: Annotated[str, typer.Option(help="Only lines with this text.")] = "",
    as_json: Json = False,
) -> None:
    """The end of a job's log."""
    from defectstudio.app.run_files import level_of_line, read_log

    with opened(project) as used:
        text = read_log(used.job(job_id).folder)
    lines = [
        line
        for line in text.splitlines()
        if level in (None, level_of_line(line)) and contains.casefold() in line.casefold()
    ]
    say(as_json, {"lines": lines}, lines or ["Nothing was logged."])


@app.command()
@command
def cancel(project: ProjectPath, job_id: JobId, as_json: Json = False) -> None:
    """Stop a job; one that runs leaves a checkpoint and is gone within 5 seconds."""
    _ask(project, job_id, JobState.CANCELLED, as_json=as_json)


@app.command()
@command
def pause(project: ProjectPath, job_id: JobId, as_json: Json = False) -> None:
    """Stop a job at a checkpoint until it is resumed; its slot is free for others."""
    _ask(project, job_id, JobState.PAUSED, as_json=as_json)


@app.command()
@command
def resume(project: ProjectPath, job_id: JobId, as_json: Json = False) -> None:
    """Go on with a paused or stopped job, from its checkpoint where it has one."""
    _again(project, job_id, as_json=as_json)


@app.command()
@command
def retry(project: ProjectPath, job_id: JobId, as_json: Json = False) -> None:
    """Try a job that failed or was stopped once more; what is done is used again."""
    _again(project, job_id, as_json=as_json)


@app.command()
@command
def priority(
    project: ProjectPath,
    job_id: JobId,
    value: Annotated[int, typer.Argument(help="Jobs of a higher one start first.")],
    as_json: Json = False,
) -> None:
    """Let a job start before others, or after them."""
    with opened(project) as used:
        used.prioritize_job(job_id, value)
        _tell(used.job(job_id), as_json=as_json)


@app.command()
@command
def rename(
    project: ProjectPath,
    job_id: JobId,
    title: NewName,
    as_json: Json = False,
) -> None:
    """Give a job that is over another name."""
    from defectstudio.app.runs import rename_run

    with opened(project) as used:
        rename_run(used, used.job(job_id), title)
        _tell(used.job(job_id), as_json=as_json)


@app.command()
@command
def delete(project: ProjectPath, job_id: JobId, as_json: Json = False) -> None:
    """Delete a job that is over, with its folder; what it gave the project stays."""
    with opened(project) as used:
        used.remove_job(job_id)
    say(as_json, {"deleted": job_id}, [f"Job {job_id} is deleted."])


@app.command()
@command
def limits(
    project: ProjectPath,
    *,
    cpu: Annotated[int | None, typer.Option(min=0, help="On the processor.")] = None,
    cuda: Annotated[int | None, typer.Option(min=0, help="On each graphics card.")] = None,
    disk: Annotated[int | None, typer.Option(min=0, help="Imports and exports.")] = None,
    user: Annotated[int | None, typer.Option(min=0, help="Of one user; 0: no limit.")] = None,
    as_json: Json = False,
) -> None:
    """How many jobs run at a time; options change it."""
    given = {"cpu": cpu, "cuda": cuda, "disk": disk, "user": user}
    with opened(project) as used:
        for name, value in given.items():
            if value is not None:
                used.set_limit(name, value)
        now = used.limits()
    say(as_json, {"limits": now}, [f"{name:<5} {value}" for name, value in now.items()])


@app.command()
@command
def run(
    project: ProjectPath,
    idle: Annotated[float, typer.Option(min=0, help="Seconds without work before it ends.")] = 5,
    as_json: Json = False,
) -> None:
    """Work off the queue in this process until nothing is left to do."""
    from defectstudio.app.job_kinds import KINDS
    from defectstudio.app.projects import open_project
    from defectstudio.jobs.supervisor import Patience, Supervisor

    with open_project(project) as used:
        supervisor = Supervisor(used, KINDS, patience=Patience(idle=idle), complain=_complain)
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: supervisor.stop())
        worked = supervisor.run()
    said = "Nothing is left to do." if worked else "The queue is worked off by another process."
    say(as_json, {"worked": worked}, [said])


def _complain(text: str) -> None:
    note(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}")


def _ask(project: Path, job_id: int, to: JobState, *, as_json: bool) -> None:
    with opened(project) as used:
        used.ask_job(job_id, to)
        _tell(used.job(job_id), as_json=as_json)


def _again(project: Path, job_id: int, *, as_json: bool) -> None:
    from defectstudio.app.again import once_more

    with opened(project) as used:
        _tell(once_more(used, used.job(job_id)).record, as_json=as_json)


def _tell(job: JobRecord, *, as_json: bool) -> None:
    say(as_json, {"job": asdict(job)}, [_line(job)])


def _line(job: JobRecord) -> str:
    state = f"{job.state.value}, to be {job.wanted}" if job.wanted else job.state.value
    left = "" if job.seconds_left is None else f"  {duration(job.seconds_left)} left"
    why = f"  ({job.message})" if job.message else ""
    title = f"{job.kind:<10}  {job.title}"
    return f"{job.id:4d}  {state:<11}  {job.progress:4.0%}  {title}{left}{why}"
