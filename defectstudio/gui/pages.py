"""The pages of the window's centre."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QTabWidget


class Pages(QTabWidget):
    """Tabs; only the page that is shown asks for room, so that the window fits small screens."""

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.setTabBarAutoHide(True)
        self.currentChanged.connect(lambda _: self._make_room())

    def tabInserted(self, _index: int) -> None:  # noqa: N802
        self._make_room()

    def _make_room(self) -> None:
        for number in range(self.count()):
            shown = number == self.currentIndex()
            kind = QSizePolicy.Policy.Preferred if shown else QSizePolicy.Policy.Ignored
            self.widget(number).setSizePolicy(kind, kind)
