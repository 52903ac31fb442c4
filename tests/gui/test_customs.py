"""Settings, keys and the command palette do what they say, and are kept."""

import os
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QLabel

from defectstudio.app.keymap import DEFAULTS
from defectstudio.app.settings import Preferences, load
from defectstudio.domain.errors import SettingError
from defectstudio.gui.dialogs.key_map import KeyMapDialog
from defectstudio.gui.dialogs.keys import KeySheet
from defectstudio.gui.dialogs.palette import CommandPalette
from defectstudio.gui.dialogs.segmenter import SegmenterDialog
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.gui.main_window import MainWindow
from defectstudio.gui.theme import DARK, LIGHT, Theme
from tests.gui.dialogs import LEARNING


def _dialog(kind):
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, kind))


def _rows(palette):
    found = (palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount()))
    return {row.text(0): row for row in found}


# --- palette


def test_a_command_is_found_by_its_letters_and_done(window, qtbot):
    window.customs.ask_command()
    palette = _dialog(CommandPalette)
    qtbot.keyClicks(palette.search, "open pro")
    assert palette.list.currentItem().text(0) == "File › Open project"
    assert palette.list.currentItem().text(1) == "Ctrl+O"
    palette.search.clear()
    qtbot.keyClicks(palette.search, "reset lay")
    done = []
    window.actions_["view.reset"].triggered.connect(lambda: done.append(True))
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert done == [True]


def test_what_cannot_be_done_now_is_grey_and_not_chosen(window, qtbot):
    window.customs.ask_command()
    palette = _dialog(CommandPalette)
    assert _rows(palette)["Edit › Undo"].isDisabled()
    qtbot.keyClicks(palette.search, "export dataset")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible() and palette.chosen is None


def test_arrows_move_in_the_list_while_typing(window, qtbot):
    window.customs.ask_command()
    palette = _dialog(CommandPalette)
    first = palette.list.currentItem()
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.currentItem() is not first
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert palette.chosen is None


def test_ctrl_k_opens_it(opened, person, qtbot):
    person.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: any(isinstance(w, CommandPalette) for w in opened.children()))


# --- keys


@pytest.fixture
def key_map(window, qtbot):
    window.customs.ask_keys()
    return _dialog(KeyMapDialog)


def _press(dialog, key):
    dialog.edit.setKeySequence(QKeySequence(key))


def test_a_key_is_added_shown_everywhere_and_kept(window, key_map, qtbot):
    key_map.choose("tool.brush")
    assert not key_map.add.isEnabled()
    _press(key_map, "Ctrl+Alt+J")
    key_map.add.click()
    assert "Ctrl+Alt+J" in key_map.tree.currentItem().text(1)
    key_map.save.click()
    brush = window.actions_["tool.brush"]
    assert [one.toString() for one in brush.shortcuts()] == ["B", "Ctrl+Alt+J"]
    assert load().settings.keys == {"tool.brush": ("B", "Ctrl+Alt+J")}
    sheet = KeySheet(window.customs.keys)
    qtbot.addWidget(sheet)
    assert "B, Ctrl+Alt+J" in [label.text() for label in sheet.findChildren(QLabel)]


def test_a_conflict_is_said_and_a_key_can_be_taken_over(window, key_map):
    key_map.choose("tool.brush")
    _press(key_map, "Ctrl+Z")
    assert "Undo" in key_map.conflict.text()
    assert key_map.add.text() == "Take over"
    key_map.add.click()
    assert key_map.conflict.text() == ""
    key_map.save.click()
    assert window.actions_["edit.undo"].shortcuts() == []
    assert window.customs.keys["tool.brush"] == ("B", "Ctrl+Z")


def test_class_keys_are_not_given_away(key_map):
    key_map.choose("tool.brush")
    _press(key_map, "3")
    assert "digits" in key_map.conflict.text()
    assert not key_map.add.isEnabled()


