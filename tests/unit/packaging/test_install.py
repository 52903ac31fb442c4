"""The environment is brought to the wanted state with as little work as possible."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bootstrapping import commands, install, sizes, state, venvs
from bootstrapping.talk import SetupError

PROJECT = """
[build-system]
requires = ["hatchling>=1.24"]
[project]
name = "defectstudio"
version = "0.1.0"
dependencies = ["numpy>=1", "torch>=2.4", "torchvision>=0.19", "torch-like"]
[project.optional-dependencies]
test = ["pytest"]
[tool.ruff]
line-length = 100
"""


class Machine:
    """A checkout, and the pip calls that would be made on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.pips: list[tuple[str, ...]] = []
        self.made = 0
        self.usable = True
        self.broken_pip: BaseException | None = None
        self.compiled = 0
        self.broken_compiler: BaseException | None = None
        self.edit(PROJECT)

    def edit(self, text: str) -> None:
        (self.root / "pyproject.toml").write_text(text, encoding="utf-8")

    def make(self, venv: Path) -> None:
        self.made += 1
        (venv / "bin").mkdir()

    def pip(self, _venv: Path, *arguments: str) -> None:
        self.pips.append(arguments)
        if self.broken_pip is not None:
            raise self.broken_pip

    def compile(self, _root: Path, _venv: Path) -> None:
        self.compiled += 1
        if self.broken_compiler is not None:
            raise self.broken_compiler

    def ensure(self, torch: str | None = None, *, test: bool = False) -> list[tuple[str, ...]]:
        """Set up; the pip calls that it took."""
        self.pips.clear()
        install.ensure(self.root, self.venv, torch, test=test)
        return list(self.pips)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setattr(venvs, "make", machine.make)
    monkeypatch.setattr(install, "_pip", machine.pip)
    monkeypatch.setattr(install, "_compile_kernel", machine.compile)
    monkeypatch.setattr(install, "_usable", lambda _venv: machine.usable)
    monkeypatch.setattr(install, "succeeds", lambda _command: True)
    return machine


def test_the_first_run_installs_everything(machine: Machine) -> None:
    build, torch, rest = machine.ensure()
    assert build == ("hatchling>=1.24", "editables")
    assert torch == ("torch>=2.4", "torchvision>=0.19")
    assert rest == ("--no-build-isolation", "--editable", str(machine.root))


def test_the_second_run_installs_nothing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.ensure(test=True)
    capsys.readouterr()
    assert machine.ensure(test=True) == []
    assert machine.ensure() == []
    assert machine.made == 1
    assert capsys.readouterr().err == ""


def test_tests_after_a_demo_add_the_test_tools(machine: Machine) -> None:
    machine.ensure()
    assert machine.ensure(test=True)[-1][-1] == f"{machine.root}[test]"
    assert machine.ensure() == []
    assert machine.made == 1


def test_settings_of_tools_change_nothing(machine: Machine) -> None:
    machine.ensure()
    machine.edit(PROJECT.replace("line-length = 100", "line-length = 90"))
    assert machine.ensure() == []


def test_metadata_is_installed_again_without_dependencies(machine: Machine) -> None:
    machine.ensure()
    machine.edit(PROJECT.replace("0.1.0", "0.2.0"))
    assert machine.ensure() == [
        ("--no-build-isolation", "--no-deps", "--editable", str(machine.root))
    ]


def test_new_dependencies_are_added(machine: Machine) -> None:
    machine.ensure()
    machine.edit(PROJECT.replace("numpy>=1", "numpy>=2"))
    assert len(machine.ensure()) == 3
    assert machine.made == 1


def test_the_kernel_is_compiled_once_and_again_when_its_source_changes(machine: Machine) -> None:
    source = machine.root / "defectstudio" / "imaging" / "kernel"
    source.mkdir(parents=True)
    machine.ensure()
    assert (len(machine.ensure(test=True)), machine.compiled) == (3, 1)
    for name in ("blend.cpp", "vec.hpp"):
        (source / name).write_text("int x;\n")
        assert (machine.ensure(), machine.ensure()) == ([], [])
    assert (machine.made, machine.compiled) == (1, 3)


def test_an_interrupted_compiler_spoils_nothing(machine: Machine) -> None:
    machine.broken_compiler = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        machine.ensure()
    machine.broken_compiler = None
    assert machine.ensure() == []
    assert (machine.made, machine.compiled) == (1, 2)


def test_an_environment_from_before_the_kernel_gets_it(machine: Machine) -> None:
    machine.ensure()
    stamp = machine.venv / state.STAMP
    stamp.write_text(re.sub(r',\s*"kernel": "\w+"', "", stamp.read_text()))
    assert "kernel" not in stamp.read_text()
    assert machine.ensure() == []
    assert (machine.made, machine.compiled) == (1, 2)


def test_an_interrupted_run_is_made_afresh(machine: Machine) -> None:
    machine.broken_pip = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        machine.ensure()
    (machine.venv / "half-made").write_text("")
    machine.broken_pip = None
    assert len(machine.ensure()) == 3
    assert machine.made == 2
    assert not (machine.venv / "half-made").exists()


def test_a_run_killed_before_its_first_word_is_made_afresh(machine: Machine) -> None:
    machine.venv.mkdir()
    (machine.venv / (state.STAMP + ".new")).write_text("{")
    assert len(machine.ensure()) == 3


