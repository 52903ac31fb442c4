"""Colours of the classes: Okabe and Ito's set, told apart with any colour vision."""

from __future__ import annotations

Rgb = tuple[int, int, int]

OKABE_ITO: tuple[Rgb, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""https://jfly.uni-koeln.de/color/ without black, which no dark part would show."""

VOID: Rgb = (128, 128, 128)


def class_colour(class_id: int) -> Rgb:
    """The colour of a class id in 1..254; later rounds through the set are lighter or darker."""
    if class_id == 255:
        return VOID
    turn, place = divmod(class_id - 1, len(OKABE_ITO))
    red, green, blue = OKABE_ITO[place]
    return _shade(red, turn), _shade(green, turn), _shade(blue, turn)


def _shade(value: int, turn: int) -> int:
    """Turn 0 as it is, then alternately towards white and towards black, ever further."""
    if turn == 0:
        return value
    share = min(0.75, 0.3 * ((turn + 1) // 2))
    target = 255 if turn % 2 else 0
    return round(value + (target - value) * share)
