"""What commands say: results on stdout, progress and errors on stderr, exit codes 0 1 2 3."""

from __future__ import annotations

import contextlib
import functools
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from defectstudio.domain.errors import DefectStudioError, InternalError, UserError
from defectstudio.domain.files import to_json

P = ParamSpec("P")
Progress = Callable[[int, int], None]

USER_FAULT, OUR_FAULT = 1, 3
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for machines.")]


NewName = Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]


def group(text: str) -> typer.Typer:
    """Commands under one word; `text` says what they are about."""
    made = typer.Typer(help=text, no_args_is_help=True)
    made.callback()(lambda: None)
    return made


def command(function: Callable[P, None]) -> Callable[P, None]:
    """A command whose errors become messages and exit codes: 1 the user's input, 3 our fault.

    Usage errors (2) are typer's own.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            function(*args, **kwargs)
        except UserError as error:
            _complain(error, as_json)
            raise typer.Exit(USER_FAULT) from error
        except OSError as error:
            _complain(_of_the_world(error), as_json)
            raise typer.Exit(USER_FAULT) from error
        except KeyboardInterrupt:
            _complain(UserError("cancelled"), as_json)
            raise typer.Exit(USER_FAULT) from None
        except typer.Exit:
            raise
        except Exception as error:
            _complain(_ours(error), as_json)
            raise typer.Exit(OUR_FAULT) from error

    return guarded


def say(as_json: bool, result: Mapping[str, Any], lines: Iterable[str]) -> None:
    """The result of a command: one JSON object, or lines for a person."""
    if as_json:
        typer.echo(to_json(dict(result)))
    else:
        for line in lines:
            typer.echo(line)


def note(text: str) -> None:
    """A remark on stderr; nothing when there is nothing to remark."""
    if text:
        typer.echo(text, err=True)


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A bar on stderr while the block runs; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def pairs(given: Iterable[str]) -> dict[str, str]:
    """`key=value` texts as a dictionary. Raises SettingError."""
    from defectstudio.domain.errors import SettingError

    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise SettingError(
                "this is not key=value", subject=text, remedy="Write it as in --set steps=500."
            )
        found[key.strip()] = value.strip()
    return found


def _silent(done: int, total: int) -> None:
    """Nobody looks."""


def _complain(error: DefectStudioError, as_json: bool) -> None:
    said = {
        "kind": type(error).__name__,
        "reason": error.reason,
        "subject": error.subject,
        "remedy": error.remedy,
    }
    if as_json:
        typer.echo(to_json({"error": said}))
    head = f"{error.subject}: {error.reason}" if error.subject else error.reason
    typer.echo(f"Error: {head}", err=True)
    if error.remedy:
        typer.echo(error.remedy, err=True)


def _of_the_world(error: OSError) -> UserError:
    return UserError(
        error.strerror or str(error),
        subject=error.filename or "",
        remedy="Check the disk, the folder and its permissions.",
    )


def _ours(error: Exception) -> DefectStudioError:
    """A fault of ours with its details in a file that can be sent to us."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="defectstudio-", suffix=".log", delete=False, encoding="utf-8"
    ) as details:
        details.write("".join(traceback.format_exception(error)))
    said = error if isinstance(error, DefectStudioError) else None
    return InternalError(
        said.reason if said else f"{type(error).__name__}: {error}",
        subject=said.subject if said else "",
        remedy=f"This is our fault. The details are in {Path(details.name)}"
        + (f". {said.remedy}" if said and said.remedy else "."),
    )
