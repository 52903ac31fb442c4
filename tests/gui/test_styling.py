"""Styles that are searched, and read from real defects, in the window."""

from dataclasses import replace

import pytest

from defectstudio.app.style import Look
from defectstudio.domain.recipe import Style, StyleMix
from defectstudio.domain.records import Role


@pytest.fixture
def styled(opened, person):
    """The window beside a background that a scratch is painted on; its source of previews."""
    person.paint((40, 30), (44, 60))
    return opened, opened.session.previews._source


def test_the_best_style_is_searched_and_chosen(styled, qtbot):
    window, source = styled
    seeds = window.side.currentWidget().seeds
    source.hold.clear()
    window.actions_["style.search"].trigger()
    assert not seeds._searching.isHidden()
    source.hold.set()
    studio = window.session.studio
    qtbot.waitUntil(lambda: bool(source.found) and studio.styles.look(1).amount > 0, timeout=9000)
    recipe, tried = source.found[0]
    assert len(recipe.defects) == 1 and len(set(tried)) == len(tried) == 12
    assert studio.seed(1) == tried[0] and seeds._searching.isHidden()
    assert studio.recipe("p").defects[0].style == Style(mix=StyleMix(tried[1], 0.3))
    assert "best of 23 styles" in window.messages.text.text() and "0.80" in (
        window.messages.text.text()
    )


def test_what_cannot_be_searched_is_said(styled, qtbot):
    window, source = styled
    studio = window.session.studio
    window.session.studio.choose_class(2)
    window.actions_["style.search"].trigger()
    assert "Paint this class" in window.messages.text.text()
    studio.choose_class(1)
    studio.choose_generator(replace(studio.generator, kind="paste"))
    window.actions_["style.search"].trigger()
    assert "no styles to search" in window.messages.text.text()
    window.session.styling.read(None)
    assert "cannot take the look" in window.messages.text.text() and source.found == []


def test_a_real_defects_look_is_taken_and_let_go(styled, qtbot):
    window, source = styled
    studio, panel = window.session.studio, window.side.currentWidget()
    panel.reference.title.setChecked(True)
    (real,) = window.session.project.images(role=Role.DEFECT)
    panel.reference.choose(real.id)
    panel.reference.take.click()
    qtbot.waitUntil(lambda: "no labeled defect of the class" in window.messages.text.text())
    studio.choose_class(2)
    panel.reference.take.click()
    qtbot.waitUntil(lambda: bool(studio.styles.look(2).normal), timeout=9000)
    recipe, seeds = source.found[0]
    assert (recipe.background, seeds) == (real.sha256, ()) and recipe.defects[0].class_id == 2
    assert studio.styles.look(2) == Look(normal=(0.5,) * 16, of=real.name)
    assert panel.seeds._of.text() == f"Look of {real.name}" and panel.seeds._read.isVisibleTo(panel)
    panel.seeds._forget.click()
    assert studio.styles.look(2) == Look() and panel.seeds._read.isHidden()


def test_a_look_that_cannot_be_read_is_an_error(styled, qtbot):
    window, source = styled
    source.broken = True
    window.session.studio.choose_class(2)
    (real,) = window.session.project.images(role=Role.DEFECT)
    with qtbot.waitSignal(window.session.styling.failed, timeout=9000) as told:
        window.session.styling.read(real)
    assert "holds no encoder" in str(told.args[0])
    assert window.side.currentWidget().seeds._searching.isHidden()


def test_unusualness_is_the_truncation_of_the_style(styled):
    window, _source = styled
    mix = window.side.currentWidget().mix
    assert mix.unusual.value == 100
    mix.unusual.slider.setValue(150)
    assert window.session.studio.recipe("p").defects[0].style == Style(1.5)
