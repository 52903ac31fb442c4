"""A page that needs nothing else, and whose text cannot become markup."""

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from defectstudio.exchange.report import (
    Drawing,
    Heading,
    Picture,
    Table,
    Text,
    page,
    write_report,
)

PIXELS = np.random.default_rng(0).integers(0, 255, (4, 6, 3), dtype=np.uint8)
BLOCKS = [
    Heading("A & B"),
    Heading("deeper", 3),
    Text("plain"),
    Text("look <here>", warning=True),
    Table("cap", ["", "KID"], [["<script>alert(1)</script>", "0.1"]]),
    Picture('a "picture"', PIXELS),
    Drawing("drawn", "<svg></svg>"),
]


class _Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_self_contained():
    text = page("Title <1>", BLOCKS)
    parser = _Balanced()
    parser.feed(text)
    assert parser.open == []
    assert "<script>" not in text
    assert "look &lt;here&gt;" in text
    assert "<title>Title &lt;1&gt;</title>" in text
    for _, attributes in parser.tags:
        assert "href" not in attributes
        assert attributes.get("src", "data:").startswith("data:")
    assert "default-src 'none'" in text


def test_pictures_are_embedded_to_the_pixel():
    encoded = re.search(r"data:image/png;base64,([^\"]+)", page("t", BLOCKS)).group(1)
    data = np.frombuffer(base64.b64decode(encoded), np.uint8)
    assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], PIXELS)


def test_both_files_are_written_whole(tmp_path):
    write_report(tmp_path / "report", "any", {"a": 1}, "t", BLOCKS)
    assert (tmp_path / "report" / "any.json").read_text() == '{"a": 1}\n'
    assert sorted(p.name for p in (tmp_path / "report").iterdir()) == ["any.html", "any.json"]


def test_nan_is_no_figure(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_report(tmp_path, "any", {"a": float("nan")}, "t", [])
    assert list(tmp_path.iterdir()) == []


def test_words_stand_at_the_left_and_figures_at_the_right():
    table = Table("cap", ["", "KID", "where"], [["a", "0.1 / 3%", "b 1"]])
    text = page("t", [table, Table("cap", [], [["size", "3"]])])
    assert "<th class=words></th><th>KID</th>" in text
    assert "<td>0.1 / 3%</td><td class=words>b 1</td>" in text
    assert "<td class=words>size</td><td>3</td>" in text
