from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.settings import (
    HOME,
    Loaded,
    Preferences,
    RecentProject,
    Settings,
    change,
    glance,
    load,
    settings_path,
)
from defectstudio.domain.errors import SettingError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return tmp_path / "home"


def _with(number: int) -> RecentProject:
    return RecentProject(f"{number:032x}", Path(f"/projects/{number}"), str(number))


def test_where_they_lie(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_path() == home / "settings.json"
    monkeypatch.delenv(HOME)
    assert settings_path().name == "settings.json"
    assert "DefectStudio" in str(settings_path())


def test_none_yet(home: Path) -> None:
    assert load() == Loaded(Settings())
    assert not home.exists()


def test_a_change_is_kept() -> None:
    changed = change(lambda old: replace(old, recent=(_with(1),)))
    assert changed.recent == (_with(1),)
    assert load() == Loaded(changed)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"recent": 3}',
        b'{"recent": [{"id": "x"}]}',
        b"\xff\xfe",
        b'{"format": 9}',
    ],
)
def test_a_damaged_file_is_set_aside(home: Path, content: bytes) -> None:
    home.mkdir()
    (home / "settings.json").write_bytes(content)
    loaded = load()
    assert loaded.settings == Settings()
    [aside] = home.iterdir()
    assert aside.name in loaded.note
    assert aside.read_bytes() == content
    assert load().note == ""


def test_a_file_that_cannot_be_read_is_no_crash(home: Path) -> None:
    (home / "settings.json").mkdir(parents=True)
    loaded = load()
    assert loaded.settings == Settings()
    assert "cannot be read" in loaded.note


def test_a_damaged_file_that_cannot_be_moved(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "settings.json").write_bytes(b"{")

    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    assert "cannot be moved away (Permission denied)" in load().note


def test_settings_that_cannot_be_written(home: Path) -> None:
    home.write_bytes(b"a file is in the way")
    with pytest.raises(SettingError, match="cannot be written") as caught:
        change(lambda old: old)
    assert HOME in caught.value.remedy


def test_a_failed_change_leaves_the_file(home: Path) -> None:
    change(lambda old: replace(old, recent=(_with(1),)))
    before = (home / "settings.json").read_bytes()
    with pytest.raises(ZeroDivisionError):
        change(lambda old: replace(old, recent=(_with(1 // 0),)))
    assert (home / "settings.json").read_bytes() == before
    assert json.loads(before)["recent"][0]["path"] == "/projects/1"


def test_changes_at_the_same_time_are_all_kept() -> None:
    def add(number: int) -> None:
        change(lambda old: replace(old, recent=(*old.recent, _with(number))))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(load().settings.recent) == {_with(number) for number in range(8)}


_PREFERENCES = st.builds(
    Preferences,
    theme=st.sampled_from(["system", "light", "dark"]),
    language=st.sampled_from(["system", "en", "de", "zh_CN"]),
    threads=st.integers(0, 256),
)
_RECENT = st.builds(
    RecentProject,
    st.text(),
    st.sampled_from([Path("/a"), Path("/b/c")]),
    st.text(),
    st.lists(st.sampled_from(["open", "paint"])).map(tuple),
)
_KEYS = st.dictionaries(st.text(), st.lists(st.text()).map(tuple))


@given(st.builds(Settings, st.lists(_RECENT).map(tuple), _PREFERENCES, _KEYS))
def test_a_glance_sees_what_is_written(settings: Settings) -> None:
    assert change(lambda _: settings) == settings
    assert glance() == load().settings == settings


def _fields(some: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    names = ("recent", "preferences", "keys", "theme", "language", "id", "path", "name", "steps")
    return st.dictionaries(st.sampled_from(names), some)


_PLAIN = st.recursive(
    st.none() | st.integers() | st.text(max_size=3), lambda some: st.lists(some) | _fields(some)
)


@given(_PLAIN.map(json.dumps) | st.text())
def test_a_glance_at_a_damaged_file_is_no_crash(text: str) -> None:
    settings_path().parent.mkdir(exist_ok=True)
    settings_path().write_text(text, encoding="utf-8")
    seen = glance()
    assert seen.preferences.theme in ("system", "light", "dark")
    assert all(isinstance(one.path, Path) for one in seen.recent)
