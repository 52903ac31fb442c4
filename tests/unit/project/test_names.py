from __future__ import annotations

import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.project.names import clean_name, name_key


@pytest.mark.parametrize(
    ("one", "other"), [("Crack", "cRACK"), ("Straße", "STRASSE"), ("Ko\u0308rner", "KÖRNER")]
)
def test_case_and_encoding_make_no_other_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_name_keeps_its_letters() -> None:
    assert clean_name("  Ko\u0308rnung 3.a ", "class") == "Körnung 3.a"


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 121, "a/b", "a\\b", "..", ".hidden", "end.", "a:b", "tab\there", "con",
     "NUL.txt", "lpt1", "what?"],
)  # fmt: skip
def test_names_that_cannot_be_folders_are_refused(name: str) -> None:
    with pytest.raises(ProjectError, match="class") as caught:
        clean_name(name, "class")
    assert caught.value.remedy
