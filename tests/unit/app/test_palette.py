"""Class colours."""

from defectstudio.app.palette import OKABE_ITO, VOID, class_colour


def test_the_first_round_is_the_set_itself():
    assert tuple(class_colour(number) for number in range(1, 8)) == OKABE_ITO


def test_later_rounds_differ_and_stay_colours():
    colours = [class_colour(number) for number in range(1, 29)]
    assert len(set(colours)) == len(colours)
    assert all(0 <= band <= 255 for number in range(1, 255) for band in class_colour(number))


def test_void_is_grey():
    assert class_colour(255) == VOID
