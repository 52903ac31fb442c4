"""Tables of groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from defectstudio.domain.errors import ImportSourceError
from defectstudio.exchange.groups_csv import read_groups


@pytest.mark.parametrize(
    "text",
    [
        "class,stem,tile\ncrack,a,t1\ngood,b ü,t 2\n",
        "\ufeffTeil;Class;Stem\r\nt1;crack;a\r\n\r\nt 2;good;b ü\r\n",
        'stem\tclass\tgroup\n"a"\tcrack\tt1\nb ü\tgood\tt 2\n',
        "class,stem,tile\ncrack,a,t1\ngood,b ü,t 2\ncrack,a,t1\n",
    ],
)
def test_the_group_column_has_any_name_and_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_groups(path) == {("crack", "a"): "t1", ("good", "b ü"): "t 2"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "columns are missing"),
        (b"class,stem\ncrack,a\n", "columns are class, stem"),
        (b"class,stem,x,y\n", "columns are"),
        (b"a,b,c\n1,2,3\n", "columns are"),
        (b"class,stem,tile\n", "no rows"),
        (b"class,stem,tile\ncrack,a\n", "line 2"),
        (b"class,stem,tile\ncrack,a,1\ncrack,b,\n", "line 3"),
        (b"class,stem,tile\ncrack,a,1\ncrack,a,2\n", "another group"),
        (b"class,stem,tile\ncrack,\xff,1\n", "cannot be read"),
        (b'class,stem,tile\ncrack,"a,1\n', "not CSV"),
    ],
)
def test_bad_tables_are_named_with_their_line(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_bytes(data)
    with pytest.raises(ImportSourceError, match=words) as caught:
        read_groups(path)
    assert caught.value.subject == str(path)
    assert caught.value.remedy


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(ImportSourceError, match="cannot be read"):
        read_groups(tmp_path / "none.csv")
