"""The batch page: a plan, the map of places, the dry run, the job."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from defectstudio.app.batch_ground import Ground
from defectstudio.app.batch_plan import PlanLine, read_plan
from defectstudio.app.batch_trial import TrialSample
from defectstudio.app.placing import Placing, Zone
from defectstudio.app.regions import regions
from defectstudio.domain.records import ImageRecord, JobState, Role
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.gui.panels.place_map import PlaceMap
from defectstudio.gui.panels.plan_table import BackgroundChooser
from defectstudio.gui.panels.thumbnails import Thumbnails
from defectstudio.imaging.placement import Refusal
from defectstudio.imaging.reading import write_png
from defectstudio.jobs import process
from defectstudio.project.project import Project

FAKE = Path(__file__).parents[1] / "unit" / "jobs" / "fake_worker.py"
WAITS = "import sys; sys.stdin.readline()"


def background(number):
    return ImageRecord(
        number, 1, f"plate {number}", Role.NORMAL, Path(), f"{number:064x}", 96, 128, 3, 8, "",
        None, (), None,
    )  # fmt: skip


GROUND = Ground(
    {"first": ("scratch", "hole"), "second": ("hole",)},
    tuple(background(number) for number in (1, 2, 3)),
    frozenset({2}),
)


@pytest.fixture
def page(qtbot):
    """The page alone, of two generators and three backgrounds, one with a region."""
    bridge = Bridge()
    thumbnails = Thumbnails(bridge)
    made = BatchPage(thumbnails)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    made.show_ground(GROUND)
    yield made
    made.let_go()
    thumbnails.close()
    bridge.close()


def editor(page, row, column):
    return page.plan.table.cellWidget(row, column)


def test_a_fresh_plan_has_a_row_for_each_class(page):
    assert page.choice.plan == (PlanLine("scratch", 10), PlanLine("hole", 10))
    assert (page.choice.generator, page.choice.blend, page.choice.seed) == ("first", None, 0)
    assert page.go.isEnabled() and "20" in page.go.text()
    assert page.plan.total.text() == "20 samples"


def test_rows_are_changed_added_and_removed(page):
    editor(page, 0, 1).setValue(40)
    editor(page, 1, 0).setCurrentText("scratch")
    editor(page, 1, 2).setCurrentIndex(1)
    assert page.choice.plan == (PlanLine("scratch", 40), PlanLine("scratch", 10, ("plate 2",)))
    page.plan.add.click()
    assert page.choice.plan[2] == PlanLine("hole", 10) and page.plan.current_class == "hole"
    for _ in range(2):
        page.plan.remove.click()
    assert len(page.choice.plan) == 1 and not page.plan.remove.isEnabled()


def test_another_generator_keeps_what_it_can_make(page):
    editor(page, 1, 1).setValue(7)
    page.generators.setCurrentText("second")
    assert page.choice.plan == (PlanLine("hole", 7),)
    page.show_ground(GROUND)  # read again: nothing entered is lost
    assert page.choice.generator == "second" and page.choice.plan == (PlanLine("hole", 7),)


def test_the_project_may_change_while_someone_types(page, qtbot):
    more = Ground(GROUND.makers, (*GROUND.backgrounds, background(4)), frozenset({2, 4}))
    editor(page, 0, 2).setCurrentIndex(1)
    for row in (0, 1):
        number = editor(page, row, 1)
        number.selectAll()
        for key, ground in (("4", GROUND), ("2", more)):
            qtbot.keyClicks(number, key)
            page.show_ground(ground)
            assert editor(page, row, 1) is number
    assert page.choice.plan == (PlanLine("scratch", 42, ("plate 2",)), PlanLine("hole", 42))
    assert editor(page, 1, 2).itemText(0) == "any (4)"


def test_backgrounds_are_chosen_from_a_list(page, qtbot):
    box = editor(page, 0, 2)
    box.setCurrentIndex(2)
    box.activated.emit(2)
    [dialog] = page.plan.findChildren(BackgroundChooser)
    assert not dialog.go.isEnabled()
    dialog.list.item(0).setCheckState(Qt.CheckState.Checked)
    dialog.list.item(2).setCheckState(Qt.CheckState.Checked)
    dialog.search.setText("3")
    assert dialog.list.item(0).isHidden() and not dialog.list.item(2).isHidden()
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert page.choice.plan[0].backgrounds == ("plate 1", "plate 3")
    assert "2" in box.currentText()


def test_nothing_to_make_says_why(page):
    page.show_ground(Ground({}, GROUND.backgrounds, frozenset()))
    assert not page.go.isEnabled() and "train one" in page.why.text()
    page.show_ground(Ground(GROUND.makers, (), frozenset()))
    assert not page.trial.isEnabled() and "normal image" in page.why.text()
    page.show_ground(Ground({"first": ()}, GROUND.backgrounds, frozenset()))
    assert "no class" in page.why.text()


def test_what_is_entered_asks_for_another_map(page, qtbot):
    for change in (
        lambda: page.form.editors["edge_margin"].setValue(9),
        lambda: page.form.editors["scale_max"].setText("2"),
        lambda: page.form.editors["flip"].setChecked(False),
        lambda: page.regions.setChecked(True),
        lambda: page.backgrounds.setCurrentIndex(2),
        lambda: page.plan.table.setCurrentCell(1, 0),
    ):
        with qtbot.waitSignal(page.map_wanted, timeout=3000):
            change()
    choice = page.choice
    assert choice.overrides == {"edge_margin": "9", "scale_max": "2.0", "flip": "False"}
    assert choice.regions and page.background.id == 3
    page.follow(2)
    assert page.background.id == 2
    page.follow(99)
    assert page.background.id == 2


def test_the_map_says_how_much_is_what(page):
    zones = np.zeros((40, 50), np.uint8)
    zones[:, 25:] = Zone.OUTSIDE
    zones[:10] = Zone.EDGE
    picture = np.full((40, 50, 3), 90, np.uint8)
    placing = Placing(zones, 12, {Refusal.TOO_LARGE: 5})
    page.places.show_map(PlaceMap(picture, placing))
    text = page.places.text
    assert "25%  too near" in text and "5 of 12 shapes" in text and "between the edges" in text
    image = page.places.picture.grab().toImage()
    middle = image.height() // 2
    left, right = (image.pixelColor(image.width() // 2 + n, middle) for n in (-20, 20))
    assert left.green() > left.red() and right.lightness() < left.lightness()
    page.places.show_map(PlaceMap(picture, Placing(zones, 0, {})))
    assert "own shapes" in page.places.text
    page.places.show_nothing("no shape")
    assert page.places.note.text() == "no shape"


@pytest.fixture
def planned(opened, qtbot, monkeypatch):
    """The window on the batch page; workers are fakes that make nothing."""
    monkeypatch.setattr(process, "WORKER", (sys.executable, str(FAKE)))
    opened.actions_["batch.plan"].trigger()
    page = opened.batch
    assert opened.pages.currentWidget() is page
    qtbot.waitUntil(lambda: page.generators.count() == 1, timeout=5000)
    return opened


def test_the_map_of_the_open_background(planned, qtbot):
    page = planned.batch
    assert page.background.id == planned.session.studio.document.record.id
    assert page.choice.plan == (PlanLine("scratch", 10), PlanLine("hole", 10))
    qtbot.waitUntil(lambda: "may fall here" in page.places.text, timeout=5000)
    page.plan.table.setCurrentCell(1, 0)
    page.form.editors["edge_margin"].setValue(47)
    qtbot.waitUntil(lambda: "0%  defects may fall" in page.places.text, timeout=5000)
    page.form.editors["scale_max"].setText("0.1")
    qtbot.waitUntil(lambda: "scale_max" in page.places.note.text(), timeout=5000)


def test_a_region_is_painted_on_the_canvas_and_heeded(planned, qtbot):
    page, session = planned.batch, planned.session
    page.backgrounds.setCurrentIndex(1)
    chosen = page.background
    page.paint_region.click()
    assert planned.pages.currentWidget() is planned.painting
    studio = session.studio
    qtbot.waitUntil(lambda: studio.document.record.id == chosen.id, timeout=5000)
    studio.tools.resize(40)
    studio.start_stroke(40, 50, erase=False)
    studio.end_stroke()
    qtbot.waitUntil(lambda: regions(session.project) == {chosen.id}, timeout=5000)
    planned.actions_["batch.plan"].trigger()
    qtbot.waitUntil(lambda: "(1)" in editor(page, 0, 2).itemText(1), timeout=5000)
    box = editor(page, 0, 2)
    box.setCurrentIndex(1)
    assert page.choice.plan[0].backgrounds == (chosen.name,)
    page.regions.setChecked(True)
    # Most of the image is outside of a disc of 40 pixels.
    share = re.compile(r"^[5-9]\d%  outside of", re.MULTILINE)
    qtbot.waitUntil(lambda: share.search(page.places.text) is not None, timeout=5000)


def hole_only(page):
    """A plan that can be made: only holes have a shape in this project."""
    page.plan.show_lines([PlanLine("hole", 5)])


def test_a_dry_run_makes_a_job_and_no_sample(planned, qtbot):
    page, project = planned.batch, planned.session.project
    hole_only(page)
    page.trial.click()
    assert page.trial.text() == "Cancel dry run"
    qtbot.waitUntil(lambda: page.trial.text() == "Dry run", timeout=20000)
    [job] = project.jobs()
    assert (job.title, job.state) == ("Dry run of 5 with first", JobState.DONE)
    shown = planned.jobs.table.model().index(0, 0).data()
    assert shown == f"#{job.id} Dry run of 5 with first"
    assert project.samples() == [] and "none is in the project" in page.sheet.summary.text()


def test_a_dry_run_is_cancelled(planned, qtbot, monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, "-c", WAITS))
    page, session = planned.batch, planned.session
    hole_only(page)
    page.trial.click()
    qtbot.waitUntil(lambda: session.jobs.count == 1, timeout=10000)
    page.trial.click()
    qtbot.waitUntil(lambda: page.trial.text() == "Dry run", timeout=20000)
    assert session.project.jobs()[-1].state is JobState.CANCELLED
    assert "cancelled" in page.sheet.summary.text().lower() and page.sheet.tiles == []


def test_closing_in_a_dry_run_leaves_nothing(planned, qtbot, monkeypatch, project_root):
    monkeypatch.setattr(process, "WORKER", (sys.executable, "-c", WAITS))
    page, session = planned.batch, planned.session
    hole_only(page)
    page.trial.click()
    qtbot.waitUntil(lambda: session.jobs.count == 1, timeout=10000)
    assert planned.close_project()
    assert page.generators.count() == 0 and not page.go.isEnabled()
    with Project.open(project_root) as project:
        [job] = project.jobs()
        qtbot.waitUntil(lambda: project.job(job.id).state is JobState.CANCELLED, timeout=9000)
        assert not (job.folder / "samples").exists()


def test_closing_while_a_dry_run_is_being_started_leaves_nothing(
    planned, qtbot, monkeypatch, project_root
):
    monkeypatch.setattr(process, "WORKER", (sys.executable, "-c", WAITS))
    hole_only(planned.batch)
    planned.batch.trial.click()
    assert planned.close_project()
    with Project.open(project_root) as project:
        [job] = project.jobs()
        qtbot.waitUntil(lambda: project.job(job.id).state is JobState.CANCELLED, timeout=9000)
        assert not (job.folder / "samples").exists()


def test_a_batch_that_cannot_start_says_why(planned, qtbot):
    page = planned.batch
    page.trial.click()  # scratch has no shape
    qtbot.waitUntil(lambda: "gives a shape" in planned.messages.text.text(), timeout=5000)
    assert page.trial.text() == "Dry run" and planned.session.project.jobs() == []


def test_samples_are_made_as_a_job(planned, qtbot):
    page, project = planned.batch, planned.session.project
    hole_only(page)
    page.seed.setValue(8)
    spy = QSignalSpy(planned.session.jobs.ended)
    page.go.click()
    qtbot.waitUntil(lambda: spy.count() == 1, timeout=20000)
    [job] = project.jobs()
    assert job.title == "5 with first"
    # This worker left no sample, which must not pass as success.
    assert job.state is JobState.FAILED and "0 of 5" in job.message
    assert '"seed": 8' in (job.folder / "job.json").read_text()


def test_what_is_made_already_is_told_and_others_are_offered(planned, qtbot, monkeypatch):
    monkeypatch.setattr(process, "WORKER", (sys.executable, "-c", WAITS))
    page, session = planned.batch, planned.session
    hole_only(page)
    page.seed.setValue(8)
    page.go.click()
    qtbot.waitUntil(lambda: session.jobs.count == 1, timeout=10000)
    asked = []
    for others in (False, True):
        monkeypatch.setattr(
            page, "may_make_others",
            lambda choice, seed, said=others: asked.append((choice.seed, seed)) or said,
        )  # fmt: skip
        page.go.click()
        qtbot.waitUntil(lambda: len(asked) == 1 + others, timeout=10000)  # noqa: B023
    assert asked == [(8, 9), (8, 9)] and page.seed.value() == 9
    qtbot.waitUntil(lambda: session.jobs.count == 2, timeout=10000)
    first, second = session.project.jobs()
    assert [job.asked.order["seed"] for job in (first, second)] == [8, 9]
    for job in (first, second):
        session.jobs.cancel(job.id)
    qtbot.waitUntil(lambda: session.jobs.count == 0, timeout=20000)


def test_the_samples_of_a_dry_run_have_room_and_are_enlarged(page, qtbot, tmp_path):
    page.resize(900, 560)
    tried = []
    for number in range(12):
        folder = tmp_path / f"{number}"
        write_png(folder / "image.png", np.full((60, 80, 3), 90 + number, np.uint8))
        write_png(folder / "label.png", np.eye(60, 80, dtype=np.uint8))
        tried.append(TrialSample(number, 1, {}, folder))
    tried.append(TrialSample(12, 1, {"too close": 20}, tmp_path / "none"))
    page.show_trial(tried, {1: "scratch"})
    qtbot.waitUntil(lambda: page.sheet.height() > 280, timeout=2000)
    tiles = page.sheet.tiles
    rows = {tile.y() for tile in tiles if tile.geometry().bottom() <= tile.parent().height()}
    assert len(rows) >= 2 and page.places.height() >= 6 * page.fontMetrics().height()
    for tile in (tiles[12], tiles[3]):
        qtbot.mouseDClick(tile, Qt.MouseButton.LeftButton)
    [large] = page.findChildren(QDialog)
    assert large.windowTitle() == "4 · scratch" and large.width() > 3 * tiles[3].width()
    qtbot.keyClick(large, Qt.Key.Key_Escape)
    assert not large.isVisible()


def test_the_question_names_both_seeds(page, qtbot, monkeypatch):
    def answer(box):
        box.show()
        assert "seed 3" in box.text() and box.defaultButton().text() == "Make others (seed 5)"
        box.defaultButton().click()

    monkeypatch.setattr(QMessageBox, "exec", answer)
    page.seed.setValue(3)
    assert page.may_make_others(page.choice, 5)


def test_a_plan_is_saved_and_opened(planned, qtbot, tmp_path, monkeypatch):
    page, path = planned.batch, tmp_path / "plan.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    editor(page, 0, 1).setValue(33)
    page.plan.choose_backgrounds(0, ("plate 1",))
    page.keep.click()
    qtbot.waitUntil(path.exists, timeout=5000)
    saved = page.choice.plan
    assert read_plan(path) == saved
    editor(page, 0, 1).setValue(1)
    page.load.click()
    qtbot.waitUntil(lambda: page.choice.plan == saved, timeout=5000)
    path.write_text("nonsense")
    page.load.click()
    qtbot.waitUntil(lambda: "no row" in planned.messages.text.text(), timeout=5000)
