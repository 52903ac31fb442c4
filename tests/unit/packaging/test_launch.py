"""System libraries, and running the demo and the tests."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from bootstrapping import apt, commands, launch, libraries
from bootstrapping.libraries import Found
from bootstrapping.talk import SetupError

ALL = Found(window=True, offscreen=True)
PYTHON = Path("python")


class Runs:
    """Records the programs that would be run, and answers with the statuses given."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.commands: list[list[str]] = []
        self.extras: list[dict[str, str]] = []

    def __call__(self, command: Sequence[str | Path], extra: dict[str, str] | None = None) -> int:
        self.commands.append(list(map(str, command)))
        self.extras.append(extra or {})
        return self.statuses.pop(0)


def _runs(monkeypatch: pytest.MonkeyPatch, *statuses: int) -> Runs:
    runs = Runs(*statuses)
    monkeypatch.setattr(launch, "run_through", runs)
    return runs


def test_the_demo_gets_all_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = _runs(monkeypatch, 3)
    assert launch.demo(PYTHON, ALL, ["--out", "x"]) == 3
    assert runs.commands == [["python", "-m", "defectstudio", "demo", "--out", "x"]]


@pytest.mark.parametrize("words", [[], ["--headless"]])
def test_without_libraries_the_demo_runs_headless(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    runs = _runs(monkeypatch, 0)
    launch.demo(PYTHON, Found(window=False, offscreen=True), words)
    assert runs.commands[0][3:] == ["demo", "--headless"]


@pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is for Linux")
@pytest.mark.parametrize(("statuses", "status"), [((0, 0), 0), ((0, 5), 0), ((0, 1), 1)])
def test_window_tests_follow_under_xvfb(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, statuses: tuple[int, ...], status: int
) -> None:
    runs = _runs(monkeypatch, *statuses)
    monkeypatch.setattr(launch, "_have_xvfb", lambda: True)
    monkeypatch.setattr(launch, "_XVFB_COMMAND", ("echo", "42"))
    assert launch.tests(PYTHON, tmp_path, ALL, []) == status
    assert runs.extras == [
        {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        {"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":42"},
    ]
    whole, on_screen = runs.commands
    assert whole[-1] == str(tmp_path / "tests") and "-n" in whole
    assert on_screen[-3:] == [whole[-1], "-m", "xvfb"] and "-n" not in on_screen


@pytest.mark.parametrize(("words", "found"), [(["-m", "slow"], ALL), ([], ALL)])
def test_a_failure_or_a_choice_of_marks_ends_after_the_first_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], found: Found
) -> None:
    runs = _runs(monkeypatch, 1)
    assert launch.tests(PYTHON, tmp_path, found, words) == 1
    assert len(runs.commands) == 1


def test_chosen_tests_are_not_joined_by_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = _runs(monkeypatch, 1)
    chosen = tmp_path / "test_a.py"
    chosen.touch()
    launch.tests(PYTHON, tmp_path, ALL, ["-k", "b", f"{chosen}::test_b"])
    assert runs.commands[0][-3:] == ["-k", "b", f"{chosen}::test_b"]
    assert "-n" not in runs.commands[0] and runs.extras == [{"QT_QPA_PLATFORM": "offscreen"}]


def test_without_a_screen_the_window_tests_are_named_as_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _runs(monkeypatch, 0)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(apt, "usable", lambda: False)
    monkeypatch.setattr(launch.shutil, "which", lambda _name: None)
    assert launch.tests(PYTHON, tmp_path, ALL, []) == 0
    assert "were skipped" in capsys.readouterr().err


def test_tests_need_qt(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="need these libraries"):
        launch.tests(PYTHON, tmp_path, Found(window=False, offscreen=False), [])


@pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is for Linux")
def test_a_screen_that_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_XVFB_COMMAND", ("true",))
    with pytest.raises(SetupError, match="Xvfb did not start"), launch._screen():
        pass


class Libraries:
    """A machine with some libraries missing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *missing: str, root: bool) -> None:
        self.missing = set(missing)
        self.installed: list[str] = []
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(libraries, "_can_be_loaded", lambda name: name not in self.missing)
        monkeypatch.setattr(apt, "usable", lambda: root)
        monkeypatch.setattr(apt, "install", self.install)

    def install(self, packages: Sequence[str]) -> bool:
        self.installed.extend(packages)
        self.missing.clear()
        return True


def test_nothing_is_said_when_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Libraries(monkeypatch, root=False)
    assert libraries.provide() == ALL
    assert capsys.readouterr().err == ""


def test_root_gets_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Libraries(monkeypatch, "libxcb-icccm.so.4", "libEGL.so.1", root=True)
    assert libraries.provide() == ALL
    assert machine.installed == ["libegl1", "libxcb-icccm4"]


@pytest.mark.parametrize(
    ("missing", "debian", "found", "line"),
    [
        ("libxcb-cursor.so.0", True, Found(False, True), "apt-get install -y libxcb-cursor0"),
        ("libGL.so.1", True, Found(False, False), "apt-get install -y libgl1"),
        ("libGL.so.1", False, Found(False, False), "libGL.so.1"),
    ],
)
def test_others_get_the_line_to_run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: str,
    debian: bool,
    found: Found,
    line: str,
) -> None:
    Libraries(monkeypatch, missing, root=False)
    monkeypatch.setattr(apt, "on_debian", lambda: debian)
    assert libraries.provide() == found
    assert line in capsys.readouterr().err


def test_other_systems_need_no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert libraries.provide() == ALL


def test_a_library_that_cannot_be_loaded_is_seen() -> None:
    assert not libraries._can_be_loaded("libno-such-library.so.9")


def test_apt_refreshes_its_list_only_when_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def succeeds(command: Sequence[str | Path]) -> bool:
        calls.append("update" if "update" in command else "install")
        return calls != ["install"]

    monkeypatch.setattr(apt, "succeeds", succeeds)
    assert apt.install(["libgl1"])
    assert calls == ["install", "update", "install"]


def test_the_status_of_a_program_is_passed_on() -> None:
    assert commands.run_through([sys.executable, "-c", "raise SystemExit(4)"]) == 4
    script = "import os; assert os.environ['DISPLAY'] == ':7'"
    assert commands.run_through([sys.executable, "-c", script], {"DISPLAY": ":7"}) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals like these")
def test_a_signal_becomes_a_status() -> None:
    script = f"import os; os.kill(os.getpid(), {int(signal.SIGTERM)})"
    assert commands.run_through([sys.executable, "-c", script]) == 128 + signal.SIGTERM


def test_quiet_commands() -> None:
    assert commands.succeeds([sys.executable, "-c", ""])
    assert not commands.succeeds([sys.executable, "-c", "raise SystemExit(1)"])
    assert not commands.succeeds(["no-such-program"])
    assert commands.output([sys.executable, "-c", "print('a')"]) == "a\n"
    assert commands.output([sys.executable, "-c", "raise SystemExit(1)"]) == ""
    assert commands.output(["no-such-program"]) == ""


def test_the_desktop_entry_starts_the_window() -> None:
    entry = Path(__file__).parents[3] / "packaging/linux/defectstudio.desktop"
    assert "Exec=defectstudio app %f" in entry.read_text(encoding="utf-8")
