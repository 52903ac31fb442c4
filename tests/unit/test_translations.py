"""The catalogues fit what the window says."""

import pytest
import translations

from defectstudio.app.actions import ACTIONS, MENUS
from defectstudio.app.settings import Preferences


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_place_to_fill_in_is_in_the_translation(language):
    for text, translated in translations.catalogue(language).items():
        assert translations.holes(text) == translations.holes(translated), text
        assert translated.strip() and text.endswith("…") == translated.rstrip(" ").endswith("…")


def test_german_mnemonics_differ_within_a_menu():
    known = translations.catalogue("de")
    for menu in MENUS:
        texts = [known.get(action.text, "") for action in ACTIONS if action.menu == menu]
        marks = [text[text.index("&") + 1].casefold() for text in texts if "&" in text]
        assert len(set(marks)) == len(marks), menu


def test_texts_are_found_where_they_are_said():
    said = translations.said_texts()
    assert {"Saved {}", "&Export dataset…", "Straight line from the last point"} <= said
    assert {"As the system", "Take over", "Stroke"} <= said
    assert len(said) > 250


def test_every_language_can_be_chosen():
    import typing

    choices = typing.get_args(typing.get_type_hints(Preferences)["language"])
    assert set(choices) == {"system", "en", *translations.LANGUAGES}


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_nearly_all_that_is_said_is_translated(language):
    said, known = translations.said_texts(), translations.catalogue(language)
    missing = sorted(said - set(known))
    assert len(missing) <= 0.05 * len(said), missing


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_nearly_nothing_is_translated_that_is_no_longer_said(language):
    known = translations.catalogue(language)
    stale = sorted(set(known) - translations.written_texts())
    assert len(stale) <= 0.05 * len(known), stale
