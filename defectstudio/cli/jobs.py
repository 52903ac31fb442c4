"""Commands on the jobs of a project."""

from __future__ import annotations

from dataclasses import asdict

import typer

from defectstudio.cli.output import Json, command, say
from defectstudio.cli.projects import ProjectPath, opened

app = typer.Typer(help="The jobs of a project.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The jobs of a project."""


@app.command("list")
@command
def list_(project: ProjectPath, as_json: Json = False) -> None:
    """All jobs with their state."""
    with opened(project) as used:
        jobs = used.jobs()
    lines = [
        f"{job.id:4d}  {job.state.value:<11}  {job.progress:4.0%}  {job.kind:<10}  {job.title}"
        + (f"  ({job.message})" if job.message else "")
        for job in jobs
    ]
    say(as_json, {"jobs": [asdict(job) for job in jobs]}, lines or ["There are no jobs."])
