"""A virtual environment with pip is made one way or another."""

from __future__ import annotations

import ensurepip
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from bootstrapping import apt, state, venvs
from bootstrapping.talk import SetupError

BUNDLED = Path(ensurepip.__file__).parent / "_bundled"


def _pip_of(venv: Path) -> str:
    command = [venvs.python_of(venv), "-c", "import pip; print(pip.__file__)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_usual_way(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    venvs.make(venv)
    assert Path(_pip_of(venv)).is_relative_to(venv)


def test_without_ensurepip_a_pip_found_elsewhere_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(venvs, "_with_venv", lambda _venv: False)
    monkeypatch.setenv("PIP_FIND_LINKS", str(BUNDLED))
    venv = tmp_path / "venv"
    venvs.make(venv)
    assert Path(_pip_of(venv)).is_relative_to(venv)
    assert "no ensurepip" in capsys.readouterr().err


class Bare:
    """A machine whose Python has nothing but venv; records what is run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run: list[str] = []
        self.present: set[str] = set()
        monkeypatch.setattr(venvs, "succeeds", self.succeeds)
        monkeypatch.setattr(venvs, "output", lambda _command: "")
        monkeypatch.setattr(venvs, "_works", self.works)

    def succeeds(self, command: Sequence[str | Path]) -> bool:
        return any(word in " ".join(map(str, command)) for word in self.present)

    def works(self, _venv: Path, command: Sequence[str | Path], _check: str = "") -> bool:
        self.run.append(" ".join(map(str, command)))
        return True


def test_virtualenv_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Bare(monkeypatch)
    bare.present = {"virtualenv --version"}
    venvs.make(tmp_path / "venv")
    assert len(bare.run) == 1
    assert "-m virtualenv --quiet --python" in bare.run[0]


def test_root_on_debian_installs_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Bare(monkeypatch)
    monkeypatch.setattr(venvs, "_is_system_python", lambda: True)
    monkeypatch.setattr(apt, "usable", lambda: True)

    def install(packages: Sequence[str]) -> bool:
        assert packages == [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]
        bare.present = {"import ensurepip, venv"}
        return True

    monkeypatch.setattr(apt, "install", install)
    venvs.make(tmp_path / "venv")
    assert bare.run == [f"{sys.executable} -m venv {tmp_path / 'venv'}"]


@pytest.mark.parametrize(
    ("system", "line"),
    [(True, "sudo apt-get install -y python3"), (False, "-m pip install virtualenv")],
)
def test_where_nothing_works_the_line_to_run_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: bool, line: str
) -> None:
    Bare(monkeypatch)
    monkeypatch.setattr(venvs, "_is_system_python", lambda: system)
    monkeypatch.setattr(apt, "usable", lambda: False)
    monkeypatch.setattr(apt, "on_debian", lambda: True)
    with pytest.raises(SetupError, match=line):
        venvs.make(tmp_path / "venv")


@pytest.mark.parametrize(
    ("version", "good"), [("pip 21.3.1 from x", False), ("pip 22.3 from x", True), ("", False)]
)
def test_a_pip_too_old_for_the_task_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, version: str, good: bool
) -> None:
    monkeypatch.setattr(venvs, "output", lambda _command: version)
    assert (venvs._found_pip() is not None) is good


def test_the_interpreter_lies_where_the_system_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    venv = Path("venv")
    assert venvs._python_of(venv, windows=True) == venv / "Scripts" / "python.exe"
    assert venvs._python_of(venv, windows=False) == venv / "bin" / "python"


def test_removing_keeps_the_stamp_and_what_links_point_to(tmp_path: Path) -> None:
    venv, other = tmp_path / "venv", tmp_path / "other"
    (venv / "lib").mkdir(parents=True)
    other.mkdir()
    (other / "file").touch()
    (venv / state.STAMP).touch()
    (venv / "lib64").symlink_to(other)
    venvs.remove(venv)
    assert [entry.name for entry in venv.iterdir()] == [state.STAMP]
    assert (other / "file").exists()
