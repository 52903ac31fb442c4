"""The list of actions is sound, and every icon it names is there."""

from pathlib import Path

from defectstudio.app.actions import ACTIONS, BY_ID, CLASS_KEYS, MENUS, Action, clashes, plain

ICONS = Path(__file__).parents[3] / "resources" / "icons"


def test_ids_are_unique_and_menus_exist():
    assert len(BY_ID) == len(ACTIONS)
    assert {action.menu for action in ACTIONS} <= {*MENUS, ""}


def test_no_key_is_claimed_twice():
    assert clashes(ACTIONS) == ()


def test_a_clash_is_found_also_with_a_class_key():
    pair = (Action("a", "A", keys=("X",)), Action("b", "B", keys=("x", CLASS_KEYS[0])))
    assert clashes(pair) == ("1", "x")


def test_mnemonics_differ_within_a_menu():
    for menu in MENUS:
        marks = [
            a.text[a.text.index("&") + 1].lower()
            for a in ACTIONS
            if a.menu == menu and "&" in a.text
        ]
        assert len(set(marks)) == len(marks), menu


def test_every_named_icon_is_a_drawing():
    for action in ACTIONS:
        if action.icon:
            assert "<svg" in (ICONS / f"{action.icon}.svg").read_text(encoding="utf-8")


def test_plain_text():
    assert plain("&Open project…") == "Open project"
