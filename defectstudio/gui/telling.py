"""Errors and messages of jobs in the language of the window, where the catalogue knows them.

They are made without Qt and stored in English; what is not known stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from defectstudio.domain.errors import DefectStudioError
from defectstudio.gui.translation import Catalogue

_HOLE = re.compile(r"\\\{\\\}")


def in_words(error: object) -> str:
    """An error as one text: what it is about, what is wrong, what to do."""
    if not isinstance(error, DefectStudioError):
        return str(error)
    head = sentence(error.reason)
    if error.subject:
        head = f"{error.subject}: {head}"
    return f"{head}. {sentence(error.remedy)}" if error.remedy else head


def retold(message: str) -> str:
    """The same of an error that was stored as one text."""
    for dot in re.finditer(r"\. ", message):
        remedy = message[dot.end() :]
        if sentence(remedy) != remedy:
            return f"{_head(message[: dot.start()])}. {sentence(remedy)}"
    return _head(message)


def sentence(text: str) -> str:
    """A reason or a remedy; places that were filled in keep what they were filled with."""
    found = QCoreApplication.translate("", text)
    if found != text or not text:
        return found
    for pattern, template in _templates():
        if (filled := pattern.fullmatch(text)) is not None:
            return template.format(*filled.groups())
    return text


def _head(text: str) -> str:
    """A reason, with what it is about before it or not."""
    if (found := sentence(text)) != text:
        return found
    for colon in re.finditer(r": ", text):
        reason = text[colon.end() :]
        if (found := sentence(reason)) != reason:
            return f"{text[: colon.start()]}: {found}"
    return text


def _templates() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Texts with places to fill in, of the language that is spoken."""
    app = QCoreApplication.instance()
    spoken = [] if app is None else app.findChildren(Catalogue)
    return _compiled(spoken[-1]) if spoken else ()


@lru_cache(maxsize=1)
def _compiled(catalogue: Catalogue) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(_HOLE.sub("(.+?)", re.escape(text)), re.DOTALL), translated)
        for text, translated in catalogue.texts.items()
        if "{}" in text and text[0].islower()
    )
