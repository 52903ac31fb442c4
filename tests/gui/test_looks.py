"""Text can be read in both looks (WCAG AA), and every input has a name for screen readers."""

import re
from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFormLayout,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
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
from defectstudio.gui.dialogs.keys import KeySheet
from defectstudio.gui.dialogs.new_project import NewProjectDialog
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.gui.icons import icon
from defectstudio.gui.theme import DARK, LIGHT, palette
from tests.gui.test_review import add_samples

AA = 4.5
GROUNDS = ("window", "panel", "field", "raised")
_OWN_COLOURS = frozenset({"arrow", "chevron-down", "chevron-up", "menu-check"})
"""Drawings that the style sheet shows as they are."""

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


# --- nothing clipped, nothing invisible


def _clipped(root):
    """Labels and buttons that are shown and narrower or lower than their text needs."""
    found = []
    for widget in [*root.findChildren(QLabel), *root.findChildren(QAbstractButton)]:
        if not widget.isVisible() or not getattr(widget, "text", str)() or _may_be_cut(widget):
            continue
        wanted, room = widget.sizeHint(), widget.size()
        if isinstance(widget, QLabel) and widget.wordWrap():
            short = room.height() + 1 < widget.heightForWidth(room.width())
        else:
            short = room.width() + 1 < wanted.width() or room.height() + 1 < wanted.height()
        if short:
            found.append(
                f"{type(widget.parent()).__name__}: {widget.text()[:40]!r} {room} {wanted}"
            )
    return found


def _may_be_cut(widget):
    """A line that gives way to others and tells the whole of itself in a tool tip."""
    gives_way = widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
    return gives_way and widget.toolTip() == widget.text()


def test_a_clipped_text_is_found(qtbot):
    root = QWidget()
    qtbot.addWidget(root)
    for width in (20, 400):
        QLabel("A text that needs some room", root).setFixedSize(width, 40)
    root.show()
    assert len(_clipped(root)) == 1


def _unclipped(root, place=""):
    """For waitUntil: layouts follow a new text a little later."""

    def check():
        assert _clipped(root) == [], place

    return check


def test_no_text_of_the_window_is_clipped(language, opened, qtbot):
    opened.resize(1366, 768)
    for number in range(opened.pages.count()):
        opened.pages.setCurrentIndex(number)
        qtbot.waitUntil(_unclipped(opened, opened.pages.tabText(number)))
    opened.show_welcome()
    qtbot.waitUntil(_unclipped(opened.welcome))


def test_nothing_hides_beside_what_scrolls_down(language, opened, qtbot):
    opened.resize(1366, 768)
    for number in range(opened.pages.count()):
        opened.pages.setCurrentIndex(number)
        areas = [one for one in opened.findChildren(QScrollArea) if one.isVisible()]
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        for area in (one for one in areas if one.horizontalScrollBarPolicy() == off):
            qtbot.waitUntil(lambda area=area: area.widget().width() <= area.viewport().width())


def test_the_window_fits_a_small_screen(opened, qtbot, tmp_path):
    add_samples(opened.session.project, tmp_path)
    qtbot.waitUntil(opened.samples.list.isVisible)
    for number in range(opened.pages.count()):
        opened.pages.setCurrentIndex(number)
        qtbot.waitUntil(lambda: opened.minimumSizeHint().width() <= 1366)
        assert opened.minimumSizeHint().height() <= 740, opened.pages.tabText(number)


@pytest.mark.parametrize(
    "make",
    [
        AboutDialog,
        NewProjectDialog,
        lambda: KeyMapDialog(DEFAULTS),
        lambda: KeySheet(DEFAULTS),
        lambda: SettingsDialog(Preferences()),
        lambda: ImportDialog(["plate"], "plate"),
        lambda: TrainDialog([], {"a": True}, is_split=True),
    ],
)
def test_no_text_of_a_dialog_is_clipped(language, qtbot, make):
    dialog = make()
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(_unclipped(dialog))


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_every_icon_can_be_seen_on_every_ground(qapp, tones):
    before = qapp.palette()
    qapp.setPalette(palette(tones))
    try:
        for file in sorted(resource("icons").glob("*.svg")):
            if file.stem in _OWN_COLOURS:
                continue
            picture = icon(file.stem).pixmap(48, 48).toImage()
            inked = [
                picture.pixelColor(x, y)
                for x in range(48)
                for y in range(48)
                if picture.pixelColor(x, y).alpha() > 200
            ]
            assert len(inked) > 20, f"{file.stem} is hardly drawn"
            for ground in (tones.window, tones.panel, tones.field, tones.raised, tones.chosen):
                best = max(_contrast(ink, ground) for ink in inked)
                assert best >= 3, f"{file.stem} on {ground}: {best:.2f}"
    finally:
        qapp.setPalette(before)


def test_opening_a_project_leaves_the_window_as_large_as_it_was(opened):
    assert (opened.width(), opened.height()) == (1200, 800)
