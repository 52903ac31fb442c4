from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import sys
from pathlib import Path

import pytest

from defectstudio.app import doctor
from defectstudio.app.doctor import can_open_window, examine, has_screen
from defectstudio.domain.errors import InternalError
from defectstudio.imaging.kernel import loading
from defectstudio.jobs import process


def told(text: str, code: int = 0):
    """A worker that prints `text` and ends."""
    return (sys.executable, "-c", f"print({text!r}); raise SystemExit({code})")


def checks(monkeypatch, worker: tuple[str, ...]) -> dict[str, doctor.Check]:
    monkeypatch.setattr(process, "WORKER", worker)
    return {one.name: one for one in examine()}


def test_a_machine_with_a_card(monkeypatch):
    said = '{"torch": "2.9", "cpu": "AVX2", "threads": 3, "cuda": ["Card A"]}'
    found = checks(monkeypatch, told(said))
    assert found["torch"].found == "2.9"
    assert found["CUDA"].found == "Card A"
    assert "AVX2" in found["processor"].found


def test_a_machine_without_a_card_is_told_how_to_get_it(monkeypatch):
    found = checks(monkeypatch, told('{"torch": "2.9", "cuda": []}'))
    assert found["CUDA"].state == "note"
    assert "CUDA" in found["CUDA"].remedy


@pytest.mark.parametrize("worker", [told("oh", 3), told(""), ("/no/such/python",)])
def test_a_worker_that_does_not_start_is_missing(monkeypatch, worker):
    found = checks(monkeypatch, worker)
    assert found["worker"].state == "missing"
    assert found["worker"].remedy


def test_what_is_not_installed_is_named(monkeypatch):
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = checks(monkeypatch, told("{}"))
    assert 'pip install "numpy"' in found["numpy"].remedy
    assert "PySide6" in found["Qt"].remedy


@pytest.mark.skipif(sys.platform != "linux", reason="names Debian's packages")
def test_system_libraries_are_named_by_their_packages(monkeypatch):
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    found = checks(monkeypatch, told("{}"))
    assert found["Qt libraries"].state == "missing"
    assert "apt install libgl1" in found["Qt libraries"].remedy
    assert "libxcb-cursor0" in found["Qt on a screen"].remedy


def test_a_full_disk_and_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_LOW_DISK", 1 << 62)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "generator.json").touch()
    monkeypatch.setattr(doctor, "resource", lambda name: tmp_path)
    found = checks(monkeypatch, told("{}"))
    assert found["disk"].state == "note"
    assert found["sample generators"].found == "plain"


def test_the_blending_kernel(monkeypatch):
    kernel = loading.Kernel(ctypes.pythonapi, "compiled by GCC 12")
    monkeypatch.setattr(loading, "_own", lambda: kernel)
    monkeypatch.delenv(loading.VARIABLE, raising=False)
    found = checks(monkeypatch, told("{}"))["blending kernel"]
    assert (found.state, found.found) == ("ok", "compiled by GCC 12")
    monkeypatch.setenv(loading.VARIABLE, "off")
    found = checks(monkeypatch, told("{}"))["blending kernel"]
    assert found.state == "note"
    assert found.found.startswith("NumPy fallback: switched off")
    assert found.remedy


def test_a_build_without_weights(monkeypatch):
    def gone(name: str) -> Path:
        raise InternalError("missing")

    monkeypatch.setattr(doctor, "resource", gone)
    assert checks(monkeypatch, told("{}"))["sample generators"].state == "missing"


@pytest.mark.parametrize(
    ("environment", "platform", "screen", "window"),
    [
        ({}, "linux", False, False),
        ({"DISPLAY": ":1"}, "linux", True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, True),
        ({"DISPLAY": ":1", "QT_QPA_PLATFORM": "offscreen"}, "linux", False, True),
        ({}, "win32", True, True),
    ],
)
def test_where_there_is_a_screen(monkeypatch, environment, platform, screen, window):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert has_screen() is screen
    assert can_open_window() is window
