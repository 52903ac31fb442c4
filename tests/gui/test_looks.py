"""Text can be read in both looks (WCAG AA), and every input has a name for screen readers."""

import re
from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFormLayout,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)

from defectstudio.app.keymap import DEFAULTS
from defectstudio.app.settings import Preferences
from defectstudio.domain.resources import resource
from defectstudio.gui.dialogs.about import AboutDialog, LogDialog
from defectstudio.gui.dialogs.export import ExportDialog
from defectstudio.gui.dialogs.guide import GuideWindow
from defectstudio.gui.dialogs.import_images import ImportDialog
from defectstudio.gui.dialogs.key_map import KeyMapDialog
from defectstudio.gui.dialogs.new_project import NewProjectDialog
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.gui.theme import DARK, LIGHT, palette

AA = 4.5
GROUNDS = ("window", "panel", "field", "raised")
INPUTS = (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QGraphicsView,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
)


def _luminance(colour):
    parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first, second):
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _rules():
    """(selector, text colour, grounds) of the style sheet, by the names of tones."""
    sheet = resource("styles", "main.qss").read_text(encoding="utf-8")
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        if ":disabled" in selector:
            continue  # WCAG asks nothing of what cannot be used.
        text = re.search(r"(?<![\w-])color:\s*@(\w+)", body)
        ground = re.search(r"background(?:-color)?:\s*@(\w+)", body)
        if text:
            yield selector.strip(), text[1], (ground[1],) if ground else GROUNDS


def test_the_measure_is_that_of_wcag():
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_can_be_read(tones):
    named, seen = asdict(tones), 0
    for selector, text, grounds in _rules():
        for ground in grounds:
            seen += 1
            ratio = _contrast(named[text], named[ground])
            assert ratio >= AA, f"{selector}: {text} on {ground} is {ratio:.2f}"
    assert seen > 40


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_text_of_every_kind_can_be_read_on_every_ground(tones):
    named = asdict(tones)
    pairs = [(text, ground) for text in ("text", "muted", "accent", "error", "good", "warn")
             for ground in GROUNDS]  # fmt: skip
    pairs += [("text", ground) for ground in ("hover", "chosen", "error_ground")]
    pairs += [("on_accent", "accent")]
    poor = {
        pair: round(_contrast(named[pair[0]], named[pair[1]]), 2)
        for pair in pairs
        if _contrast(named[pair[0]], named[pair[1]]) < AA
    }
    assert poor == {}


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_the_palette_can_be_read(tones):
    made = palette(tones)
    roles = made.ColorRole
    for text, ground in (
        (roles.WindowText, roles.Window),
        (roles.Text, roles.Base),
        (roles.Text, roles.AlternateBase),
        (roles.ButtonText, roles.Button),
        (roles.HighlightedText, roles.Highlight),
        (roles.ToolTipText, roles.ToolTipBase),
        (roles.PlaceholderText, roles.Base),
        (roles.Link, roles.Window),
    ):
        assert _contrast(made.color(text), made.color(ground)) >= AA, (text, ground)


# --- names


def _nameless(root: QWidget) -> list[str]:
    """Inputs that say nothing to a screen reader: no name, label, text or tool tip."""
    return [
        f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}"
        for kind in INPUTS
        for widget in root.findChildren(kind)
        if not _is_named(widget) and not _is_part(widget)
    ]


def _is_part(widget):
    """Parts of another input, whose name is read instead, and Qt's own extension buttons."""
    parent = widget.parent()
    return (
        isinstance(widget, QScrollBar)
        or widget.objectName().startswith("qt_")
        or isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit | QAbstractItemView)
        or parent.metaObject().className() == "QComboBoxPrivateContainer"
    )


def _is_named(widget):
    if widget.accessibleName() or widget.toolTip() or getattr(widget, "text", str)():
        return True
    if getattr(widget, "placeholderText", str)():
        return True
    if any(label.buddy() is widget for label in widget.window().findChildren(QLabel)):
        return True
    proxied = [widget, widget.parentWidget()]
    return any(
        form.labelForField(one) is not None
        for form in widget.window().findChildren(QFormLayout)
        for one in proxied
        if one is not None and form.indexOf(one) >= 0
    )


def test_every_input_of_the_window_has_a_name(opened):
    assert _nameless(opened) == []


@pytest.mark.parametrize(
    "make",
    [
        AboutDialog,
        LogDialog,
        GuideWindow,
        NewProjectDialog,
        lambda: KeyMapDialog(DEFAULTS),
        lambda: SettingsDialog(Preferences()),
        lambda: ImportDialog(["plate"], "plate"),
        lambda: TrainDialog([], {"a": True}, is_split=True),
    ],
)
def test_every_input_of_a_dialog_has_a_name(qtbot, make):
    dialog = make()
    qtbot.addWidget(dialog)
    assert _nameless(dialog) == []


def test_every_input_of_the_export_has_a_name(qtbot, tmp_path):
    dialog = ExportDialog(tmp_path, "plate", 3)
    qtbot.addWidget(dialog)
    assert _nameless(dialog) == []