def test_after_a_failed_download_the_next_run_goes_on(machine: Machine) -> None:
    machine.broken_pip = SetupError("no network")
    with pytest.raises(SetupError):
        machine.ensure()
    machine.broken_pip = None
    assert len(machine.ensure()) == 3
    assert machine.made == 1


def test_a_failed_addition_leaves_what_worked(machine: Machine) -> None:
    machine.ensure()
    machine.broken_pip = SetupError("no network")
    with pytest.raises(SetupError):
        machine.ensure(test=True)
    assert machine.ensure() == []


def test_a_damaged_environment_is_made_afresh(machine: Machine) -> None:
    machine.ensure()
    machine.usable = False
    assert len(machine.ensure()) == 3
    assert machine.made == 2


def test_another_python_makes_it_afresh(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.ensure()
    monkeypatch.setattr(state, "_python", lambda: "cpython 3.99")
    machine.ensure()
    assert machine.made == 2


def test_a_foreign_environment_is_left_alone(machine: Machine) -> None:
    machine.venv.mkdir()
    (machine.venv / "pyvenv.cfg").write_text("mine")
    with pytest.raises(SetupError, match="was not made by this script"):
        machine.ensure()
    assert (machine.venv / "pyvenv.cfg").read_text() == "mine"


@pytest.mark.parametrize(
    ("system", "torch", "index"),
    [
        ("linux", None, ()),
        ("linux", "default", ()),
        ("linux", "cuda", ()),
        ("linux", "cpu", ("--index-url", install.CPU_INDEX)),
        ("win32", "cpu", ("--index-url", install.CPU_INDEX)),
        ("win32", "cuda", ("--index-url", install.CUDA_INDEX)),
        ("darwin", "cpu", ()),
    ],
)
def test_only_an_explicit_choice_leaves_pips_own_index(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    torch: str | None,
    index: tuple[str, ...],
) -> None:
    monkeypatch.setattr(install, "_index", _on(system, monkeypatch))
    calls = machine.ensure(torch)
    assert calls[1] == ("torch>=2.4", "torchvision>=0.19", *index)
    assert all("--index-url" not in call for call in (calls[0], calls[2]))


def _on(system: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    original = install._index

    def index(torch: str) -> list[str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "platform", system)
            return original(torch)

    return index


def test_another_build_of_torch_makes_it_afresh_and_stays(machine: Machine) -> None:
    machine.ensure()
    machine.ensure("cpu")
    assert machine.made == 2
    assert machine.ensure() == []


def test_cuda_on_macos_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SetupError, match="no CUDA on macOS"):
        install.ensure(machine.root, machine.venv, "cuda", test=False)


def test_a_full_disk_is_seen_before_anything_is_made(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil._ntuple_diskusage(10**12, 10**12 - 10**9, 10**9)
    monkeypatch.setattr(sizes.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(SetupError, match=r"1\.0 GB are free"):
        machine.ensure("default")
    assert not machine.venv.exists()


def test_downloads_are_named_beforehand(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.ensure("cpu")
    said = capsys.readouterr().err
    assert "PyTorch, cpu build: about 250 MB" in said
    assert "GB of disk" in said


def test_a_stale_script_says_so(machine: Machine) -> None:
    machine.edit(PROJECT.replace('"torchvision>=0.19", ', ""))
    with pytest.raises(SetupError, match="stale"):
        machine.ensure()


def test_two_set_ups_come_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([False, False, True])
    monkeypatch.setattr(state, "_try_lock", lambda _handle: next(answers))
    monkeypatch.setattr(state.time, "sleep", lambda _seconds: None)
    with state.locked(tmp_path / "lock"):
        pass
    assert "waiting" in capsys.readouterr().err


def test_a_held_lock_holds(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with state.locked(lock), lock.open("a+b") as other:
        assert not state._try_lock(other.fileno())
    with lock.open("a+b") as other:
        assert state._try_lock(other.fileno())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not pass the lock on")
def test_an_installer_whose_parent_was_killed_is_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    script = f"""
import os, sys, threading
from pathlib import Path
sys.path.insert(0, {str(Path(state.__file__).parents[1])!r})
from bootstrapping import commands, state
threading.Timer(0.4, os._exit, [0]).start()
with state.locked(Path({str(lock)!r})):
    sleep = [sys.executable, "-c", "import time; time.sleep(1.5)"]
    commands.run_logged(sleep, Path({str(tmp_path / "log")!r}), "")
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    with lock.open("a+b") as other:
        assert not state._try_lock(other.fileno())
        while not state._try_lock(other.fileno()):
            time.sleep(0.05)


def test_an_installer_is_logged_and_its_downloads_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (
        "Downloading https://host/a/torch-2.14.1-cp311-linux.whl (554.6 MB)",
        "Downloading https://host/a/small-1.0.whl (2 kB)",
        "Downloading https://host/a/torch-2.14.1.whl.metadata (30.0 MB)",
        "Installing collected packages: a, b, c",
    )
    log = tmp_path / "log"
    script = f"print({chr(10).join(lines)!r})"
    commands.run_logged([sys.executable, "-c", script], log, "failed")
    assert capsys.readouterr().err == "    torch (554.6 MB)\n    unpacking 3 packages\n"
    assert log.read_text(encoding="utf-8").splitlines() == list(lines)


def test_an_installer_that_fails_shows_its_last_words(tmp_path: Path) -> None:
    script = "import sys; print('No matching distribution'); sys.exit(1)"
    with pytest.raises(SetupError, match=r"(?s)No matching distribution.*try again"):
        commands.run_logged([sys.executable, "-c", script], tmp_path / "log", "try again")
