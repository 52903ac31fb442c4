"""The record of training contents."""

import numpy as np
import pytest

from defectstudio.synthesis.record import LOGITS, Record

LOOKS = np.array([[0.0], [1.0], [3.0], [6.0], [100.0]], np.float32)
RECORD = Record(LOOKS, np.array([0, 0, 0, 0, 1]), np.array([-1, 0, 1, 2, 9], np.float32))


def test_distances_are_those_to_the_class_in_its_own_deviations():
    deviation = LOOKS[:4].std()
    assert RECORD.distance(0, np.array([4.0], np.float32)) == pytest.approx(1 / deviation)
    low, high = RECORD.band(0)
    # nearest others: 1, 1, 2, 3
    assert low == pytest.approx(np.percentile([1, 1, 2, 3], 5) / deviation)
    assert high == pytest.approx(1.5 * np.percentile([1, 1, 2, 3], 95) / deviation)


def test_a_class_of_few_contents_has_no_band():
    assert RECORD.band(1) == (0.0, float("inf"))
    assert RECORD.distance(1, np.array([100.0], np.float32)) == 0.0


def test_realism_is_the_place_among_the_class():
    assert RECORD.realism(0, 5.0) == 1.0
    assert RECORD.realism(0, 0.0) == pytest.approx(2 * 2.5 / 5)
    assert 0 < RECORD.realism(0, -9.0) < RECORD.realism(0, -1.0)


def test_it_is_packed_and_unpacked_and_must_be_whole():
    packed = RECORD.pack()
    again = Record.unpack(packed)
    assert all(np.array_equal(getattr(again, n), getattr(RECORD, n)) for n in vars(RECORD))
    assert Record.unpack({}) is None
    del packed[LOGITS]
    with pytest.raises(RuntimeError, match="not whole"):
        Record.unpack(packed)
