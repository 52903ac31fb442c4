"""The Evaluate tab alone."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from defectstudio.app.judged import ALL_CLASSES, open_judged, read_evaluation
from defectstudio.app.outcomes import ALARM, HIT, MISS
from defectstudio.domain.files import sha256_bytes, write_json
from defectstudio.domain.segmenters import SegmenterCard, SegmenterConfig
from defectstudio.gui.panels.evaluate import EvaluatePage
from defectstudio.gui.panels.outcome_item import COLOURS, Shown, patterned
from defectstudio.gui.panels.viewer import Viewer
from defectstudio.project.project import Project
from tests.unit.app.judged_files import leave_judgement


def add_segmenter(project, folder, name="eye"):
    folder.mkdir()
    (folder / "segmenter.safetensors").write_bytes(b"no weights")
    classes = {one.id: one.name for one in project.classes(1)}
    card = SegmenterCard(
        SegmenterConfig(), 3, classes, "none", 0.5, 5, 2, (), sha256_bytes(b"no weights"), {}
    )
    write_json(folder / "segmenter.json", card)
    return project.add_segmenter(1, name, "unet", folder)


@pytest.fixture
def judged_root(project_root, tmp_path):
    """The project with a segmenter that has been judged."""
    with Project.open(project_root) as project:
        add_segmenter(project, tmp_path / "eye")
        leave_judgement(project)
    return project_root


@pytest.fixture
def page(qtbot):
    made = EvaluatePage()
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    yield made
    made.figures.end()


@pytest.fixture
def filled(page, judged_root):
    """The page alone, a judgement shown, its worst picture open."""
    with Project.open(judged_root) as project:
        page.show_segmenters(project.segmenters())
        found = read_evaluation(project.jobs()[-1])
        page.show_evaluation(found, {i.sha256: i.name for i in project.images()})
        page.show_picture(open_judged(project, found, found.worst_first[0]))
    return page


def pixels(view):
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    drawn = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return drawn[..., 2::-1].copy()


def test_the_page_is_worst_first_and_names_real_and_synthetic_counts(filled):
    model = filled.images.model()
    rows = [[model.index(row, n).data() for n in range(5)] for row in range(model.rowCount())]
    assert rows[0] == ["plate 3", "hole", "0.664", "100", "1"]
    assert [row[:3] for row in rows[1:]] == [[f"plate {n}", "good", "–"] for n in range(3)]
    told = filled.figures.caption.text()
    assert "4 real images, 1 with defects; learned from 5 real, 2 synthetic" in told
    assert "0.600" in filled.summary.text() and "too good" in filled.summary.text()


def test_the_slider_moves_overlay_counts_table_and_mark(filled, qtbot):
    pane, figures = filled.pane, filled.figures
    assert pane.value.text() == "0.5000" and not pane.kept.isEnabled()
    assert pane.legend[MISS].text() == "missed\n100 px"
    before = pixels(pane.viewer)
    pane.threshold.setValue(2)
    assert pane.legend[MISS].text() == "missed\n200 px"
    assert pane.legend[HIT].text() == "found\n0 px"
    assert (pixels(pane.viewer) != before).any()
    row = figures.table.topLevelItem(0)
    assert [row.text(column) for column in (0, 3, 4)] == [ALL_CLASSES, "–", "0.000"]
    assert figures.plot.now.getData()[1].tolist() == [0.0]
    assert figures.plot.kept.getData()[1].tolist() == [0.5]
    pane.kept.click()
    np.testing.assert_array_equal(pixels(pane.viewer), before)
    assert row.child(0).text(0) == "≥ 64 px" and row.child(0).text(4) == "0.500"


def test_every_curve_is_drawn_or_said_to_be_none(filled):
    figures = filled.figures
    for number in range(figures.curve.count()):
        figures.curve.setCurrentIndex(number)
        x, y = figures.plot.line.getData()
        assert len(x) == len(y) == 3
    figures.of.setCurrentText("scratch")
    assert figures._plots.currentWidget() is not figures.plot
    filled.dress(filled.palette().color(filled.backgroundRole()))


def test_the_overlay_marks_the_right_pixels_at_any_zoom(filled):
    viewer = filled.pane.viewer
    for zoom in (0.5, 1.0, 2.7, 8.0):
        viewer.set_zoom(zoom)
        viewer.centerOn(QPointF(50, 25))
        filled.pane.shown.setCurrentIndex(2)
        bare = pixels(viewer).astype(int)
        filled.pane.shown.setCurrentIndex(0)
        laid = pixels(viewer).astype(int)
        for (row, column), code in {(25, 43): HIT, (25, 56): MISS}.items():
            place = viewer.viewportTransform().map(QPointF(column, row)).toPoint()
            change = laid[place.y(), place.x()] - bare[place.y(), place.x()]
            wanted = np.array(COLOURS[code]) - bare[place.y(), place.x()]
            assert (
                np.sign(change[np.abs(wanted) > 30]).tolist()
                == np.sign(wanted[np.abs(wanted) > 30]).tolist()
            )
        outside = viewer.viewportTransform().map(QPointF(64, 50)).toPoint()
        assert (laid[outside.y(), outside.x()] == bare[outside.y(), outside.x()]).all()


def test_kinds_are_told_apart_without_colour():
    rows = columns = np.arange(16)
    grey = {}
    for code in (HIT, ALARM, MISS):
        drawn = patterned(np.full((16, 16), code, np.uint8), rows, columns, 1.0)
        grey[code] = (drawn >> 24).astype(int)
    assert np.ptp(grey[HIT]) == 0
    assert np.ptp(grey[ALARM]) > 100 and np.ptp(grey[MISS]) > 100
    assert (grey[ALARM] != grey[MISS]).mean() > 0.3
    assert (patterned(np.zeros((4, 4), np.uint8), rows[:4], columns[:4], 1.0) == 0).all()


def test_heat_shows_probabilities(filled):
    filled.pane.shown.setCurrentIndex(2)
    bare = pixels(filled.pane.viewer)
    filled.pane.shown.setCurrentIndex(filled.pane.shown.findData(Shown.HEAT))
    assert (pixels(filled.pane.viewer) != bare).any()


def test_a_drag_moves_the_image(filled, qtbot):
    viewer = filled.pane.viewer
    viewer.set_zoom(8)
    port, before = viewer.viewport(), viewer.viewportTransform().dx()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(port, QPoint(140, 100))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(140, 100))
    assert viewer.viewportTransform().dx() == before + 40
    qtbot.mouseMove(port, QPoint(90, 100))
    assert viewer.viewportTransform().dx() == before + 40


def test_a_viewer_without_an_image_draws_none(qtbot):
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.resize(200, 100)
    viewer.show()
    assert len(np.unique(pixels(viewer).reshape(-1, 3), axis=0)) == 1


def test_without_a_segmenter_the_page_says_what_to_do(page, qtbot):
    assert "Train one" in page.empty.text() and not page.go.isEnabled()
    with qtbot.waitSignal(page.train):
        page.more.click()
