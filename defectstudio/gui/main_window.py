"""The main window: what its first paint shows, and the parts that are put behind it then.

The first paint waits for all that this module imports, so it imports little; `assembly` has the
rest.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QTimer
from PySide6.QtGui import QCloseEvent, QColor, QPaintEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QToolBar,
    QWidget,
)

from defectstudio.app.keymap import key_map
from defectstudio.app.settings import glance, settings_path
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.collector import Collector
from defectstudio.gui.completing import Completing
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.messages import MessageBar
from defectstudio.gui.panels.notices import Notices
from defectstudio.gui.panels.welcome import WelcomePage
from defectstudio.gui.theme import Theme

if TYPE_CHECKING:
    from defectstudio.gui.background import Background
    from defectstudio.gui.bridge import Bridge
    from defectstudio.gui.commands import Commands, Places
    from defectstudio.gui.compare.page import ComparePage
    from defectstudio.gui.curating import Curating
    from defectstudio.gui.help import Help
    from defectstudio.gui.judging import Judging
    from defectstudio.gui.keeping import Keeping
    from defectstudio.gui.looking import Looking
    from defectstudio.gui.modelling import Modelling
    from defectstudio.gui.opening import Opening
    from defectstudio.gui.pages import Pages
    from defectstudio.gui.panels.batch import BatchPage
    from defectstudio.gui.panels.evaluate import EvaluatePage
    from defectstudio.gui.panels.images import ImagesPanel
    from defectstudio.gui.panels.jobs import JobsPanel
    from defectstudio.gui.panels.painting import PaintingPage
    from defectstudio.gui.panels.review import ReviewPage
    from defectstudio.gui.panels.samples import SamplesPanel
    from defectstudio.gui.panels.status import StatusLine
    from defectstudio.gui.panels.thumbnails import Thumbnails
    from defectstudio.gui.panels.transfer import TransferPage
    from defectstudio.gui.preferences import Customs
    from defectstudio.gui.previews import Previewing
    from defectstudio.gui.recovery import Recovery
    from defectstudio.gui.session import Session
    from defectstudio.gui.transferring import Transferring
    from defectstudio.gui.zoning import Zoning
    from defectstudio.project.project import Project


class MainWindow(QMainWindow):
    """One window, one project. `make_previews` gives a project its maker of previews.

    Menus and the first page are there at once, the rest soon after the first paint; whatever a
    person does before that completes the window first.
    """

    bridge: Bridge
    files: Background
    thumbnails: Thumbnails
    commands: Commands
    curating: Curating
    modelling: Modelling
    keeping: Keeping
    recovery: Recovery
    help: Help
    images: ImagesPanel
    jobs: JobsPanel
    samples: SamplesPanel
    painting: PaintingPage
    batch: BatchPage
    review: ReviewPage
    compare: ComparePage
    evaluating: EvaluatePage
    judging: Judging
    transfer: TransferPage
    transferring: Transferring
    status: StatusLine
    bar: QToolBar
    pages: Pages
    side: QStackedWidget
    docks: list[QDockWidget]
    opening: Opening
    customs: Customs
    looking: Looking
    zoning: Zoning

    def __init__(
        self,
        theme: Theme,
        *,
        places: Places | None = None,
        make_previews: Callable[[Project], Previewing] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("main")
        self.theme, self.places = theme, places
        self._make_previews = make_previews
        self.session: Session | None = None
        self._collector = Collector(self)
        self.completing = Completing(self)
        self.completing.done.connect(self._collector.spare)
        self.actions_ = ActionBook(self, self.complete)
        self.messages, self.notices = MessageBar(), Notices(self)
        self.welcome = WelcomePage(self.actions_)
        self.centre = QStackedWidget()
        self._show_first_page()

    # --- the rest of it

    def complete(self) -> None:
        """Build now what is not there yet."""
        self.completing.finish()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self.completing.is_done:
            QTimer.singleShot(0, self.completing.begin)

    def restore_docks(self) -> None:
        """Put the docks where they were; where they are now is what `reset_layout` restores."""
        self._first_state = self.saveState()
        state = _layout_store().value("state")
        if isinstance(state, QByteArray):
            self.restoreState(state)

    def jobs_were_shown(self) -> bool:
        """Whether the list of jobs was wanted the last time."""
        return bool(_layout_store().value("jobs", True, bool))

    def dress(self) -> None:
        """Follow the look where no palette does."""
        ground = QColor(self.theme.tones.ground)
        self.painting.canvas.set_ground(ground)
        self.compare.set_ground(ground)
        self.jobs.dress()
        self.evaluating.dress(ground)

    def prepare(self) -> None:
        """Import, off this thread, what the first stroke needs; look at the last project."""
        self.files.run(_import_dear, lambda _: None, self.messages.show_error)
        self.opening.look_at_last()

    # --- projects

    def open_path(self, path: Path) -> None:
        """Open the project in a folder."""
        self.complete()
        self.commands.open_path(path)

    def open_project(self, project: Project) -> None:
        """Show a project in place of the one that is open."""
        self.complete()
        self.opening.open(project)

    def close_project(self) -> bool:
        """Close the project that is open. False when a person wants it to stay."""
        self.complete()
        return self.opening.close()

    def make_previews(self, project: Project) -> Previewing:
        """The maker of previews of a project."""
        from defectstudio.app.preview import Previewer

        return (self._make_previews or Previewer)(project)

    # --- pages

    def show_welcome(self) -> None:
        """Look at the first page while a project is open."""
        if self.session is not None:
            self.opening.fill_welcome(self.session.project)
            self.centre.setCurrentWidget(self.welcome)

    def show_pages(self) -> None:
        """Go back to the open project."""
        if self.session is not None:
            self.centre.setCurrentWidget(self.pages)

    def show_page(self, page: QWidget) -> None:
        """Show a page of the centre, ready for its keys."""
        self.pages.setCurrentWidget(page)
        (page.focusProxy() or page).setFocus()

    def reset_layout(self) -> None:
        """Put the docks where they were on the first day."""
        self.restoreState(self._first_state)
        self.actions_["view.jobs"].setChecked(True)

    # --- window

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.close_project():
            event.ignore()
            return
        store = _layout_store()
        store.setValue("geometry", self.saveGeometry())
        store.setValue("state", self.saveState())
        store.setValue("jobs", self.actions_["view.jobs"].isChecked())
        self.end_threads()
        event.accept()

    def end_threads(self) -> None:
        """Join all threads; also when the application quits without closing the window."""
        self.complete()
        session, self.session = self.session, None
        if session is not None:
            session.close()
        self.opening.unlock()
        self.judging.end()
        self.customs.release()
        self.transferring.end()
        self.keeping.end()
        self.files.close(drop=True)
        self.thumbnails.close()
        self.compare.close_threads()
        self.bridge.close()
        self.jobs.end()
        self._collector.end()

    def _show_first_page(self) -> None:
        settings = glance()
        self.setWindowIcon(icon("defectstudio"))
        self.setWindowTitle("DefectStudio")
        self.theme.choose(settings.preferences.theme)
        self.actions_.show_keys(key_map(settings))
        self.actions_.set_project_open(False)
        self.actions_.fill(self.menuBar())
        self.welcome.show_recent(settings.present)
        self.welcome.opened.connect(self.open_path)
        self.centre.addWidget(self.welcome)
        self.notices.add(self.messages)
        self.setCentralWidget(self.centre)
        em = self.fontMetrics().height()
        self.resize(96 * em, 58 * em)
        geometry = _layout_store().value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)


def _import_dear() -> None:
    import scipy.linalg
    import scipy.ndimage  # noqa: F401


def _layout_store() -> QSettings:
    """Where the docks were; beside the settings, so that one variable moves both."""
    return QSettings(str(settings_path().with_name("window.ini")), QSettings.Format.IniFormat)
