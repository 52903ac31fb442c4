"""What the window says, and what of it lacks a translation: `python packaging/translations.py`.

Without an option the missing texts of every language are listed; `--stale` lists translations of
texts that are no longer said.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "resources" / "translations"
LANGUAGES = ("de", "zh_CN")
_MARKERS = {"tr": 0, "localized": 0, "_NOOP": 1, "QT_TRANSLATE_NOOP": 1, "begin": 0}
"""Calls that say a text, and which of their arguments it is."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stale", action="store_true")
    stale = parser.parse_args().stale
    said, lacking = said_texts(), 0
    for language in LANGUAGES:
        known = catalogue(language)
        wanted = sorted(set(known) - written_texts() if stale else said - set(known))
        lacking += len(wanted)
        print(f"{language}: {len(wanted)} {'stale' if stale else 'missing'}")
        for text in wanted:
            print(f'  {json.dumps(text, ensure_ascii=False)}: "",')
    return 1 if lacking else 0


def catalogue(language: str) -> dict[str, str]:
    """The translations of a language by their text."""
    path = CATALOGUES / f"{language}.json"
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return known


def said_texts() -> set[str]:
    """All texts that the window shows and that can be translated."""
    texts = set(_data_texts())
    for tree in _trees():
        texts.update(_texts_in(tree))
    return {text for text in texts if re.search(r"[A-Za-z]{2}", text)}


def written_texts() -> set[str]:
    """All texts that stand anywhere in the window's code, and those of errors from anywhere."""
    return {*said_texts(), *error_texts(), *(
            node.value for tree in _trees() for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str))}  # fmt: skip


def error_texts() -> set[str]:
    """Texts of errors and of messages of jobs, {} where something is filled in. The window shows
    them in English where no catalogue knows them."""
    package = (ROOT / "defectstudio").rglob("*.py")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in package]
    return {_template(node) for tree in trees for node in ast.walk(tree)
            if isinstance(node, ast.Constant | ast.JoinedStr)}  # fmt: skip


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)


def holes(text: str) -> list[str]:
    """The places of a text that are filled in: those without a name in their order."""
    found = re.findall(r"\{[^{}]*\}", text)
    return sorted(found) if any(hole[1:2].isalpha() for hole in found) else found


def _trees() -> Iterator[ast.Module]:
    for folder in ("gui", "app"):
        for file in (ROOT / "defectstudio" / folder).rglob("*.py"):
            yield ast.parse(file.read_text(encoding="utf-8"))


def _data_texts() -> Iterator[str]:
    from defectstudio.app.actions import ACTIONS, BY_ID, GESTURES, MENUS, TOOL_BAR, first_word

    yield from MENUS
    yield from (action.text for action in ACTIONS)
    yield from (first_word(BY_ID[action_id].text) for group in TOOL_BAR for action_id in group)
    for gesture in GESTURES:
        yield from gesture
    yield from _labels()


def _labels() -> Iterator[str]:
    """The fields of forms that are shown without asking for all."""
    from defectstudio.gui.dialogs import compare, segmenter, train
    from defectstudio.gui.dialogs.form import spoken
    from defectstudio.gui.panels import batch, transfer

    shown = (
        batch.PLACEMENT,
        transfer.FIELDS,
        *(kind.FIRST for kind in (compare, segmenter, train)),
    )
    yield from (spoken(name) for names in shown for name in names)


def _texts_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = _MARKERS.get(name, len(node.args))
            if place < len(node.args):
                yield from _literals(node.args[place])
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "text":
            # What a step of the undo stack is called.
            yield from _literals(node.value)


def _literals(node: ast.expr) -> Iterator[str]:
    """A text, or both texts of a choice between two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


if __name__ == "__main__":
    sys.exit(main())
