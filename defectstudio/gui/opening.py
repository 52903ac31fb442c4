"""Opening a project in the window and closing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from defectstudio.app.projects import looked_at, recent_projects, remember
from defectstudio.app.window_lock import WindowLock
from defectstudio.domain.errors import ProjectError
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.style.panel import StylePanel
from defectstudio.gui.session import Panels, Session, open_session
from defectstudio.project.project import Project

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow


class Opening(QObject):
    """Fills the window's parts with a project and empties them; one project at a time."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._lock: WindowLock | None = None
        window.pages.currentChanged.connect(self._show_page)

    def open(self, project: Project) -> None:
        """Show a project in place of the one that is open."""
        lock = self._locked(project)
        if lock is None or not self.close():
            project.close()
            if lock is not None:
                lock.release()
            return
        self._lock = lock
        window = self._window
        session = window.session = open_session(project)
        window.customs.apply_to(session)
        session.failed.connect(window.messages.show_error)
        session.noted.connect(window.messages.show_note)
        session.ended.connect(self._show_result)
        session.bridge.relay(session.studio.history.changed, self._show_history)
        session.bridge.relay(session.studio.chosen, self._show_style_lock)
        window.actions_["tool.brush"].setChecked(True)
        window.looking.use(session)
        window.zoning.use(session)
        session.fill(self._panels(session), window.make_previews(project))
        window.compare.follow(session.previews, session.studio)
        window.recovery.watch(session)
        window.commands.session = session
        window.judging.use(session)
        window.transferring.use(session, lambda: window.make_previews(project))
        note = remember(project)
        if note:
            window.messages.show_note(note)
        self.show_project(project)
        window.painting.canvas.setFocus()

    def close(self) -> bool:
        """Close the project that is open. False when a person wants it to stay."""
        window = self._window
        session = window.session
        if session is None:
            return True
        count = session.jobs.count
        go_on = window.commands.may_leave_jobs(count) if count else True
        if go_on is None:
            return False
        if not session.studio.live:
            session.studio.end_stroke()  # What is under the hand is painted, a proposal is not.
        window.painting.canvas.cancel()
        error = session.documents.finish()
        if error is not None and not window.commands.may_lose(error):
            return False
        if not go_on:
            session.jobs.pause_all()
        remember(session.project)
        window.session = window.commands.session = None
        window.judging.let_go()
        window.transferring.let_go()
        session.close()
        self.unlock()
        self._empty()
        session.deleteLater()
        self.show_project(None)
        return True

    def unlock(self) -> None:
        """Let other windows open the project."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def show_project(self, project: Project | None) -> None:
        """Show the pages of a project, or the first page without one."""
        window, is_open = self._window, project is not None
        window.actions_.set_project_open(is_open)
        if is_open:
            self._show_history()
        window.centre.setCurrentIndex(1 if is_open else 0)
        window.docks[0].setVisible(is_open)
        self.show_jobs()
        self._show_page()
        window.bar.setVisible(is_open)
        window.statusBar().setVisible(is_open)
        name = "DefectStudio"
        window.setWindowTitle(f"{project.root.name} – {name}" if project else name)
        if not is_open:
            self.fill_welcome(None)

    def show_jobs(self) -> None:
        """Show the list of jobs, or leave its room to the page, as a person wants it."""
        window = self._window
        wanted = window.actions_["view.jobs"].isChecked()
        window.docks[2].setVisible(wanted and window.session is not None)

    def fill_welcome(self, project: Project | None) -> None:
        """Fill the first page; the steps are those of the open project or of the last one."""
        note = remember(project) if project is not None else ""
        recent, trouble = recent_projects()
        self._window.welcome.show_recent(recent, is_open=project is not None)
        for text in filter(None, (note, trouble)):
            self._window.messages.show_note(text)

    def look_at_last(self) -> None:
        """Tick the steps taken in the project that was open last: a command may have taken more
        since, or a window that was killed."""
        window = self._window
        for last in recent_projects()[0][:1]:
            window.files.run_while(
                lambda: window.session is None,
                lambda last=last: looked_at(last),
                window.welcome.show_steps,
                lambda _: None,  # who opens it is told
            )

    def _panels(self, session: Session) -> Panels:
        window = self._window
        style = StylePanel(session.studio, window.actions_)
        style.reference.matched.connect(window.commands.match_reference)
        style.reference.trained.connect(window.commands.ask_transfer)
        window.side.addWidget(style)
        window.side.setCurrentWidget(style)
        return Panels(
            window.images, window.painting, style, window.samples, window.batch, window.review,
            window.jobs, window.status,
        )  # fmt: skip

    def _empty(self) -> None:
        window = self._window
        window.messages.forget_news()
        window.pages.setCurrentWidget(window.painting)
        window.images.unfilter()
        window.status.show_saved("")
        window.recovery.let_go()
        window.painting.let_go()
        window.compare.show_nothing()
        window.looking.let_go()
        window.zoning.let_go()
        window.jobs.let_go()
        window.images.show_images([], set(), {})
        window.samples.show_samples([], {})
        window.batch.let_go()
        window.review.let_go()
        window.status.show_device("")
        style = window.side.currentWidget()
        window.side.removeWidget(style)
        style.deleteLater()

    def _locked(self, project: Project) -> WindowLock | None:
        """The project's lock; None where it is open already, here or elsewhere."""
        window = self._window
        if window.session is not None and window.session.project.root == project.root:
            window.messages.show_note(window.tr("This project is open already."))
            return None
        try:
            return WindowLock(project.root)
        except ProjectError as error:
            window.messages.show_error(error)
            return None

    def _show_result(self, text: str, verb: str, action_id: str) -> None:
        window = self._window
        window.messages.show_result(text, verb, window.actions_[action_id].trigger)

    def _show_history(self) -> None:
        window = self._window
        if window.session is not None:
            history = window.session.studio.history
            window.actions_.show_step("edit.undo", history.undo_text)
            window.actions_.show_step("edit.redo", history.redo_text)

    def _show_style_lock(self) -> None:
        if self._window.session is not None:
            studio = self._window.session.studio
            locked = studio.styles.locked(studio.class_id)
            action = self._window.actions_["style.lock"]
            action.setChecked(locked)
            action.setIcon(icon("lock" if locked else "unlock"))

    def _show_page(self) -> None:
        """What a defect looks like is chosen while one is painted or compared; a letter that is
        typed elsewhere chooses no tool."""
        window = self._window
        page = window.pages.currentWidget()
        shapes = page in (window.painting, window.compare)
        window.actions_.listen_to_bare_keys(shapes)
        window.docks[1].setVisible(window.session is not None and shapes)
