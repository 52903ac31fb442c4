"""The window's log, and that a report shows nothing private."""

import getpass
import platform
from pathlib import Path

import pytest

from defectstudio.app import logbook
from defectstudio.app.doctor import Check
from defectstudio.app.settings import HOME, RecentProject, change
from defectstudio.domain.errors import InternalError, ProjectError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def log():
    handler = logbook.start()
    yield handler
    logbook.stop(handler)


def test_what_happens_is_written(home, log):
    logbook.note("a project was opened")
    error = InternalError("it broke")
    error.add_note("Traceback: here")
    logbook.note_error(error)
    text = logbook.read()
    assert "DefectStudio" in text and "a project was opened" in text
    assert "InternalError: it broke" in text and "Traceback: here" in text
    assert logbook.log_path() == home / "logs" / "window.log"


def test_old_lines_are_moved_on(log, monkeypatch):
    log.maxBytes = 2000
    for number in range(100):
        logbook.note(f"line {number} {'.' * 80}")
    files = sorted(path.name for path in logbook.log_path().parent.iterdir())
    assert files == ["window.log", "window.log.1", "window.log.2", "window.log.3"]
    assert "line 99" in logbook.read() and "line 1 " not in logbook.read()


def test_no_place_for_a_log_stops_nobody(home):
    home.write_bytes(b"a file is in the way")
    assert logbook.start() is None
    logbook.stop(None)
    assert logbook.read() == ""


def test_diagnostics_name_no_person_folder_or_machine(log, tmp_path, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "martina")
    monkeypatch.setattr(platform, "node", lambda: "linie7-pruefung")
    secret = tmp_path / "Kunde Mueller" / "Gehaeuse A"
    change(lambda old: type(old)(recent=(RecentProject("1", secret, "Gehaeuse A"),)))
    logbook.note_error(ProjectError("cannot be read", subject=secret / "files" / "ab.png"))
    logbook.note(f"{Path.home() / 'bilder' / 'teil.png'} by martina on linie7-pruefung")
    logbook.note(r"C:\Daten\Kunden\Meier\teil.png mail m.meier@firma.de from 10.20.30.40")
    logbook.note('File "/opt/x/site-packages/defectstudio/gui/session.py", line 3')
    told = logbook.diagnostics([Check("disk", "ok", f"5 GB free at {tmp_path}")])
    for private in ("Mueller", "Gehaeuse", "ab.png", "bilder", "teil", "Daten", "Meier", "martina",
                    "linie7", "firma", "10.20", str(tmp_path), str(Path.home()) + "/"):  # fmt: skip
        assert private not in told, private
    assert "site-packages/defectstudio/gui/session.py" in told
    assert "ok       disk: 5 GB free" in told and "cannot be read" in told


def test_a_machine_without_user_names(log, monkeypatch):
    def fail():
        raise OSError

    monkeypatch.setattr(getpass, "getuser", fail)
    assert "DefectStudio" in logbook.diagnostics([])
