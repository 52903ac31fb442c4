"""Text can be read in both looks (WCAG AA), and every input has a name for screen readers."""

import re
from dataclasses import asdict

import pytest
from PySide6.QtCore import QSize, Qt
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
    QListWidget,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from defectstudio.domain.resources import resource
from defectstudio.gui.icons import icon
from defectstudio.gui.theme import DARK, LIGHT, palette
from tests.gui.clipping import clipped
from tests.gui.dialogs import DIALOGS
from tests.gui.test_evaluate import judged_root
from tests.gui.test_review import add_samples

__all__ = ["judged_root"]

AA = 4.5
GROUNDS = ("window", "panel", "field", "raised")
_OWN_COLOURS = frozenset({"arrow", "chevron-down", "chevron-up", "tick-light", "tick-dark"})
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
    pairs += [(text, ground) for text in ("text", "muted", "accent")
              for ground in ("hover", "chosen")]  # fmt: skip
    pairs += [("text", "error_ground")]
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


# --- nothing clipped, nothing invisible


TEXT = "A text that needs some room"


def _label():
    return QLabel(TEXT)


def _head():
    tree = QTreeWidget()
    tree.setHeaderLabels([TEXT, ""])
    return tree


def _cell():
    tree = QTreeWidget()
    QTreeWidgetItem(QTreeWidgetItem(tree, [""]), [TEXT])
    tree.expandAll()
    return tree


def _line():
    lines = QListWidget()
    lines.addItem(TEXT)
    lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return lines


def _choice():
    box = QComboBox()
    box.addItem(TEXT)
    return box


def _tabs():
    bar = QTabBar()
    for word in TEXT.split():
        bar.addTab(word)
    return bar


@pytest.mark.parametrize(
    "make", [_label, _head, _cell, _line, _choice, lambda: QLineEdit(placeholderText=TEXT), _tabs]
)
def test_a_text_is_clipped_where_it_lacks_room_only(qtbot, make):
    root, part = QWidget(), make()
    qtbot.addWidget(root)
    part.setParent(root)
    root.show()
    for width, times in ((600, 0), (80, 1)):
        part.setFixedSize(width, 90)
        if isinstance(part, QTreeWidget):
            part.setColumnWidth(0, width // 2)
        assert len(clipped(root)) == times


def test_nothing_is_clipped_in_a_window_of_1280(language, window, judged_root, qtbot):
    window.resize(1280, 800)
    window.commands.open_path(judged_root)
    qtbot.waitUntil(lambda: window.session is not None)
    for page in range(window.pages.count()):
        window.pages.setCurrentIndex(page)
        if window.pages.currentWidget() is window.evaluating:
            qtbot.waitUntil(window.evaluating.pane.to_paint.isEnabled)
        qtbot.waitUntil(_whole(window, window.pages.tabText(page)))
        for area in window.findChildren(QScrollArea):
            if area.isVisible() and area.horizontalScrollBarPolicy() == _NEVER:
                qtbot.waitUntil(lambda one=area: one.widget().width() <= one.viewport().width())
    assert window.width() == 1280
    window.show_welcome()
    qtbot.waitUntil(_whole(window))


_NEVER = Qt.ScrollBarPolicy.ScrollBarAlwaysOff


def _whole(root, place=""):
    """For waitUntil: layouts follow a new text a little later."""

    def check():
        assert clipped(root) == [], place

    return check


def test_the_window_fits_a_small_screen(opened, qtbot, tmp_path):
    add_samples(opened.session.project, tmp_path)
    qtbot.waitUntil(opened.samples.list.isVisible)
    for number in range(opened.pages.count()):
        opened.pages.setCurrentIndex(number)
        qtbot.waitUntil(lambda: opened.minimumSizeHint().width() <= 1366)
        assert opened.minimumSizeHint().height() <= 740, opened.pages.tabText(number)


def test_no_text_of_a_dialog_is_clipped_and_its_inputs_have_names(language, qtbot):
    for name, make in DIALOGS.items():
        dialog = make()
        qtbot.addWidget(dialog)
        assert _nameless(dialog) == [], name
        dialog.show()
        qtbot.waitUntil(_whole(dialog, name))
        dialog.hide()


def test_an_icon_has_all_pixels_of_a_dense_screen(qapp):
    size = QSize(16, 16)
    dense = icon("brush").pixmap(size, 2.0).toImage()
    assert dense.size() == 2 * size
    plain = icon("brush").pixmap(2 * size, 1.0).toImage()
    dense.setDevicePixelRatio(1)
    assert dense == plain


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
