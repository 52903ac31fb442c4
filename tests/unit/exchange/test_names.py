"""File names that every file system takes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.exchange.names import safe_name, unique_names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("plain-1", "plain-1"),
        ("Öl 検査", "Öl 検査"),
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc", "_.._etc"),
        ("CON", "_CON"),
        ("lpt1.png", "_lpt1.png"),
        (" . ", "unnamed"),
        ("", "unnamed"),
        (".hidden. ", "hidden"),
        ("e\u0301", "é"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.lists(st.text(max_size=150), max_size=20))
@settings(deadline=None)
def test_unique_names_differ_without_regard_to_case(names: list[str]) -> None:
    unique = unique_names(names)
    assert len(unique) == len(names)
    assert len({name.casefold() for name in unique}) == len(names)
    for name in unique:
        assert name
        assert not name.startswith(".")
        assert not set(name) & set('<>:"/\\|?*\0')


def test_equal_names_get_numbers_in_order() -> None:
    assert unique_names(["a", "A", "a", "b", "a-2"]) == ["a", "A-2", "a-3", "b", "a-2-2"]
