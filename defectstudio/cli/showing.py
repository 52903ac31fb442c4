"""Commands that show something: app, demo, doctor."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from defectstudio.cli.following import follow
from defectstudio.cli.output import USER_FAULT, Json, command, note, say
from defectstudio.domain.errors import InternalError, UserError
from defectstudio.domain.parts import start_of

WINDOW = start_of("window")
"""The window is another program to us: commands never import it."""


@command
def app(
    project: Annotated[
        Path | None, typer.Argument(metavar="[PROJECT]", help="A project to open.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Open the window."""
    from defectstudio.app.doctor import can_open_window

    if not can_open_window():
        raise UserError(
            "there is no screen to open the window on",
            remedy="Log in to a desktop or set DISPLAY; all else works with the other commands.",
        )
    _open_window(project)
    say(as_json, {"project": project}, [])


@command
def demo(
    out: Annotated[Path, typer.Option(help="Where to put everything.")] = Path("demo"),
    headless: Annotated[bool, typer.Option("--headless", help="Do not open the window.")] = False,
    as_json: Json = False,
) -> None:
    """Make the sample project, 24 labeled samples and two exports; then open the window."""
    from defectstudio.app.demo import make_demo
    from defectstudio.app.doctor import has_screen

    report = make_demo(out.resolve(), follow)
    lines = [
        f"Project: {report.project} ({report.samples} samples)",
        *(f"Export {name}: {folder}" for name, folder in report.exports.items()),
        f"Contact sheet: {report.sheet}",
    ]
    say(as_json, asdict(report), lines)
    if headless or not has_screen():
        why = "As asked" if headless else "There is no screen, so"
        note(f"{why}, the window stays closed; look at the contact sheet.")
        return
    _open_window(report.project)


@command
def doctor(as_json: Json = False) -> None:
    """What this machine can do, what is missing and how to get it; exit status 1 if anything is."""
    from defectstudio.app.doctor import examine

    checks = examine()
    marks = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}
    lines = [
        f"{marks[one.state]}  {one.name}: {one.found}" + (f". {one.remedy}" if one.remedy else "")
        for one in checks
    ]
    say(as_json, {"checks": [asdict(one) for one in checks]}, lines)
    if any(one.state == "missing" for one in checks):
        raise typer.Exit(USER_FAULT)


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("app")(app)
    group.command("demo")(demo)
    group.command("doctor")(doctor)


def _open_window(project: Path | None) -> None:
    arguments = [str(project.resolve())] if project else []
    window = subprocess.Popen([*WINDOW, *arguments])
    try:
        code = window.wait()
    except BaseException:
        # Ctrl-C here: the window saves what it must by itself, so it is asked, not killed.
        window.terminate()
        window.wait()
        raise
    if code:
        raise InternalError(
            f"the window ended with exit code {code}",
            remedy="`defectstudio doctor` checks the libraries it needs.",
        )
