"""The defect panel: what its controls put into the recipe, and what they show of it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from defectstudio.app.style import Look
from defectstudio.domain.recipe import ClassMix, Style, StyleMix


@pytest.fixture
def panel(opened, person):
    """The panel beside a background that a scratch is painted on, all sections open."""
    person.paint((40, 30), (44, 60))
    made = opened.side.currentWidget()
    made.mix.title.setChecked(True)
    return made


def defect(window):
    return window.session.previews._asked.defects[0]


def test_a_second_style_and_class_change_the_preview_and_the_recipe(opened, person, panel):
    before = person.shown()
    panel.mix.seed.setValue(77)
    panel.mix.amount.slider.setValue(40)
    panel.mix.fine.click()
    panel.mix.nearness.slider.setValue(25)
    person.shown()
    assert defect(opened).style == Style(mix=StyleMix(77, 0.4, "fine"), towards=ClassMix(2, 0.25))
    panel.mix.amount.slider.setValue(0)
    panel.mix.nearness.slider.setValue(0)
    assert (person.shown() == before).all() and defect(opened).style == Style()


def test_strength_is_the_contrast_of_the_class(opened, person, panel):
    panel.seeds.strength.slider.setValue(12)
    person.shown()
    assert defect(opened).contrast == 12.0 and panel.seeds.strength.text.text() == "12 σ"
    opened.session.studio.choose_class(2)
    assert panel.seeds.strength.value == 0, "another class has its own"
    opened.session.studio.choose_class(1)
    assert panel.seeds.strength.value == 12


def test_what_the_generator_cannot_is_disabled_and_said(opened, panel):
    studio, mix = opened.session.studio, panel.mix
    assert mix.amount.isEnabled() and not mix._why.isVisible()
    studio.choose_generator(replace(studio.generator, kind="paste"))
    assert not mix.amount.isEnabled() and not mix.nearness.isEnabled() and mix._why.isVisible()


def test_the_second_class_is_never_the_first(opened, panel):
    studio, other = opened.session.studio, panel.mix.other
    assert [other.itemText(row) for row in range(other.count())] == ["hole"]
    studio.choose_class(2)
    assert [other.itemData(row) for row in range(other.count())] == [1]
    studio.show_classes(studio.classes[1:])
    assert not other.isEnabled()


def test_another_second_style_is_thrown(opened, panel, qtbot):
    studio = opened.session.studio
    qtbot.mouseClick(panel.mix.roll, Qt.MouseButton.LeftButton)
    first = studio.styles.look(1).second
    qtbot.mouseClick(panel.mix.roll, Qt.MouseButton.LeftButton)
    assert studio.styles.look(1).second not in (0, first)
    assert panel.mix.seed.value() == studio.styles.look(1).second


def test_showing_a_look_changes_nothing(opened, panel):
    look = Look(5, 0.5, True, 2, 0.5, 7.0)
    opened.session.studio.choose_look(look)
    panel.refresh()
    assert opened.session.studio.styles.look(1) == look
    assert (panel.mix.fine.isChecked(), panel.mix.amount.value) == (True, 50)


def test_a_folded_section_hides_its_content(panel):
    assert panel.mix.seed.isVisible()
    panel.mix.title.setChecked(False)
    assert not panel.mix.seed.isVisible() and not panel.mix.is_open


def test_no_height_of_the_panel_changes_the_width_of_its_gallery(opened, panel, qtbot):
    widths = set()
    panel.setFixedWidth(panel.minimumSizeHint().width())
    for height in range(500, 1300, 4):
        panel.setFixedHeight(height)
        qtbot.wait(0)
        widths.add(panel.gallery.grid.width())
    assert len(widths) == 1
