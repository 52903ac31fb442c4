"""The command line: `defectstudio COMMAND ...`. Heavy imports wait inside the commands."""

from __future__ import annotations

import typer

from defectstudio.cli import (
    auditing,
    classes,
    generating,
    jobs,
    judging,
    keeping,
    models,
    projects,
    showing,
)

app = typer.Typer(
    name="defectstudio",
    help="Labeled synthetic defects for industrial inspection.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (showing, projects, generating, judging, auditing, keeping):
    group.register(app)
app.add_typer(classes.app, name="classes")
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")


def run() -> None:
    """The entry point of the command `defectstudio`."""
    app()
