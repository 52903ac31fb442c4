"""The guide's pages: all links and pictures lead somewhere, the search finds lines."""

import re

import pytest

from defectstudio.app.guide import FIRST, pages, search


def test_own_pictures_come_first_and_every_page_has_a_title():
    assert tuple(page.name for page in pages()[:3]) == FIRST
    assert FIRST[0] == "own-pictures"
    assert all(page.title and page.title != page.name for page in pages())
    assert len({page.title for page in pages()}) == len(pages())


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_and_pictures_are_there(page):
    text = page.file.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.file.parent / target).is_file(), target


def test_the_search_finds_lines_with_all_words():
    hits = search("Seed CLASS")
    assert hits and all("seed" in hit.line.casefold() for hit in hits)
    assert search("no such words anywhere") == [] and search("  ") == []


def test_titles_come_before_other_lines_of_a_page():
    page = next(page for page in pages() if page.name == "styles")
    hits = [hit for hit in search("contrast") if hit.page is page]
    assert hits[0].line == "Contrast"


def test_marks_are_not_part_of_lines():
    lines = [line for page in pages() for line in page.lines]
    assert not [line for line in lines if line.startswith("#") or "](" in line]
