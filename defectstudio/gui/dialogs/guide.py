"""The user guide in a window of its own: contents, search, pages with pictures and links."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import QImage, QKeySequence, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.guide import FIRST, Hit, Page, pages, search
from defectstudio.gui.icons import icon

_DATA = Qt.ItemDataRole.UserRole


class PageView(QTextBrowser):
    """A page; its pictures are never wider than the view."""

    def loadResource(self, kind: int, name: QUrl) -> object:  # noqa: N802
        if kind == QTextDocument.ResourceType.ImageResource.value:
            picture = QImage(self.source().resolved(name).toLocalFile())
            if not picture.isNull():
                return self._fitted(picture)
        return super().loadResource(kind, name)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Links keep the colour that they were read in: read them again in another look."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self.source().isEmpty():
            place = self.verticalScrollBar().value()
            self.reload()
            self.verticalScrollBar().setValue(place)

    def _fitted(self, picture: QImage) -> QImage:
        ratio = self.devicePixelRatioF()
        room = round(ratio * (self.viewport().width() - 4 * self.document().documentMargin()))
        if picture.width() > room > 0:
            smooth = Qt.TransformationMode.SmoothTransformation
            picture = picture.scaledToWidth(room, smooth)
        picture.setDevicePixelRatio(ratio)
        return picture


class GuideWindow(QDialog):
    """Stays open beside the main window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("User guide"))
        self.setWindowFlag(Qt.WindowType.Window)
        em = self.fontMetrics().height()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search the guide"))
        self.search.setAccessibleName(self.tr("Search the guide"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.contents = QTreeWidget()
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName(self.tr("Contents"))
        self.contents.currentItemChanged.connect(
            lambda row, _: row and self._go(row.data(0, _DATA))
        )
        self.hits = QListWidget()
        self.hits.setAccessibleName(self.tr("Places found"))
        self.hits.setWordWrap(True)
        self.hits.currentItemChanged.connect(lambda row, _: row and self._go(row.data(_DATA)))
        self.hits.hide()
        self.view = PageView()
        self.view.setAccessibleName(self.tr("Page"))
        self.view.setOpenExternalLinks(True)
        self.view.document().setDocumentMargin(em)
        self.view.sourceChanged.connect(self._mark_page)
        left, column = QWidget(), QVBoxLayout()
        column.setContentsMargins(em // 2, em // 2, 0, em // 2)
        column.addLayout(self._head())
        column.addWidget(self.contents, 1)
        column.addWidget(self.hits, 1)
        left.setLayout(column)
        across = QSplitter()
        across.addWidget(left)
        across.addWidget(self.view)
        across.setSizes([20 * em, 50 * em])
        across.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(across)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self.resize(70 * em, 48 * em)
        self._fill()
        self.show_page(FIRST[0])

    def show_page(self, name: str) -> None:
        """Go to a page by its name."""
        page = next(page for page in pages() if page.name == name)
        self._go((page, page.title))

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name, text, slot, can in (
            ("previous", self.tr("Back"), self.view.backward, self.view.backwardAvailable),
            ("next", self.tr("Forward"), self.view.forward, self.view.forwardAvailable),
        ):
            button = QToolButton()
            button.setIcon(icon(name))
            button.setIconSize(QSize(self.fontMetrics().height(), self.fontMetrics().height()))
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setEnabled(False)
            button.clicked.connect(slot)
            can.connect(button.setEnabled)
            row.addWidget(button)
        row.addWidget(self.search, 1)
        return row

    def _fill(self) -> None:
        for page in pages():
            top = QTreeWidgetItem([page.title])
            top.setData(0, _DATA, (page, page.title))
            self.contents.addTopLevelItem(top)
            for heading in page.headings:
                row = QTreeWidgetItem(top, [heading])
                row.setData(0, _DATA, (page, heading))

    def _go(self, place: tuple[Page, str]) -> None:
        page, text = place
        url = QUrl.fromLocalFile(str(page.file))
        if self.view.source() != url:
            self.view.setSource(url)
        self.view.moveCursor(QTextCursor.MoveOperation.Start)
        if text == page.title:
            return
        if not self.view.find(text) and self.search.text().split():
            self.view.find(self.search.text().split()[0])
        # What was found is shown at the top, not at the bottom edge.
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.value() + self.view.cursorRect().top() - self.fontMetrics().height())

    def _search(self, query: str) -> None:
        hits = search(query)
        self.hits.setVisible(bool(query.strip()))
        self.contents.setVisible(not query.strip())
        self.hits.clear()
        for hit in hits:
            self.hits.addItem(self._row(hit))
        if query.strip() and not hits:
            none = QListWidgetItem(self.tr("Nothing found"))
            none.setFlags(Qt.ItemFlag.NoItemFlags)
            self.hits.addItem(none)

    def _row(self, hit: Hit) -> QListWidgetItem:
        row = QListWidgetItem(hit.page.title + "\n" + hit.line[:120])
        row.setData(_DATA, (hit.page, hit.line))
        return row

    def _mark_page(self, url: QUrl) -> None:
        """Open the page's branch of the contents, also after a link was followed."""
        for number in range(self.contents.topLevelItemCount()):
            top = self.contents.topLevelItem(number)
            here = top.data(0, _DATA)[0].file == Path(url.toLocalFile())
            top.setExpanded(here)
            font = top.font(0)
            font.setBold(here)
            top.setFont(0, font)
