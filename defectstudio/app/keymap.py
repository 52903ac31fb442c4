"""The keys of actions as a person wants them: defaults, what was changed, and conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from defectstudio.app.actions import ACTIONS, CLASS_KEYS
from defectstudio.app.settings import Settings

KeyMap = dict[str, tuple[str, ...]]
"""Keys by action id."""

DEFAULTS: KeyMap = {action.id: action.keys for action in ACTIONS}


def key_map(settings: Settings) -> KeyMap:
    """The keys of all actions. A key that a person gave away no other action has by default."""
    keys = dict(DEFAULTS)
    for action_id, changed in settings.keys.items():
        if action_id in keys:
            mine = tuple(key for key in changed if key not in CLASS_KEYS)
            keys = {**without(keys, mine), action_id: mine}
    return keys


def with_keys(settings: Settings, keys: Mapping[str, tuple[str, ...]]) -> Settings:
    """The settings with this key map; what is a default is not stored."""
    changed = {one: mine for one, mine in keys.items() if mine != DEFAULTS.get(one)}
    return replace(settings, keys=changed)


def owner(keys: Mapping[str, tuple[str, ...]], key: str) -> str:
    """The id of the action that has a key, "class" for a class key, "" when it is free."""
    wanted = key.casefold()
    if wanted in CLASS_KEYS:
        return "class"
    for action_id, mine in keys.items():
        if wanted in (one.casefold() for one in mine):
            return action_id
    return ""


def with_key(keys: KeyMap, action_id: str, key: str) -> KeyMap:
    """The map with `key` added to an action, taken from whoever had it."""
    given_up = without(keys, [key])
    return {**given_up, action_id: (*given_up[action_id], key)}


def without(keys: KeyMap, unwanted: Iterable[str]) -> KeyMap:
    """The map without some keys, whoever has them."""
    gone = {key.casefold() for key in unwanted}
    return {
        one: tuple(key for key in mine if key.casefold() not in gone) for one, mine in keys.items()
    }
