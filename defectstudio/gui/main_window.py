"""The main window puts the parts together; what they do is said where they are."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtGui import QCloseEvent, QColor
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.actions import TOOL_BAR
from defectstudio.app.preview import Previewer
from defectstudio.app.projects import recent_projects, remember
from defectstudio.app.settings import settings_path
from defectstudio.app.window_lock import WindowLock
from defectstudio.domain.errors import ProjectError
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.collector import Collector
from defectstudio.gui.commands import Commands, Places
from defectstudio.gui.compare.page import ComparePage
from defectstudio.gui.curating import Curating
from defectstudio.gui.dropping import Dropping
from defectstudio.gui.help import Help
from defectstudio.gui.icons import icon
from defectstudio.gui.judging import Judging
from defectstudio.gui.looking import Looking
from defectstudio.gui.pages import Pages
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.gui.panels.evaluate import EvaluatePage
from defectstudio.gui.panels.images import ImagesPanel
from defectstudio.gui.panels.jobs import JobsPanel
from defectstudio.gui.panels.messages import MessageBar
from defectstudio.gui.panels.painting import PaintingPage
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.gui.panels.samples import SamplesPanel
from defectstudio.gui.panels.status import StatusLine
from defectstudio.gui.panels.style.panel import StylePanel
from defectstudio.gui.panels.thumbnails import Thumbnails
from defectstudio.gui.panels.transfer import TransferPage
from defectstudio.gui.panels.welcome import WelcomePage
from defectstudio.gui.preferences import Customs
from defectstudio.gui.previews import Previewing
from defectstudio.gui.recovery import Recovery
from defectstudio.gui.session import Panels, Session, open_session
from defectstudio.gui.theme import Theme
from defectstudio.gui.transferring import Transferring
from defectstudio.gui.wiring import connect
from defectstudio.gui.zoning import Zoning
from defectstudio.project.project import Project


class MainWindow(QMainWindow):
    """One window, one project. `make_previews` gives a project its maker of previews."""

    def __init__(
        self,
        theme: Theme,
        *,
        places: Places | None = None,
        make_previews: Callable[[Project], Previewing] = Previewer,
    ) -> None:
        super().__init__()
        self.setObjectName("main")
        self.theme, self._make_previews = theme, make_previews
        self._collector = Collector(self)
        self._bridge = Bridge(self)
        self._files = Background("projects", self._bridge)
        self._thumbnails = Thumbnails(self._bridge, self)
        self.session: Session | None = None
        self._lock: WindowLock | None = None
        self.actions_ = ActionBook(self)
        self.commands = Commands(self, self._files, places or Places.of_user())
        self.curating = Curating(self, lambda: self.session)
        self.messages = MessageBar()
        self.recovery = Recovery(self.messages)
        self.help = Help(self, self.commands, self._files)
        self.welcome = WelcomePage(self.actions_)
        self.images, self.jobs = ImagesPanel(self._thumbnails), JobsPanel()
        self.samples = SamplesPanel(self._thumbnails)
        self.batch, self.review = BatchPage(self._thumbnails), ReviewPage(self._thumbnails)
        self.painting = PaintingPage(self.actions_, self.samples)
        self.compare = ComparePage(self._bridge)
        self.evaluating = EvaluatePage()
        self.judging = Judging(self, self.evaluating, self._bridge)
        self.transfer = TransferPage()
        self.transferring = Transferring(self.transfer, self._bridge, self)
        self.status = StatusLine(self.statusBar())
        self.pages = Pages()
        self.side = QStackedWidget()
        self._assemble()
        self.customs = Customs(self)
        self.looking, self.zoning = Looking(self), Zoning(self)
        connect(self)
        self.theme.changed.connect(self._dress)
        Dropping(self, self.commands, self.painting.canvas.viewport())
        self._dress()
        self._show_project(None)

    # --- projects

    def open_project(self, project: Project) -> None:
        """Show a project in place of the one that is open."""
        lock = self._locked(project)
        if lock is None or not self.close_project():
            project.close()
            if lock is not None:
                lock.release()
            return
        self._lock = lock
        session = self.session = open_session(project)
        self.customs.apply_to(session)
        style = StylePanel(session.studio, self.actions_)
        style.reference.matched.connect(self.commands.match_reference)
        style.reference.trained.connect(self.commands.ask_transfer)
        self.side.addWidget(style)
        self.side.setCurrentWidget(style)
        session.failed.connect(self.messages.show_error)
        session.noted.connect(self.messages.show_note)
        session.bridge.relay(session.studio.history.changed, self._show_history)
        session.bridge.relay(session.studio.chosen, self._show_lock)
        self.actions_["tool.brush"].setChecked(True)
        panels = Panels(
            self.images, self.painting, style, self.samples, self.batch, self.review, self.jobs,
            self.status,
        )  # fmt: skip
        self.looking.use(session)
        self.zoning.use(session)
        session.fill(panels, self._make_previews(project))
        self.compare.follow(session.previews, session.studio)
        self.recovery.watch(session)
        self.commands.session = session
        self.judging.use(session)
        self.transferring.use(session, lambda: self._make_previews(project))
        note = remember(project)
        if note:
            self.messages.show_note(note)
        self._show_project(project)
        self.painting.canvas.setFocus()

    def close_project(self) -> bool:
        """Close the project that is open. False when a person wants it to stay."""
        session = self.session
        if session is None:
            return True
        if session.jobs.count and not self.commands.may_stop_jobs(session.jobs.count):
            return False
        self.painting.canvas.cancel()
        error = session.documents.finish()
        if error is not None and not self.commands.may_lose(error):
            return False
        remember(session.project)
        self.session = self.commands.session = None
        self.judging.let_go()
        self.transferring.let_go()
        session.close()
        self._unlock()
        self.recovery.let_go()
        self.painting.let_go()
        self.compare.show_nothing()
        self.looking.let_go()
        self.zoning.let_go()
        self.jobs.let_go()
        self.images.show_images([], set(), {})
        self.samples.show_samples([], {})
        self.batch.let_go()
        self.review.let_go()
        self.status.show_device("")
        style = self.side.currentWidget()
        self.side.removeWidget(style)
        style.deleteLater()
        session.deleteLater()
        self._show_project(None)
        return True

    def show_welcome(self) -> None:
        """Look at the first page while a project is open."""
        if self.session is not None:
            self._welcome(self.session.project)
            self._stack.setCurrentWidget(self.welcome)

    def show_pages(self) -> None:
        """Go back to the open project."""
        if self.session is not None:
            self._stack.setCurrentWidget(self.pages)

    def _welcome(self, project: Project | None) -> None:
        """Fill the first page; the steps are those of the open project or of the last one."""
        note = remember(project) if project is not None else ""
        recent, trouble = recent_projects()
        self.welcome.show_recent(recent, is_open=project is not None)
        for text in filter(None, (note, trouble)):
            self.messages.show_note(text)

    # --- window

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.close_project():
            event.ignore()
            return
        store = _layout_store()
        store.setValue("geometry", self.saveGeometry())
        store.setValue("state", self.saveState())
        self.end_threads()
        event.accept()

    def end_threads(self) -> None:
        """Join all threads; also when the application quits without closing the window."""
        session, self.session = self.session, None
        if session is not None:
            session.close()
        self._unlock()
        self.judging.end()
        self.customs.release()
        self.transferring.end()
        self._files.close(drop=True)
        self._thumbnails.close()
        self.compare.close_threads()
        self._bridge.close()
        self.jobs.end()
        self._collector.end()

    def _locked(self, project: Project) -> WindowLock | None:
        """The project's lock; None where it is open already, here or elsewhere."""
        if self.session is not None and self.session.project.root == project.root:
            self.messages.show_note(self.tr("This project is open already."))
            return None
        try:
            return WindowLock(project.root)
        except ProjectError as error:
            self.messages.show_error(error)
            return None

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def show_page(self, page: QWidget) -> None:
        """Show a page of the centre, ready for its keys."""
        self.pages.setCurrentWidget(page)
        (page.focusProxy() or page).setFocus()

    def prepare(self) -> None:
        """Import, off this thread, what the first stroke needs; the first paint did not wait."""
        self._files.run(_import_dear, lambda _: None, self.messages.show_error)

    def reset_layout(self) -> None:
        """Put the docks where they were on the first day."""
        self.restoreState(self._first_state)

    def _assemble(self) -> None:
        self.setWindowIcon(icon("defectstudio"))
        self.actions_.fill(self.menuBar())
        self.actions_.keep_on(self.painting.canvas)
        bar = QToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        em = self.fontMetrics().height()
        bar.setIconSize(QSize(round(1.35 * em), round(1.35 * em)))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for number, group in enumerate(TOOL_BAR):
            if number:
                bar.addSeparator()
            for action_id in group:
                bar.addAction(self.actions_[action_id])
                bar.widgetForAction(self.actions_[action_id]).setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.addToolBar(bar)
        self._bar = bar
        self.pages.tabBar().setDrawBase(False)
        self.pages.addTab(self.painting, self.tr("Paint"))
        self.pages.addTab(self.compare, self.tr("Compare"))
        self.pages.addTab(self.batch, self.tr("Batch"))
        self.pages.addTab(self.review, self.tr("Review"))
        self.pages.addTab(self.transfer, self.tr("Transfer"))
        self.pages.addTab(self.evaluating, self.tr("Evaluate"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self.pages)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.recovery.bar)
        column.addWidget(self._stack, 1)
        self.setCentralWidget(centre)
        area = Qt.DockWidgetArea
        self._docks = [
            self._dock("images", self.tr("Images"), self.images, area.LeftDockWidgetArea),
            self._dock("style", self.tr("Defect"), self.side, area.RightDockWidgetArea),
            self._dock("jobs", self.tr("Jobs"), self.jobs, area.BottomDockWidgetArea),
        ]
        self.pages.currentChanged.connect(self._show_page)
        self.resize(96 * em, 58 * em)
        sides, across, down = self._docks[:2], Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks(sides, [17 * em, 17 * em], across)
        self.resizeDocks(self._docks[2:], [14 * em], down)
        self._first_state = self.saveState()
        self._restore()

    def _dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        self.addDockWidget(area, dock)
        return dock

    def _show_history(self) -> None:
        if self.session is None:
            return
        history = self.session.studio.history
        self.actions_.show_step("edit.undo", history.undo_text)
        self.actions_.show_step("edit.redo", history.redo_text)

    def _show_lock(self) -> None:
        if self.session is not None:
            studio = self.session.studio
            locked = studio.styles.locked(studio.class_id)
            action = self.actions_["style.lock"]
            action.setChecked(locked)
            action.setIcon(icon("lock" if locked else "unlock"))

    def _show_project(self, project: Project | None) -> None:
        is_open = project is not None
        self.actions_.set_project_open(is_open)
        if is_open:
            self._show_history()
        self._stack.setCurrentIndex(1 if is_open else 0)
        for dock in self._docks:
            dock.setVisible(is_open)
        self._show_page()
        self._bar.setVisible(is_open)
        self.statusBar().setVisible(is_open)
        name = "DefectStudio"
        self.setWindowTitle(f"{project.root.name} – {name}" if project else name)
        if not is_open:
            self._welcome(None)

    def _show_page(self) -> None:
        """What a defect looks like is chosen while one is painted or compared; a letter that is
        typed elsewhere chooses no tool."""
        page = self.pages.currentWidget()
        self.actions_.listen_to_bare_keys(page in (self.painting, self.compare))
        chosen = page not in (self.transfer, self.evaluating)
        self._docks[1].setVisible(self.session is not None and chosen)

    def _dress(self) -> None:
        ground = QColor(self.theme.tones.ground)
        self.painting.canvas.set_ground(ground)
        self.compare.set_ground(ground)
        self.jobs.dress()
        self.evaluating.dress(ground)

    def _restore(self) -> None:
        store = _layout_store()
        for key, restore in (("geometry", self.restoreGeometry), ("state", self.restoreState)):
            value = store.value(key)
            if isinstance(value, QByteArray):
                restore(value)


def _import_dear() -> None:
    import scipy.linalg
    import scipy.ndimage  # noqa: F401


def _layout_store() -> QSettings:
    """Where the docks were; beside the settings, so that one variable moves both."""
    return QSettings(str(settings_path().with_name("window.ini")), QSettings.Format.IniFormat)
