"""Bars are round, fit, and are written in the unit a person expects."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.scale import bar_of, length_text


@given(st.floats(1, 1e6), st.none() | st.floats(1e-6, 1e3))
def test_a_bar_is_round_and_as_long_as_fits(most, size):
    pixels, text = bar_of(most, size)
    assert 0.39 * most <= pixels <= most * (1 + 1e-6)
    length = pixels * (size or 1)
    digits = length / 10 ** math.floor(math.log10(length * (1 + 1e-9)))
    assert min(abs(digits - step) for step in (1, 2, 5)) < 1e-6
    assert text == length_text(pixels, size)


@pytest.mark.parametrize(
    ("pixels", "size", "text"),
    [
        (20, None, "20 px"),
        (100, 0.05, "5 mm"),
        (10, 0.005, "50 µm"),
        (0, 0.005, "0 mm"),
        (1e5, 0.02, "2 m"),
        (3, 0.5, "1.5 mm"),
    ],
)
def test_lengths_are_written_in_the_fitting_unit(pixels, size, text):
    assert length_text(pixels, size) == text


def test_far_in_a_bar_is_a_pixel_at_least():
    assert bar_of(0.4, None) == (1.0, "1 px")
