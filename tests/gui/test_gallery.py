"""The gallery of seeds: made while looked at, taken, starred and banned by mouse and key."""

import pytest
from PySide6.QtCore import QPoint, Qt

from defectstudio.app.gallery import AT_ONCE, SIZE
from defectstudio.app.seed_marks import FILE, read_marks
from defectstudio.domain.seed_marks import Mark
from defectstudio.gui.gallery import Tile
from defectstudio.gui.panels.style.tiles import TILE, TileGrid, spots

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def section(opened, person):
    person.paint((40, 30), (44, 60))
    return opened.side.currentWidget().gallery


@pytest.fixture
def gallery(opened):
    return opened.session.gallery


def whole(gallery):
    return len(gallery.tiles) == SIZE and all(tile.picture is not None for tile in gallery.tiles)


def place(grid, row):
    return grid.visualRect(grid.model().index(row)).center()


def test_tiles_are_made_a_few_at_a_time_for_the_painted_mask(opened, section, gallery, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    asked = opened.session.previews._source.browsed
    assert [len(seeds) for _, seeds in asked] == [AT_ONCE] * (SIZE // AT_ONCE)
    assert len({tile.picture.tobytes() for tile in gallery.tiles}) == SIZE
    assert section.grid.model().rowCount() == SIZE and not section.hint.isVisible()
    assert section.grid.height() == 4 * section.grid.gridSize().height()


def test_another_mask_makes_the_same_seeds_anew(opened, section, gallery, person, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    before = gallery.tiles
    person.paint((60, 30), (64, 60))
    person.paint((46, 30), (46, 60))
    qtbot.waitUntil(
        lambda: (
            whole(gallery) and gallery.tiles[-1].picture.tobytes() != before[-1].picture.tobytes()
        ),
        timeout=9000,
    )
    assert [tile.seed for tile in gallery.tiles] == [tile.seed for tile in before]


def test_late_tiles_are_dropped(opened, section, gallery, person, qtbot):
    source = opened.session.previews._source
    source.hold.clear()
    qtbot.waitUntil(lambda: len(source.browsed) == 1, timeout=9000)
    opened.session.studio.choose_class(2)
    person.paint((20, 20), (20, 40))
    qtbot.waitUntil(lambda: len(source.browsed) == 2, timeout=9000)
    source.hold.set()
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    seeds = [seed for _, asked in source.browsed[1:] for seed in asked]
    assert [tile.seed for tile in gallery.tiles] == seeds


def test_nothing_is_made_while_nobody_looks(opened, section, gallery, person, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    source = opened.session.previews._source
    section.title.setChecked(False)
    person.paint((60, 30), (64, 60))
    person.shown()
    assert not gallery.settling
    made = len(source.browsed)
    section.title.setChecked(True)
    assert gallery.settling
    qtbot.waitUntil(lambda: whole(gallery) and len(source.browsed) > made, timeout=9000)


def test_a_click_takes_a_seed_and_the_preview_shows_it(opened, section, gallery, person, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    seed = gallery.tiles[4].seed
    qtbot.mouseClick(section.grid.viewport(), LEFT, pos=place(section.grid, 4))
    person.shown()
    assert opened.session.studio.styles.seed(1) == seed
    assert opened.session.previews._asked.defects[0].seed == seed
    assert whole(gallery), "the gallery is of all seeds and stays"


def test_keys_walk_take_star_and_ban(opened, section, gallery, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    grid, samples = section.grid, opened.session.project.samples
    opened.activateWindow()
    grid.setFocus()
    qtbot.waitUntil(grid.hasFocus)
    grid.setCurrentIndex(grid.model().index(0))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key)
    assert grid.currentIndex().row() == 4
    tile = grid.currentIndex().data(TILE)
    qtbot.keyClick(grid, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: gallery.tiles[4].mark is Mark.FAVOURITE)
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: gallery.tiles[4].mark is Mark.BANNED)
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: gallery.tiles[4].mark is None)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert opened.session.studio.styles.seed(1) == tile.seed and samples() == []


def test_star_and_ban_are_clicked_and_kept_in_the_project(opened, section, gallery, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    grid, studio = section.grid, opened.session.studio
    before = studio.styles.seed(1)
    for row, mark in ((1, Mark.FAVOURITE), (2, Mark.BANNED)):
        spot = spots(grid.visualRect(grid.model().index(row)))[mark]
        qtbot.mouseClick(grid.viewport(), LEFT, pos=QPoint(spot.center()))
    starred, banned = gallery.tiles[1].seed, gallery.tiles[2].seed
    qtbot.waitUntil(lambda: len(studio.marks(1).banned) == 1)
    stored = read_marks(opened.session.project.root).of(studio.generator.sha256, 1)
    assert (stored.favourites, stored.banned) == ((starred,), (banned,))
    assert studio.styles.seed(1) == before, "a mark takes no seed"
    qtbot.mouseClick(section.more, LEFT)
    seeds = [tile.seed for tile in gallery.tiles]
    assert seeds[0] == starred and banned not in seeds


def test_marks_are_there_when_the_project_is_opened_again(opened, section, gallery, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    seed, root = gallery.tiles[0].seed, opened.session.project.root
    gallery.mark(seed, Mark.FAVOURITE)
    qtbot.waitUntil(lambda: opened.session.studio.marks(1).favourites == (seed,))
    opened.close_project()
    opened.commands.open_path(root)
    qtbot.waitUntil(lambda: opened.session and opened.session.studio.marks(1).favourites == (seed,))


def test_a_project_is_closed_while_a_gallery_is_made(opened, section, gallery, qtbot):
    source = opened.session.previews._source
    source.hold.clear()
    qtbot.waitUntil(lambda: len(source.browsed) == 1, timeout=9000)
    assert opened.close_project()
    assert gallery.tiles == [] or all(tile.picture is None for tile in gallery.tiles)


def test_a_mark_made_just_before_the_end_is_kept(opened, section, gallery, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    root, generator = opened.session.project.root, opened.session.studio.generator
    seeds = [tile.seed for tile in gallery.tiles]
    for seed in seeds:
        gallery.mark(seed, Mark.BANNED)
    opened.close_project()
    assert read_marks(root).of(generator.sha256, 1).banned == tuple(seeds)


def test_damaged_marks_are_told_and_not_overwritten(opened, section, gallery, qtbot):
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    file = opened.session.project.root / FILE
    file.write_text("{")
    gallery.mark(gallery.tiles[0].seed, Mark.BANNED)
    qtbot.waitUntil(opened.messages.isVisible)
    assert "cannot be read" in opened.messages.text.text() and file.read_text() == "{"


def test_why_there_is_no_gallery_is_said(opened, section, gallery, person, qtbot):
    source = opened.session.previews._source
    source.broken = True
    qtbot.waitUntil(lambda: "weights are gone" in section.hint.text(), timeout=9000)
    source.broken = False
    gallery.refresh()
    qtbot.waitUntil(lambda: whole(gallery), timeout=9000)
    assert not section.hint.isVisible()


def test_an_unpainted_class_says_what_to_do(opened, section, gallery, qtbot):
    opened.session.studio.choose_class(2)
    qtbot.waitUntil(lambda: "Paint this class" in section.hint.text())
    assert section.grid.model().rowCount() == 0 and section.hint.isVisible()


def test_a_grid_alone_shows_tiles_before_their_pictures(qtbot):
    grid = TileGrid()
    qtbot.addWidget(grid)
    grid.resize(240, 100)
    grid.show_tiles([Tile(3), Tile(4, mark=Mark.FAVOURITE), Tile(5, mark=Mark.BANNED)], 4)
    grid.show()
    spoken = [grid.model().index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert spoken == ["Seed 3", "Seed 4, favourite", "Seed 5, never used"]
    assert not grid.grab().isNull()


def test_there_are_three_columns_at_any_width(qtbot):
    grid = TileGrid()
    qtbot.addWidget(grid)
    grid.show_tiles([Tile(seed) for seed in range(6)], -1)
    grid.show()
    for width in (240, 241, 242, 243):
        grid.setFixedWidth(width)
        rows = [grid.visualRect(grid.model().index(number)).top() for number in range(6)]
        assert rows[0] == rows[2] < rows[3], width
