"""What the bar tells: it moves nothing, and what matters stays until it is closed."""

import numpy as np
import pytest
from PySide6.QtGui import QDesktopServices

from defectstudio.domain.errors import ProjectError
from defectstudio.gui.dialogs.export import ExportChoice
from defectstudio.gui.dialogs.import_images import ImportChoice
from defectstudio.imaging.reading import write_png


def test_nothing_moves_for_a_message(opened, qtbot):
    bar, canvas = opened.messages, opened.painting.canvas
    before = opened.pages.geometry(), canvas.zoom, canvas.viewport().size()
    bar.show_error(ProjectError("the disk is full", remedy="Make room."))
    qtbot.waitUntil(lambda: opened.notices.height() >= bar.sizeHint().height())
    assert (opened.pages.geometry(), canvas.zoom, canvas.viewport().size()) == before
    here = opened.bar.geometry()
    assert opened.notices.geometry().right() <= opened.width()
    assert opened.notices.y() == here.y()
    last = opened.bar.widgetForAction(opened.bar.actions()[-1]).geometry().right()
    assert opened.notices.x() > here.x() + last, "buttons stay in reach"
    bar.close_button.click()
    qtbot.waitUntil(lambda: opened.notices.height() == 0)


def test_a_message_is_seen_without_a_project(window, qtbot):
    window.messages.show_note("hello")
    qtbot.waitUntil(lambda: window.notices.height() > 0)
    assert window.notices.y() >= window.menuBar().geometry().bottom()
    assert window.centre.geometry().contains(window.notices.geometry().center())


def test_the_result_of_an_export_stays_and_opens_its_folder(opened, qtbot, tmp_path, monkeypatch):
    opened_urls = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened_urls.append)
    out, bar = tmp_path / "out", opened.messages
    opened.commands._export(opened.session, ExportChoice(out, "coco", None, True, True))
    qtbot.waitUntil(lambda: "4 images exported" in bar.text.text())
    bar.show_note("Something else.")
    assert bar.text.text() == "Something else." and not bar.offer.isVisible()
    bar._timer.timeout.emit()
    assert "4 images exported" in bar.text.text() and bar.offer.text() == "Open folder"
    assert not bar._timer.isActive(), "it stays"
    bar.offer.click()
    assert [url.toLocalFile() for url in opened_urls] == [str(out)] and not bar.isVisible()


def test_a_result_is_not_told_in_another_project(opened):
    opened.messages.show_result("Done.", "Show them", lambda: None)
    opened.close_project()
    assert not opened.messages.isVisible()


@pytest.fixture
def photographs(tmp_path):
    """A folder of a good picture and two defects without masks."""
    rng = np.random.default_rng(4)
    for name in ("ok/1.png", "cut/2.png", "cut/3.png"):
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_png(file, rng.integers(90, 160, (48, 64, 3)).astype(np.uint8))
    return tmp_path / "photos"


def test_an_import_leads_to_what_is_to_be_painted(opened, qtbot, photographs):
    opened.show_page(opened.review)
    choice = ImportChoice(photographs, "auto", opened.session.item.name, None)
    opened.commands._import(opened.session, choice)
    qtbot.waitUntil(lambda: "2 images are to be painted" in opened.messages.text.text())
    qtbot.waitUntil(lambda: opened.images.place[1] == 7)
    assert "Paint on this image" in opened.samples._title.text()
    opened.messages.offer.click()
    assert opened.images.place == (1, 2) and opened.pages.currentWidget() is opened.painting
    document = lambda: opened.session.studio.document  # noqa: E731
    qtbot.waitUntil(lambda: document().record.is_unpainted)
    assert "Brush over the defect" in opened.samples._title.text()


def test_another_project_begins_anew(opened, qtbot, project_root):
    opened.show_page(opened.review)
    opened.images.roles.setCurrentIndex(2)
    opened.images.search.setText("plate")
    opened.status.show_saved("Saved 12:00")
    opened.close_project()
    opened.open_path(project_root)
    qtbot.waitUntil(lambda: opened.session is not None and opened.images.place[1] == 4)
    assert opened.pages.currentWidget() is opened.painting
    assert opened.status._saved.text() == "" and opened.images.search.text() == ""
    qtbot.waitUntil(lambda: opened.session.studio.document is not None)


def test_the_last_painted_image_leads_to_training(opened, qtbot, photographs, person):
    choice = ImportChoice(photographs, "auto", opened.session.item.name, None)
    opened.commands._import(opened.session, choice)
    bar, images = opened.messages, opened.images
    qtbot.waitUntil(lambda: bar.offer.text() == "Show them")
    qtbot.waitUntil(lambda: images.place[1] == 7)
    bar.offer.click()
    project = opened.session.project
    first, last = [image for image in project.images() if image.is_unpainted]
    for image in (first, last):
        images.roles.setCurrentIndex(3)
        opened.session.documents.open(image.id)
        qtbot.waitUntil(lambda image=image: opened.session.studio.document.record.id == image.id)
        person.paint((20, 20), (24, 30))
        assert "Brush over" not in opened.samples._title.text()
        opened.session.documents.save()
        left = 1 if image is first else 7
        qtbot.waitUntil(lambda left=left: images.place[1] == left)
    assert images.roles.currentData() == "all"
    assert "are painted" in bar.text.text() and bar.offer.text() == "Train…"
    images.roles.setCurrentIndex(3)
    assert images._none.isVisible() and "left to be painted" in images._none.text()
    images.search.setText("nothing")
    images.roles.setCurrentIndex(1)
    assert "of this kind and name" in images._none.text()


def test_samples_wait_for_a_generator(opened):
    opened.samples.allow_making(False)
    assert "train one" in opened.samples._title.text()
    opened.samples.allow_making(True)
    assert "Paint on this image" in opened.samples._title.text()
