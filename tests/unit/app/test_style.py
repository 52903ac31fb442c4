"""Seeds, dice and locks."""

import numpy as np

from defectstudio.app.style import MAX_SEED, Look, StyleBook
from defectstudio.domain.recipe import ClassMix, Style, StyleMix


def test_each_class_has_a_style_of_its_own_that_stays():
    book = StyleBook(np.random.default_rng(1))
    first, second = book.seed(1), book.seed(2)
    assert first != second and (book.seed(1), book.seed(2)) == (first, second)
    assert 0 <= first <= MAX_SEED


def test_rolling_changes_one_class_and_a_lock_keeps_it():
    book = StyleBook(np.random.default_rng(1))
    first, second = book.seed(1), book.seed(2)
    assert book.roll(1) and book.seed(1) != first and book.seed(2) == second
    book.lock(2, True)
    assert book.locked(2) and not book.roll(2) and book.seed(2) == second
    book.choose(2, 77)
    assert book.seed(2) == 77
    book.lock(2, False)
    assert book.roll(2) and book.seed(2) != 77


def test_the_dice_never_throw_a_banned_seed(monkeypatch):
    book = StyleBook(np.random.default_rng(1))
    thrown = iter([7, 7, 8, 8, 9, 7])
    monkeypatch.setattr(book, "_rng", type("Dice", (), {"integers": lambda *_: next(thrown)})())
    assert book.roll(1, {7}) and book.seed(1) == 8
    assert book.draw(2, {7}) == [8, 9]


def test_what_is_not_asked_for_leaves_no_trace_in_the_style():
    assert Look().style == Look(second=5, fine=True, other=3).style == Style()
    assert Look(5, 0.25, True).style == Style(mix=StyleMix(5, 0.25, "fine"))
    assert Look(other=3, nearness=0.5).style == Style(towards=ClassMix(3, 0.5))
    assert Look(nearness=0.5).style == Style(), "there is no second class"


def test_a_look_belongs_to_its_class():
    book = StyleBook(np.random.default_rng(1))
    book.choose_look(2, Look(contrast=9.0))
    assert (book.look(1), book.look(2)) == (Look(), Look(contrast=9.0))


def test_a_roll_and_another_generator_end_what_was_read_from_a_real_defect():
    book = StyleBook(np.random.default_rng(1))
    read = Look(contrast=9.0, truncation=0.5, normal=(0.25, -1.0), of="crack 3")
    assert read.style == Style(0.5, normal=(0.25, -1.0))
    book.choose_look(1, read)
    book.lock(1, True)
    assert not book.roll(1) and book.look(1) == read, "a locked style is kept"
    book.lock(1, False)
    book.roll(1)
    assert book.look(1) == Look(contrast=9.0, truncation=0.5)
    book.choose_look(2, read)
    book.forget_read()
    assert book.look(2) == Look(contrast=9.0, truncation=0.5)
