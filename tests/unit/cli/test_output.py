from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from defectstudio.cli.output import command, pairs
from defectstudio.domain.errors import ImageError, InternalError, SettingError


def run(error: BaseException | None, as_json: bool = False) -> int:
    @command
    def act(*, as_json: bool) -> None:
        if error is not None:
            raise error

    try:
        act(as_json=as_json)
    except typer.Exit as end:
        return end.exit_code
    return 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (ImageError("it is torn", subject="a.png", remedy="Copy it again."), 1),
        (InternalError("a wheel came off"), 3),
        (ZeroDivisionError("division by zero"), 3),
        (PermissionError(13, "Permission denied", "/root"), 1),
        (KeyboardInterrupt(), 1),
        (typer.Exit(1), 1),
    ],
)
def test_errors_become_exit_codes(error, code, capsys):
    assert run(error) == code
    assert capsys.readouterr().out == ""


def test_an_error_of_the_user_has_three_parts(capsys):
    run(ImageError("it is torn", subject="a.png", remedy="Copy it again."), as_json=True)
    said = capsys.readouterr()
    assert said.err.splitlines() == ["Error: a.png: it is torn", "Copy it again."]
    assert json.loads(said.out)["error"] == {
        "kind": "ImageError",
        "reason": "it is torn",
        "subject": "a.png",
        "remedy": "Copy it again.",
    }


def test_our_fault_leaves_its_details_in_a_file(capsys):
    run(ZeroDivisionError("division by zero"))
    said = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in said
    path = Path(said.split("details are in ")[1].split(".log")[0] + ".log")
    assert "Traceback" in path.read_text()
    path.unlink()


def test_settings_are_pairs():
    assert pairs(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}
    for wrong in ("a", "=1"):
        with pytest.raises(SettingError):
            pairs([wrong])