def test_keys_are_removed_and_reset(window, key_map):
    key_map.choose("tool.brush")
    key_map.remove.click()
    assert key_map.keys["tool.brush"] == () and not key_map.remove.isEnabled()
    key_map.reset.click()
    assert key_map.keys == DEFAULTS
    key_map.choose("tool.eraser")
    _press(key_map, "B")
    key_map.add.click()
    key_map.choose("tool.brush")
    key_map.reset.click()
    assert key_map.keys["tool.eraser"] == ("E",), "a default goes back to its owner"
    _press(key_map, "Ctrl+Alt+L")
    key_map.add.click()
    key_map.reset_all.click()
    assert key_map.keys == DEFAULTS and not key_map.reset_all.isEnabled()


def test_actions_are_searched_by_name_and_key(key_map):
    key_map.search.setText("ctrl+o")
    shown = [row.text(0) for row in key_map._rows.values() if not row.isHidden()]
    assert "Open project" in shown and "Brush" not in shown
    key_map.choose("project.open")


# --- settings


def _prefer(window, **changes):
    window.customs.ask_settings()
    dialog = _dialog(SettingsDialog)
    for name, value in changes.items():
        editor = dialog.form.editors[name]
        if hasattr(editor, "findData"):
            editor.setCurrentIndex(editor.findData(value))
        else:
            editor.setValue(value)
    dialog.accept()


def test_the_look_is_chosen_and_kept(window):
    _prefer(window, theme="dark")
    assert window.theme.tones is DARK
    _prefer(window, theme="light")
    assert window.theme.tones is LIGHT
    assert load().settings.preferences.theme == "light"


def test_autosave_and_undo_reach_the_open_project(opened, person, qtbot):
    _prefer(opened, autosave_seconds=7, undo_megabytes=16)
    assert opened.session.documents.autosave == 7000
    assert opened.session.studio.history._budget == 16 << 20
    person.paint((40, 30), (44, 60))
    assert opened.session.documents._timer.interval() == 7000


def test_threads_go_to_the_workers_and_leave_nothing_behind(window, monkeypatch):
    before = os.environ.get("OMP_NUM_THREADS")
    _prefer(window, threads=3)
    assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "3"
    _prefer(window, threads=0)
    assert os.environ.get("OMP_NUM_THREADS") == before
    _prefer(window, threads=3)
    window.close()
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_jobs_are_offered_the_preferred_device_first(window, qtbot):
    _prefer(window, device="cpu")
    for dialog in (TrainDialog([], {}, LEARNING), SegmenterDialog([], LEARNING, 0)):
        qtbot.addWidget(dialog)
        assert dialog.device.currentData() == "cpu"


def test_every_preference_is_explained_and_found(qtbot):
    dialog = SettingsDialog(Preferences())
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.search.setText("undo")
    assert [name for name, row in dialog._rows.items() if row.isVisible()] == ["undo_megabytes"]
    dialog.search.setText("nothing like this")
    assert dialog._nothing.isVisible()
    assert all(editor.accessibleName() for editor in dialog.form.editors.values())


def test_defaults_are_one_click_away(qtbot):
    dialog = SettingsDialog(replace(Preferences(), theme="dark", threads=4))
    qtbot.addWidget(dialog)
    assert dialog.preferences.threads == 4
    dialog._fill(Preferences())
    assert dialog.preferences == Preferences()


def test_settings_that_cannot_be_written_are_told_and_not_used(window, monkeypatch):
    def fail(edit):
        raise SettingError("the settings cannot be written", remedy="Allow writing there.")

    monkeypatch.setattr("defectstudio.gui.preferences.change", fail)
    before = window.customs.preferences
    _prefer(window, threads=5)
    assert "cannot be written" in window.messages.text.text()
    assert window.customs.preferences == before


def test_damaged_settings_are_said_when_the_window_starts(
    qtbot, qapp, tmp_path, monkeypatch, make_previews
):
    monkeypatch.setenv("DEFECTSTUDIO_HOME", str(tmp_path))
    (tmp_path / "settings.json").write_text("{")
    sheet, colours = qapp.styleSheet(), qapp.palette()
    theme = Theme(qapp)
    window = MainWindow(theme, make_previews=make_previews)
    window.show()
    window.complete()
    assert "damaged" in window.messages.text.text() and window.messages.isVisible()
    window.close()
    theme.deleteLater()
    qapp.setStyleSheet(sheet)
    qapp.setPalette(colours)
