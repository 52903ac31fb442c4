"""Finding texts by a few of their letters, as a command palette does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

_START, _NEXT, _GAP = 8, 8, 1


def score(query: str, text: str) -> int | None:
    """How well a text fits: its words hold the letters of each word of the query in order.

    Beginnings of words and letters side by side count more, gaps less. None: it does not fit.
    """
    text, total = text.casefold(), 0
    for word in query.casefold().split():
        found = [points for points in _starts(word, text) if points is not None]
        if not found:
            return None
        total += max(found)
    return total


def ranked(query: str, things: Iterable[T], text: Callable[[T], str]) -> list[T]:
    """The things that fit, best first; of equally good ones the shorter."""
    if not query.strip():
        return list(things)
    found = [(fit, one) for one in things if (fit := score(query, text(one))) is not None]
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], len(text(pair[1]))))]


def _starts(word: str, text: str) -> Iterable[int | None]:
    """The score of the word for every place its first letter is at."""
    return (_from(word, text, place) for place, letter in enumerate(text) if letter == word[0])


def _from(word: str, text: str, place: int) -> int | None:
    points = _START if _begins(text, place) else 0
    for letter in word[1:]:
        found = text.find(letter, place + 1)
        if found < 0:
            return None
        if found == place + 1:
            points += _NEXT
        elif _begins(text, found):
            points += _START - _GAP
        else:
            points -= _GAP * min(found - place, 5)
        place = found
    return points


def _begins(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()
