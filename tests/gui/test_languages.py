"""The window in German and Chinese, and nothing of it left behind."""

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLabel

from defectstudio.app.actions import MENUS, plain
from defectstudio.gui import translation
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.translation import localized, of_system, speak


@pytest.fixture
def spoken(qapp):
    """speak(language), taken back at the end."""
    before, installed = QLocale(), []
    yield lambda language: installed.extend(speak(qapp, language))
    for translator in installed:
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


@pytest.fixture
def german(spoken):
    spoken("de")


def test_menus_and_qts_own_buttons_are_translated(german, window, qtbot):
    assert [plain(action.text()) for action in window.menuBar().actions()][:3] == [
        "Datei",
        "Bearbeiten",
        "Malen",
    ]
    assert window.actions_["project.export"].toolTip().startswith("Datensatz exportieren")
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.buttons()[0].text() == "Abbrechen"


def test_undo_names_its_step(german, opened, person):
    person.paint((40, 30), (44, 60))
    assert opened.actions_["edit.undo"].text() == "Rückgängig: Strich"


def test_settings_explain_themselves_in_german(german, window, qtbot):
    dialog = SettingsDialog(window.customs.preferences, window)
    dialog.search.setText("Absturz")
    shown = [name for name, row in dialog._rows.items() if not row.isHidden()]
    assert shown == ["autosave_seconds"]


def test_chinese(spoken):
    spoken("zh_CN")
    assert localized(MENUS[0]) == "文件(&F)"
    assert localized("a text nobody knows") == "a text nobody knows"


def test_english_needs_no_catalogue(spoken, qapp):
    assert speak(qapp, "en") == []
    assert localized("&File") == "&File"


@pytest.mark.parametrize(
    "names, language",
    [
        (["de-AT", "en-US"], "de"),
        (["zh-Hans-CN", "en"], "zh_CN"),
        (["fr-FR", "de-DE"], "de"),
        (["en-GB", "de"], "en"),
        (["fr-FR"], "en"),
    ],
)
def test_the_systems_language_is_taken_where_there_is_a_catalogue(monkeypatch, names, language):
    class System:
        def uiLanguages(self):  # noqa: N802
            return names

    monkeypatch.setattr(translation.QLocale, "system", System)
    assert of_system() == language


def test_fields_of_forms_are_translated(german, window):
    form = window.batch.form
    layout = QFormLayout()
    form.add_to(layout, ["per_sample"])
    label = layout.labelForField(form.editors["per_sample"])
    assert isinstance(label, QLabel) and label.text() == "Je Muster"
