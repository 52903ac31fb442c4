"""The review page: what is shown, what keys say of samples, and that it can be taken back."""

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QSignalSpy

from defectstudio.app.reviewing import Making
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.gui.panels.thumbnails import Thumbnails
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.samples import NewSample

UNDECIDED, ACCEPTED, REJECTED = Review


def record(folder, number, class_ids, review=UNDECIDED):
    image, label = folder / f"{number}.png", folder / f"{number}-label.png"
    plane = np.zeros((60, 80), np.uint8)
    plane[20:30, 30:50] = class_ids[0]
    write_png(image, np.full((60, 80, 3), 100 + number, np.uint8))
    write_png(label, plane)
    return SampleRecord(
        number, 1, image, f"{number:064x}", label, "", label, label, class_ids, 1, None, review
    )


@pytest.fixture
def page(qtbot, tmp_path):
    """The page alone: samples 1 scratch, 2 hole (accepted), 3 both, 4 hole (rejected)."""
    bridge = Bridge()
    thumbnails = Thumbnails(bridge)
    made = ReviewPage(thumbnails)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    samples = [
        record(tmp_path, 1, (1,)),
        record(tmp_path, 2, (2,), ACCEPTED),
        record(tmp_path, 3, (1, 2)),
        record(tmp_path, 4, (2,), REJECTED),
    ]
    made.show_samples(samples, {1: "scratch", 2: "hole"})
    made.show_makings({n: Making(("first",) if n < 3 else ("second",), (n,)) for n in range(1, 5)})
    made.show()
    qtbot.waitExposed(made)
    yield made
    thumbnails.close()
    bridge.close()


def shown(page):
    model = page.model
    return [
        model.index(row, 0).data(Qt.ItemDataRole.UserRole).id for row in range(model.rowCount())
    ]


def pick(box, text):
    box.setCurrentIndex(box.findText(text))


def test_without_a_choice_it_says_what_to_do(page):
    page.grid.setCurrentIndex(QModelIndex())
    assert page.large.told == "Choose a sample to see it large."
    said = page.large.grab().toImage()
    page.show_samples([], {})
    assert page.large.told == "" and page.large.grab().toImage() != said


def test_filters_by_class_generator_and_state(page):
    assert shown(page) == [1, 2, 3, 4]
    assert page.counts.text() == "2 undecided · 1 accepted · 1 rejected"
    pick(page.classes, "scratch")
    assert shown(page) == [1, 3]
    pick(page.generators, "second")
    assert shown(page) == [3]
    pick(page.classes, "All classes")
    pick(page.states, "Rejected")
    assert shown(page) == [4]
    assert page.counts.text().startswith("1 of 4 shown")
    pick(page.generators, "first")
    assert shown(page) == [] and not page.grid.isVisible()
    assert not page.buttons[ACCEPTED].isEnabled()
    pick(page.states, "Not rejected")
    assert shown(page) == [1, 2] and page.grid.isVisible()


@pytest.mark.parametrize(
    ("key", "said"),
    [(Qt.Key.Key_Y, ACCEPTED), (Qt.Key.Key_Return, ACCEPTED), (Qt.Key.Key_N, REJECTED),
     (Qt.Key.Key_Delete, REJECTED), (Qt.Key.Key_U, UNDECIDED)],
)  # fmt: skip
def test_a_key_judges_and_goes_on(page, qtbot, key, said):
    page.grid.go_to(0)
    spy = QSignalSpy(page.judged)
    qtbot.keyClick(page.grid, key)
    [(samples, review)] = [tuple(spy.at(n)) for n in range(spy.count())]
    assert ([one.id for one in samples], review) == ([1], said)
    assert page.grid.currentIndex().row() == 1


