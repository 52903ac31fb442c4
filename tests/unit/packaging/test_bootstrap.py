"""The front door: old Pythons, the command line, exit statuses."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from bootstrapping import arguments, install, launch, libraries, main
from bootstrapping.arguments import Request
from bootstrapping.libraries import Found
from bootstrapping.talk import SetupError

SCRIPT = Path(__file__).parents[3] / "packaging" / "bootstrap.py"
AS_OLD = (
    "import runpy, sys; sys.version_info = (3, 9, 1, 'final', 0);"
    f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
)
MODERN = (
    ast.JoinedStr,
    ast.AnnAssign,
    ast.NamedExpr,
    ast.AsyncFunctionDef,
    ast.Match,
    ast.FunctionDef,
)


def test_an_old_python_is_told_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_OLD], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; this is Python 3.9" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_can_read_the_script() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    assert [node for node in ast.walk(tree) if isinstance(node, MODERN)] == []


def test_help_needs_no_set_up() -> None:
    command = [sys.executable, "-P", str(SCRIPT), "demo", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--torch cpu" in done.stdout


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["demo"], Request("demo")),
        (["demo", "--out", "x"], Request("demo", passed_on=("--out", "x"))),
        (["test", "--torch", "cpu", "-k", "a b"], Request("test", "cpu", passed_on=("-k", "a b"))),
        (["test", "--torch=cuda", "--setup-only"], Request("test", "cuda", setup_only=True)),
    ],
)
def test_own_words_are_taken_and_all_others_passed_on(words: list[str], request_: Request) -> None:
    assert arguments.parse(words) == request_


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "demo or test"),
        (["run"], "demo or test"),
        (["demo", "--torch"], "--torch takes one of"),
        (["demo", "--torch", "rocm"], "not 'rocm'"),
    ],
)
def test_wrong_usage_is_named(words: list[str], said: str) -> None:
    with pytest.raises(SetupError, match=said):
        arguments.parse(words)


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Replaces everything below main by records of the calls."""
    calls: list[tuple[object, ...]] = []
    found = Found(window=True, offscreen=True)

    def ensure(root: Path, venv: Path, torch: str | None, *, test: bool) -> Path:
        calls.append(("ensure", venv.relative_to(root).as_posix(), torch, test))
        return Path("python")

    def demo(*arguments: object) -> int:
        calls.append(("demo", *arguments))
        return 7

    def tests(*arguments: object) -> int:
        calls.append(("tests", arguments[0], *arguments[2:]))
        return 0

    monkeypatch.setattr(install, "ensure", ensure)
    monkeypatch.setattr(libraries, "provide", lambda: found)
    monkeypatch.setattr(launch, "demo", demo)
    monkeypatch.setattr(launch, "tests", tests)
    return calls


def test_demo_sets_up_and_passes_the_status_on(set_up: list[tuple[object, ...]]) -> None:
    assert main.main(["demo", "--torch", "cpu", "--headless"]) == 7
    found = Found(window=True, offscreen=True)
    assert set_up == [
        ("ensure", ".venv", "cpu", False),
        ("demo", Path("python"), found, ("--headless",)),
    ]


def test_test_asks_for_the_test_tools(set_up: list[tuple[object, ...]]) -> None:
    assert main.main(["test", "-x"]) == 0
    assert [call[0] for call in set_up] == ["ensure", "tests"]
    assert set_up[0][-1] is True
    assert set_up[1][-1] == ("-x",)


def test_setup_only_runs_nothing(set_up: list[tuple[object, ...]]) -> None:
    assert main.main(["test", "--setup-only"]) == 0
    assert [call[0] for call in set_up] == ["ensure"]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [(SetupError("no room"), 1, "no room"), (KeyboardInterrupt(), 130, "Interrupted")],
)
def test_a_set_up_that_fails_says_why(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    said: str,
) -> None:
    def ensure(*_arguments: object, **_options: object) -> Path:
        raise error

    monkeypatch.setattr(install, "ensure", ensure)
    assert main.main(["demo"]) == status
    assert said in capsys.readouterr().err
