"""The Transfer tab: alone, and in the window."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from defectstudio.app.comparing import Forecast
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.gui import transferring
from defectstudio.gui.panels.preview_grid import _PICTURE
from defectstudio.gui.panels.transfer import TransferPage
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from tests.gui.test_jobs_panel import ActedJob
from tests.unit.app.test_transferring import leave_transfer


@pytest.fixture
def two_items(project_root, tmp_path):
    """A second item "pipe" with two backgrounds that are large enough and one that is not."""
    with Project.open(project_root) as project:
        pipe = project.add_item("pipe")
        rng = np.random.default_rng(2)
        for name, side in (("a", 90), ("b", 90), ("small", 8)):
            path = tmp_path / f"{name}.png"
            write_png(path, rng.integers(100, 140, (side, side, 3)).astype(np.uint8))
            project.add_images(pipe.id, [NewImage(name, Role.NORMAL, path)])
    return project_root


@pytest.fixture
def looking(window, two_items, qtbot):
    """The window at the Transfer tab of the item pipe, its grid full."""
    window.commands.open_path(two_items)
    qtbot.waitUntil(lambda: window.session is not None, timeout=20000)
    window.session.choose_item(window.session.project.items()[1].id)
    window.actions_["segmenter.transfer"].trigger()
    qtbot.waitUntil(lambda: filled(window), timeout=20000)
    return window


def filled(window):
    grid = window.transfer.grid
    return grid.columnCount() == 3 and not window.transferring._waiting and has(grid, 0, 0)


def has(grid, row, column):
    return grid.item(row, column).data(_PICTURE) is not None


def test_the_grid_shows_pictures_and_reasons(looking):
    page, grid = looking.transfer, looking.transfer.grid
    assert page.source.currentText() == "plate" and page.generator.currentText() == "first"
    assert [grid.verticalHeaderItem(row).text() for row in range(grid.rowCount())] == ["hole"]
    names = [grid.horizontalHeaderItem(column).text() for column in range(3)]
    assert names == ["a", "b", "small"]
    assert has(grid, 0, 0) and has(grid, 0, 1) and not has(grid, 0, 2)
    assert "does not fit between the edges" in grid.item(0, 2).text()
    assert not grid.grab().isNull()


def test_other_places_are_other_recipes(looking, qtbot):
    source = looking.transferring._source
    before = list(source.asked)
    looking.transfer.dice.click()
    qtbot.waitUntil(lambda: len(source.asked) == len(before) + 2, timeout=9000)
    qtbot.waitUntil(lambda: filled(looking), timeout=9000)
    assert all(recipe not in before for recipe in source.asked[len(before) :])


def test_previews_that_fail_say_why(looking, qtbot):
    looking.transferring._source.broken = True
    looking.transfer.dice.click()
    grid = looking.transfer.grid
    qtbot.waitUntil(lambda: "weights are gone" in grid.item(0, 1).text(), timeout=9000)


def test_an_answer_to_an_old_grid_is_dropped(looking, qtbot):
    source, page = looking.transferring._source, looking.transfer
    source.hold.clear()
    page.dice.click()
    asked = len(source.asked)
    qtbot.waitUntil(lambda: len(source.asked) > asked, timeout=9000)
    page.dice.click()
    qtbot.waitUntil(lambda: len(source.asked) > asked + 1, timeout=9000)
    source.hold.set()
    qtbot.waitUntil(lambda: filled(looking), timeout=9000)


def test_no_class_no_grid(looking):
    page = looking.transfer
    page.classes.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert page.grid.rowCount() == 0 and not page.go.isEnabled()


def test_one_button_trains_and_tests_and_the_result_is_shown(looking, qtbot, monkeypatch):
    given, acted = [], []

    def start(project, **options):
        given.append(options)
        acted.append(ActedJob(project, "transfer of pipe", "compare"))
        return acted[-1]

    monkeypatch.setattr(transferring, "start_comparison", start)
    page = looking.transfer
    page.form.editors["steps"].setValue(9)
    page.go.click()
    qtbot.waitUntil(lambda: looking.session.jobs.count == 1, timeout=9000)
    overrides = {"steps": "9", "source": "plate", "classes": "hole", "generators": "first"}
    assert given == [{"protocol": "transfer", "item": "pipe", "overrides": overrides}]
    leave_transfer(looking.session.project, source="plate")
    acted[0].end(JobState.DONE)
    qtbot.waitUntil(page.to_report.isEnabled, timeout=9000)
    row = page.result.topLevelItem(1)
    assert [row.text(n) for n in range(6)] == [
        "first, unet", "3", "40", "0.500", "+0.100 (+0.050 … +0.200)", "helps, on this split",
    ]  # fmt: skip
    assert page.told.text() == "Tested on 1 real images of pipe."
    shown = []
    monkeypatch.setattr(
        transferring.QDesktopServices, "openUrl", lambda url: shown.append(url.fileName())
    )
    page.to_report.click()
    assert shown == ["transfer.html"]


def test_a_damaged_result_is_told(looking, qtbot):
    job = leave_transfer(looking.session.project, source="plate")
    (job.folder / "report" / "transfer.json").write_text("{", encoding="utf-8")
    looking.transferring.show_item()
    page = looking.transfer
    qtbot.waitUntil(lambda: "Start the comparison again" in page.told.text(), timeout=9000)
    assert not page.to_report.isEnabled()


def test_the_time_is_told_or_why_it_cannot(looking, qtbot, monkeypatch):
    answers = iter([Forecast(600.0, 9), ProjectError("no split", remedy="Split it.")])

    def forecast(_project, **_options):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(transferring, "forecast", forecast)
    page = looking.transfer
    page.ask.click()
    qtbot.waitUntil(lambda: "About 10 min for 9" in page.time.text(), timeout=9000)
    page.ask.click()
    qtbot.waitUntil(lambda: "Split it" in page.time.text() and page.ask.isEnabled(), timeout=9000)


def test_a_target_without_backgrounds_is_told(looking, qtbot):
    project = looking.session.project
    pipe = project.items()[1]
    project.set_splits({one.id: Split.TEST for one in project.images(pipe.id)})
    looking.transfer.dice.click()
    qtbot.waitUntil(lambda: "Import images" in looking.transfer.time.text(), timeout=9000)
    assert looking.transfer.grid.rowCount() == 0


def test_closing_the_project_ends_the_maker_of_previews(looking):
    source = looking.transferring._source
    looking.close_project()
    assert source._thread._shutdown and looking.transferring._source is None
    assert looking.transfer.source.count() == 0 and looking.transfer.grid.rowCount() == 0


def test_previews_wait_until_somebody_looks(window, two_items, qtbot):
    window.commands.open_path(two_items)
    qtbot.waitUntil(lambda: window.session is not None, timeout=20000)
    assert window.transferring._source is None and window.transfer.grid.rowCount() == 0


def test_the_page_alone_says_what_it_needs(qtbot):
    page = TransferPage()
    qtbot.addWidget(page)
    page.show()
    assert "second item" in page.about.text() and page.choice is None
    assert not page.go.isEnabled() and not page.ask.isEnabled()
