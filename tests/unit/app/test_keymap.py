"""Keys as a person wants them: defaults, changes, who has a key."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.actions import BY_ID, CLASS_KEYS
from defectstudio.app.keymap import DEFAULTS, key_map, owner, with_key, with_keys, without
from defectstudio.app.settings import Settings


def test_without_changes_there_are_the_defaults():
    assert key_map(Settings()) == DEFAULTS
    assert DEFAULTS["edit.undo"] == BY_ID["edit.undo"].keys


def test_only_what_differs_is_stored():
    keys = with_key(DEFAULTS, "tool.brush", "Ctrl+Alt+J")
    stored = with_keys(Settings(), keys)
    assert stored.keys == {"tool.brush": ("B", "Ctrl+Alt+J")}
    assert key_map(stored) == keys
    assert with_keys(stored, DEFAULTS).keys == {}


def test_a_key_is_taken_from_whoever_had_it():
    assert owner(DEFAULTS, "ctrl+z") == "edit.undo"
    keys = with_key(DEFAULTS, "tool.brush", "Ctrl+Z")
    assert owner(keys, "Ctrl+Z") == "tool.brush"
    assert keys["edit.undo"] == ()
    assert owner(keys, "Ctrl+F12") == ""
    assert owner(keys, CLASS_KEYS[0]) == "class"


def test_stored_keys_win_over_defaults_and_unknown_actions_are_left_out():
    settings = replace(Settings(), keys={"tool.brush": ("E", "1"), "gone.action": ("Q",)})
    keys = key_map(settings)
    assert keys["tool.brush"] == ("E",), "class keys stay class keys"
    assert keys["tool.eraser"] == ()
    assert "gone.action" not in keys


@given(
    st.dictionaries(
        st.sampled_from(sorted(DEFAULTS)),
        st.lists(st.sampled_from(["B", "e", "Ctrl+Z", "F7", "1", "?"]), max_size=3).map(tuple),
    )
)
def test_no_stored_map_gives_a_key_to_two_actions(changed):
    claimed = [
        key.casefold()
        for mine in key_map(replace(Settings(), keys=changed)).values()
        for key in set(mine)
    ]
    assert len(set(claimed)) == len(claimed)
    assert not {*claimed} & {*CLASS_KEYS}


def test_without():
    assert without({"a": ("X", "Y"), "b": ("z",)}, ["x", "Z"]) == {"a": ("Y",), "b": ()}
