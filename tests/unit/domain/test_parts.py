from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

import defectstudio
from defectstudio.cli import showing
from defectstudio.domain import parts
from defectstudio.jobs import launching, process

PACKAGE = Path(defectstudio.__file__).parent


@pytest.fixture
def frozen(monkeypatch):
    """As in the frozen program: its own executable, no Python beside it."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/defectstudio/defectstudio")


@pytest.mark.parametrize("part", parts.PARTS)
def test_installed_a_part_is_a_module_that_can_be_run(part):
    python, option, package = parts.start_of(part)
    assert (python, option) == (sys.executable, "-m")
    assert importlib.util.find_spec(f"{package}.__main__") is not None


@pytest.mark.parametrize("part", parts.PARTS)
def test_frozen_a_part_is_a_word_to_the_program_itself(frozen, part):
    assert parts.start_of(part) == ("/opt/defectstudio/defectstudio", "--part", part)


def test_whatever_is_started_is_started_this_way():
    assert parts.start_of("worker") == process.WORKER
    assert (*parts.start_of("commands"), "jobs", "run") == launching.SUPERVISOR
    assert parts.start_of("window") == showing.WINDOW


def test_nobody_else_names_the_interpreter():
    """A command that begins with it would start the frozen program, not a Python."""
    named = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "executable"
    }
    assert named == {"domain/parts.py"}


def test_a_frozen_worker_is_not_told_of_another_place_to_import_from(frozen, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert "PYTHONPATH" not in process.worker_environment()


def test_nobody_is_sent_to_pip_where_there_is_none(frozen):
    assert "pip" not in parts.how_to_install("numpy")


def test_an_extra_is_got_by_pip_and_a_frozen_program_says_that_it_has_none(monkeypatch):
    assert parts.how_to_get("onnx") == "Install it: pip install 'defectstudio[onnx]'."
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "does not bring it" in parts.how_to_get("onnx")
