"""How the open image is looked at: what is black and white on screen, what a pixel measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from defectstudio.app.display import Window, histogram_of, pyramid, shown, window_of
from defectstudio.app.document import Document
from defectstudio.app.windows import keep_window
from defectstudio.domain.errors import DefectStudioError
from defectstudio.gui.canvas.window_panel import WindowPanel
from defectstudio.gui.dialogs.calibrate import CalibrateDialog
from defectstudio.gui.session import Session

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow


class Looking(QObject):
    """Nothing here changes a pixel that is kept."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._canvas = window.painting.canvas
        self.panel = WindowPanel(self._canvas)
        self._session: Session | None = None
        self._wanted: Window | None = None
        self._drawing = False
        self.panel.chosen.connect(self._choose)
        self.panel.reset.connect(self._reset)

    def use(self, session: Session) -> None:
        """Look at the documents of this session."""
        self._session, self._wanted, self._drawing = session, None, False
        session.bridge.relay(session.studio.opened, self._opened)
        session.bridge.relay(session.project.changed, self._on_changed)

    def let_go(self) -> None:
        """The project is closed."""
        self._session = None
        self.panel.hide()
        self._show_scale()

    def show_panel(self, wanted: bool) -> None:
        """Show or hide the histogram over the canvas."""
        document = self._document
        if wanted and document is not None:
            self.panel.show_window(histogram_of(document.native), document.window)
            self.panel.adjustSize()
            self.panel.move(10, 10)
        self.panel.setVisible(wanted and document is not None)

    def ask_calibration(self) -> None:
        """Ask what a pixel of the item measures."""
        session = self._session
        if session is None:
            return
        item = session.project.item(session.item.id)
        dialog = CalibrateDialog(item, self._window)

        def take() -> None:
            try:
                session.project.calibrate(item.id, dialog.pixel_size_mm)
            except DefectStudioError as error:
                self._window.messages.show_error(error)

        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(take)
        dialog.open()

    @property
    def _document(self) -> Document | None:
        return None if self._session is None else self._session.studio.document

    def _opened(self, _document: Document | None) -> None:
        self._wanted = None
        self._show_scale()
        self.show_panel(self._window.actions_["view.window"].isChecked())

    def _on_changed(self, table: str) -> None:
        if table == "items":
            self._show_scale()

    def _show_scale(self) -> None:
        session, document = self._session, self._document
        size = None
        if session is not None and document is not None:
            size = session.project.item(document.record.item_id).pixel_size_mm
        self._canvas.corners.calibrate(size)
        self._window.status.calibrate(size)

    # --- black and white

    def _choose(self, window: Window) -> None:
        document = self._document
        if document is not None:
            self._wanted = window
            self._draw(document)

    def _reset(self) -> None:
        document = self._document
        if document is not None:
            self._choose(window_of(document.native))
            self.panel.show_window(histogram_of(document.native), window_of(document.native))

    def _draw(self, document: Document) -> None:
        """Draw the levels anew off this thread; while that goes on, only the last wish counts."""
        session, wanted = self._session, self._wanted
        if session is None or self._drawing or wanted is None or wanted == document.window:
            return
        self._drawing = True

        def done(levels: list) -> None:
            self._drawing = False
            if self._session is not session:
                return
            document.window, document.levels = wanted, levels
            if self._document is document:
                self._canvas.item.show_levels(levels)
                if self._window.actions_["view.preview"].isChecked():
                    session.previews.enable(True)
                self._draw(document)

        def failed(error: DefectStudioError) -> None:
            self._drawing = False
            self._window.messages.show_error(error)

        self._keep(session, document, wanted)
        session.files.run(lambda: pyramid(shown(document.native, wanted)), done, failed)

    def _keep(self, session: Session, document: Document, window: Window) -> None:
        """Show the item's other images like this too, unless it is what each is shown by."""

        def work() -> None:
            own = window == window_of(document.native)
            keep_window(session.project.root, document.record, None if own else window)

        session.files.run(work, lambda _: None, self._window.messages.show_error)
