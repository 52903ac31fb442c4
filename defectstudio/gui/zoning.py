"""Where defects may fall on a background: painted with the tools of the mask, kept beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from defectstudio.app.document import Document
from defectstudio.app.regions import save_region
from defectstudio.gui.canvas.tints import Hatch, Look
from defectstudio.gui.session import Session

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow

LOOKS = {1: Look((0, 158, 115), 0.45, Hatch.RISING)}
_LAYER = "region"


class Zoning(QObject):
    """Shows the region while it is painted, and saves it with every edit."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session: Session | None = None

    def use(self, session: Session) -> None:
        """Paint on the backgrounds of this session."""
        self._session = session
        session.bridge.relay(session.studio.opened, self._show)
        session.bridge.relay(session.studio.zoned, self._save)

    def let_go(self) -> None:
        """The project is closed."""
        self._session = None
        self._window.actions_["region.paint"].setChecked(False)

    def paint(self, wanted: bool) -> None:
        """Let the tools paint the region, or classes again."""
        if self._session is None:
            return
        self._session.studio.paint_region(wanted)
        self._show(self._session.studio.document)
        if wanted:
            self._window.messages.show_note(
                self.tr(
                    "The tools now paint where defects may fall on this background; nothing "
                    "painted means anywhere. Shift+W goes back to defects."
                )
            )

    def _show(self, document: Document | None) -> None:
        item, session = self._window.painting.canvas.item, self._session
        if session is None or document is None:
            return
        if session.studio.on_region and document.is_background:
            item.lay(_LAYER, document.region_plane(), LOOKS)
        else:
            item.take_away(_LAYER)

    def _save(self) -> None:
        session = self._session
        document = session.studio.document if session else None
        if session is None or document is None or document.region is None:
            return
        image_id, region = document.record.id, document.region.copied()
        session.files.run(
            lambda: save_region(session.project, image_id, region.astype(bool)),
            lambda _: None,
            self._window.messages.show_error,
        )
