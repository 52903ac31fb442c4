"""Seeds, dice and locks."""

import numpy as np

from defectstudio.app.style import MAX_SEED, StyleBook


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
