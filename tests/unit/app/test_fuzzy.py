from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.fuzzy import ranked, score

TEXTS = ["File › New project", "File › Export dataset", "Edit › Undo", "View › Zoom in"]


def test_letters_in_order_are_found():
    assert ranked("exd", TEXTS, str) == ["File › Export dataset"]
    assert ranked("zin", TEXTS, str) == ["View › Zoom in"]
    assert ranked("xyz", TEXTS, str) == []
    assert ranked("", TEXTS, str) == TEXTS


def test_beginnings_of_words_come_first():
    assert ranked("np", ["Open p", "New project"], str)[0] == "New project"
    assert ranked("undo", ["u-n-d-o", "Undo"], str)[0] == "Undo"


def test_every_word_must_fit():
    assert ranked("pro new", TEXTS, str) == ["File › New project"]
    assert score("new undo", "Edit › Undo") is None


@given(st.text(max_size=12), st.text(max_size=30))
def test_never_fails_and_finds_the_text_itself(query, text):
    found = score(query, text)
    if all(word in text.casefold() for word in query.casefold().split()):
        assert found is not None
