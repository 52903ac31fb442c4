"""The guide, the system check, the log, the first page's steps, and what is dropped."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel

from defectstudio.app import logbook
from defectstudio.app.doctor import Check
from defectstudio.app.guide import pages
from defectstudio.domain.errors import InternalError
from defectstudio.gui.dialogs.about import AboutDialog, LogDialog, SystemCheck
from defectstudio.gui.dialogs.guide import GuideWindow
from defectstudio.gui.dialogs.import_images import ImportDialog


def _dialog(kind):
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, kind))


# --- guide


def test_f1_opens_one_guide_at_the_page_about_what_is_shown(opened, person, qtbot):
    person.key(Qt.Key.Key_F1)
    qtbot.waitUntil(lambda: opened.help.guide is not None)
    guide = opened.help.guide
    assert guide.isVisible() and "The window in five minutes" in guide.view.toPlainText()
    names = {page.name for page in pages()}
    for number in range(opened.pages.count()):
        opened.pages.setCurrentIndex(number)
        opened.actions_["help.guide"].trigger()
        assert opened.help.guide is guide and guide.view.source().fileName()[:-3] in names
    assert guide.view.source().fileName() == "judging.md"
    opened.show_welcome()
    opened.actions_["help.guide"].trigger()
    assert guide.view.source().fileName() == "own-pictures.md"
    guide.close()


def test_links_and_back_and_the_contents_follow(qtbot):
    guide = GuideWindow()
    qtbot.addWidget(guide)
    guide.show()
    guide.show_page("generators")
    guide.view.setSource(guide.view.source().resolved(QUrl("transfer.md")))
    assert "One reference" in guide.view.toPlainText()
    open_ones = [
        guide.contents.topLevelItem(n).text(0)
        for n in range(guide.contents.topLevelItemCount())
        if guide.contents.topLevelItem(n).isExpanded()
    ]
    assert open_ones == ["One reference, many normals"]
    guide.view.backward()
    assert guide.view.source().fileName() == "generators.md"


def test_every_page_is_shown_with_its_pictures_inside_the_view(qtbot):
    guide = GuideWindow()
    qtbot.addWidget(guide)
    guide.resize(700, 500)
    guide.show()
    for page in pages():
        guide.show_page(page.name)
        assert guide.view.toPlainText().startswith(page.title)
    guide.show_page("blending")
    kind = QTextDocument.ResourceType.ImageResource.value
    picture = guide.view.loadResource(kind, QUrl("blending.png"))
    assert 0 < picture.width() <= guide.view.viewport().width() * guide.devicePixelRatioF()


def test_the_search_leads_to_the_line(qtbot):
    guide = GuideWindow()
    qtbot.addWidget(guide)
    guide.show()
    guide.search.setText("truncation")
    assert guide.hits.isVisible() and not guide.contents.isVisible()
    guide.hits.setCurrentRow(0)
    assert guide.view.source().fileName() == "styles.md"
    guide.search.setText("no such words")
    assert guide.hits.item(0).text() == "Nothing found"
    guide.search.clear()
    assert guide.contents.isVisible()


# --- about, system check, log


def test_about_names_the_version(window):
    window.actions_["about.program"].trigger()
    assert "Apache" in _dialog(AboutDialog).text.text()


def test_the_system_check_shows_what_is_missing_and_copies_it(window, qtbot):
    checks = [Check("torch", "ok", "2.4"), Check("CUDA", "missing", "no device", "Install it.")]
    dialog = SystemCheck(window.files, window, look=lambda: checks)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.busy.isVisible() and not dialog.copy.isEnabled()
    qtbot.waitUntil(dialog.copy.isEnabled)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert "Missing: CUDA" in texts and "no device\nInstall it." in texts
    dialog.copy.click()
    assert "missing  CUDA: no device" in QApplication.clipboard().text()


def test_a_system_check_closed_early_is_no_fault(window, qtbot):
    dialog = SystemCheck(window.files, window, look=lambda: [Check("torch", "ok", "2.4")])
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.reject()
    window.files.finish(lambda: None)
    qtbot.wait(1)
    assert dialog.busy.maximum() == 0 and not dialog.copy.isEnabled()


def test_errors_of_the_bar_are_in_the_log(window):
    handler = logbook.start()
    window.messages.show_error(InternalError("a wheel came off"))
    logbook.stop(handler)
    window.actions_["about.log"].trigger()
    dialog = _dialog(LogDialog)
    assert "a wheel came off" in dialog.text.toPlainText()
    dialog.copy.click()
    assert "a wheel came off" in QApplication.clipboard().text()


# --- first steps


def test_the_first_page_ticks_what_was_done(opened, person, qtbot):
    opened.actions_["help.welcome"].trigger()
    welcome = opened.welcome
    assert welcome.isVisible() and welcome.back.isVisible()
    assert welcome.signs["open"].accessibleName() == "done"
    assert welcome.signs["train"].accessibleName() == "done"
    assert welcome.signs["make"].accessibleName() == "to do"
    welcome.back.click()
    assert opened.painting.isVisible()
    person.paint((40, 30), (44, 60))
    person.shown()
    person.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(opened.session.project.samples()) == 1)
    opened.close_project()
    assert welcome.isVisible() and not welcome.back.isVisible()
    assert welcome.signs["make"].accessibleName() == "done"
    assert welcome.signs["export"].accessibleName() == "to do"


# --- what is dropped


def _drop(widget, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = (
        Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    enter = QDragEnterEvent(QPoint(20, 20), copy, mime, left, none)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(widget, QDropEvent(QPointF(20, 20), copy, mime, left, none))
    return True


def test_a_dropped_project_is_opened(window, qtbot, project_root):
    assert _drop(window, project_root)
    qtbot.waitUntil(lambda: window.session is not None, timeout=20000)
    assert window.session.project.root == project_root


def test_a_dropped_folder_of_images_is_offered_for_import(opened, qtbot, tmp_path):
    folder = tmp_path / "new images"
    folder.mkdir()
    assert _drop(opened.painting.canvas.viewport(), folder)
    assert _dialog(ImportDialog).source.path == folder


def test_what_means_nothing_now_is_refused(window, tmp_path):
    assert not _drop(window, tmp_path / "text.txt")
    assert not _drop(window, tmp_path), "images need an open project"
