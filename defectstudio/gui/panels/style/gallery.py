"""The gallery of seeds for the painted mask."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from defectstudio.app.studio import Studio
from defectstudio.gui.gallery import Gallery
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.style.parts import Section, muted
from defectstudio.gui.panels.style.tiles import TileGrid


class GallerySection(Section):
    """Tiles that can be taken, starred and banned."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(self.tr("Gallery"))
        self._studio = studio
        self._gallery: Gallery | None = None
        self.more = QToolButton()
        self.more.setIcon(icon("dice"))
        self.more.setToolTip(self.tr("Other seeds; favourites stay"))
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head.addWidget(self.more)
        self.grid = TileGrid()
        self.hint = muted()
        self.content.addWidget(self.hint)
        self.content.addWidget(self.grid)

    def use(self, gallery: Gallery) -> None:
        """Show this gallery."""
        self._gallery = gallery
        self.grid.taken.connect(gallery.take)
        self.grid.marked.connect(gallery.mark)
        self.grid.looked_at.connect(gallery.look)
        self.more.clicked.connect(gallery.draw)
        gallery.changed.connect(self.refresh)
        gallery.refused.connect(self._show_refusal)
        gallery.look(self.grid.isVisible())

    def refresh(self) -> None:
        """Show the tiles."""
        if self._gallery is None:
            return
        chosen = self._studio.seed(self._studio.class_id) if self._studio.class_id else -1
        tiles = self._gallery.tiles
        self.grid.show_tiles(tiles, chosen)
        if not tiles and not self._gallery.settling:
            self.hint.setText(self.tr("Paint this class to see its styles in the mask."))
        self.hint.setVisible(bool(self.hint.text()) and not tiles)

    def _show_refusal(self, text: str) -> None:
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