def test_several_are_judged_at_once(page, qtbot):
    page.grid.go_to(0)
    qtbot.keyClick(page.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    spy = QSignalSpy(page.judged)
    qtbot.mouseClick(page.buttons[REJECTED], Qt.MouseButton.LeftButton)
    samples, review = spy.at(0)
    assert [one.id for one in samples] == [1, 2, 3] and review is REJECTED
    assert [one.id for one in page.grid.chosen()] == [4]  # the next one, as after a single one


def test_a_key_after_a_verdict_on_all_changes_nothing(page, qtbot):
    page.grid.go_to(0)
    qtbot.keyClick(page.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    spy = QSignalSpy(page.judged)
    qtbot.keyClick(page.grid, Qt.Key.Key_Y)
    qtbot.keyClick(page.grid, Qt.Key.Key_N)
    assert spy.count() == 1 and spy.at(0)[1] is ACCEPTED and len(spy.at(0)[0]) == 4
    assert page.grid.chosen() == [] and not page.buttons[REJECTED].isEnabled()
    page.grid.go_to(2)
    qtbot.keyClick(page.grid, Qt.Key.Key_N)
    assert [one.id for one in spy.at(1)[0]] == [3]


def test_a_judged_sample_leaves_a_filter_and_the_next_takes_its_place(page, tmp_path):
    pick(page.states, "Undecided")
    page.grid.go_to(0)
    again = [
        record(tmp_path, 1, (1,), REJECTED), record(tmp_path, 2, (2,), ACCEPTED),
        record(tmp_path, 3, (1, 2)), record(tmp_path, 4, (2,), REJECTED),
    ]  # fmt: skip
    page.show_samples(again, {1: "scratch", 2: "hole"})
    assert shown(page) == [3]
    assert [one.id for one in page.grid.chosen()] == [3]


def test_no_sample_is_skipped_where_a_judged_one_leaves_the_filter(page, qtbot, tmp_path):
    pick(page.states, "Undecided")
    page.show_samples([record(tmp_path, n, (1,)) for n in range(1, 5)], {1: "scratch"})
    page.grid.go_to(0)
    qtbot.keyClick(page.grid, Qt.Key.Key_Y)
    said = {1: ACCEPTED}
    again = [record(tmp_path, n, (1,), said.get(n, UNDECIDED)) for n in range(1, 5)]
    page.show_samples(again, {1: "scratch"})
    assert shown(page) == [2, 3, 4]
    assert [one.id for one in page.grid.chosen()] == [2]


def test_pictures_come_lazily_and_outlines_can_be_hidden(page, qtbot):
    def coloured():
        """Strongly coloured pixels in the large picture: the pictures are grey."""
        image = page.large.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        shape = (image.height(), image.width(), 4)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(shape)
        return int((np.ptp(pixels[..., :3].astype(int), axis=2) > 60).sum())

    page.grid.go_to(0)
    qtbot.waitUntil(lambda: coloured() > 50, timeout=5000)
    qtbot.keyClick(page.grid, Qt.Key.Key_L)
    assert not page.labels.isChecked() and coloured() == 0
    qtbot.keyClick(page.grid, Qt.Key.Key_L)
    assert page.labels.isChecked()
    qtbot.keyClick(page.grid, Qt.Key.Key_Z)
    assert not page.near.isChecked() and not page.large.near
    page.size.setValue(12)
    assert page.grid.look.side == 12 * page.fontMetrics().height()


def add_samples(project, folder, count=3):
    background = project.images()[0]
    for number in range(count):
        image, label = np.full((96, 128, 3), 90 + number, np.uint8), np.zeros((96, 128), np.uint8)
        label[30:40, 40:60] = 1 + number % 2
        here = folder / f"made-{number}"
        for name, plane in (("image", image), ("label", label), ("painted", label)):
            write_png(here / f"{name}.png", plane)
        weights = project.generator("first").sha256
        defect = Defect(1 + number % 2, number, EncodedMask(1, 1, (0, 1)), 0, 0, weights)
        hashes = (pixel_sha256(image), pixel_sha256(label), pixel_sha256(label))
        manifest = SampleManifest(Recipe(background.sha256, (defect,)), *hashes)
        write_json(here / "recipe.json", manifest)
        project.accept_samples(project.items()[0].id, [NewSample.in_folder(here)])


def test_in_the_window_it_is_stored_and_undone(opened, qtbot, tmp_path):
    project, page = opened.session.project, opened.review
    add_samples(project, tmp_path)
    qtbot.waitUntil(lambda: page.model.rowCount() == 3, timeout=5000)
    opened.actions_["samples.review"].trigger()
    assert opened.pages.currentWidget() is page and page.grid.hasFocus()
    qtbot.waitUntil(lambda: page.generators.findText("first") > 0, timeout=5000)

    def reviews():
        return [one.review for one in project.samples()]

    page.grid.go_to(0)
    # Enter accepts a preview elsewhere in the window; here it is the grid's own.
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    qtbot.keyClick(page.grid, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: reviews() == [ACCEPTED, REJECTED, UNDECIDED], timeout=5000)
    qtbot.waitUntil(lambda: page.counts.text().endswith("1 rejected"), timeout=5000)
    assert len(project.samples()) == 3
    opened.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: reviews() == [ACCEPTED, UNDECIDED, UNDECIDED], timeout=5000)
    opened.actions_["edit.redo"].trigger()
    qtbot.waitUntil(lambda: reviews() == [ACCEPTED, REJECTED, UNDECIDED], timeout=5000)
    page.grid.go_to(0)
    qtbot.keyClick(page.grid, Qt.Key.Key_Y)  # said already: nothing to undo
    assert "Reject" in opened.session.studio.history.undo_text
    opened.close_project()
    assert page.model.rowCount() == 0 and page.generators.count() == 1


def test_a_failed_write_is_said(opened, qtbot, tmp_path):
    project, page = opened.session.project, opened.review
    add_samples(project, tmp_path, 1)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1, timeout=5000)
    project.remove_sample(1)
    page.grid.go_to(0)
    page.buttons[REJECTED].click()
    qtbot.waitUntil(
        lambda: "no sample with the number 1" in opened.messages.text.text(), timeout=5000
    )
