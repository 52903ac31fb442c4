"""The first page: sample project, new project, recent ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.settings import RecentProject
from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.icons import icon
from defectstudio.gui.sign import Sign
from defectstudio.gui.translation import localized

_NOOP = QT_TRANSLATE_NOOP
_STEPS = {
    "open": (_NOOP("", "Open a project"), _NOOP("", "the sample, a new one or one of yours")),
    "import": (_NOOP("", "Import"), _NOOP("", "pictures, good ones and defects")),
    "label": (_NOOP("", "Label"), _NOOP("", "brush over the defects they show")),
    "train": (_NOOP("", "Train"), _NOOP("", "a generator that knows these defects")),
    "make": (_NOOP("", "Make samples"), _NOOP("", "paint on good images, or plan a batch")),
    "export": (_NOOP("", "Export"), _NOOP("", "the dataset in a format your training reads")),
}


class WelcomePage(QFrame):
    """opened: the folder of a recent project; left: back to the one that is open."""

    opened = Signal(object)
    left = Signal()

    def __init__(self, actions: ActionBook) -> None:
        super().__init__()
        self.setObjectName("welcome")
        em = self.fontMetrics().height()
        self._recent, self._listed = QVBoxLayout(), None
        self._recent.setSpacing(em // 5)
        column = QVBoxLayout()
        column.setSpacing(round(1.4 * em))
        column.addLayout(self._head(em))
        cards = QHBoxLayout()
        cards.setSpacing(em)
        cards.addWidget(self._start_card(actions, em), 1)
        cards.addWidget(self._recent_card(em), 1)
        column.addLayout(cards)
        column.addWidget(self._steps(em))
        inner = QWidget()
        inner.setMaximumWidth(56 * em)
        inner.setLayout(column)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(inner, 20)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)

    def show_busy(self, text: str) -> None:
        """Say what is being done, "" when it is done; nothing else can be begun meanwhile."""
        self._note.setText(text or self._hint)
        self._bar.setRange(0, 0)
        self._bar.setVisible(bool(text))
        for button in self.findChildren(QPushButton):
            button.setEnabled(not text)

    def show_steps(self, project: RecentProject | None) -> None:
        """Tick the steps that were taken in a project."""
        taken = project.steps if project is not None else ()
        title = self.tr("First steps")
        self._steps_title.setText(f"{title} – {project.name}" if project else title)
        for name, sign in self.signs.items():
            done = name in taken
            role = QPalette.ColorRole.Accent if done else QPalette.ColorRole.PlaceholderText
            sign.show_icon(icon("accept" if done else "step", role))
            sign.setAccessibleName(self.tr("done") if done else self.tr("to do"))
            sign.setToolTip(sign.accessibleName())

    def show_progress(self, done: int, total: int) -> None:
        """Say how far it is; until then the bar only says that something is done."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def show_recent(self, projects: Sequence[RecentProject], *, is_open: bool = False) -> None:
        """List the recent projects, and the steps taken in the newest, which may be open."""
        if self._listed == (projects, is_open):
            return  # A button that is just being pressed stays.
        self._listed = projects, is_open
        self.back.setVisible(is_open)
        self.show_steps(projects[0] if projects else None)
        while (row := self._recent.takeAt(0)) is not None:
            if row.widget() is not None:
                row.widget().hide()
                row.widget().deleteLater()
        for project in projects[:6]:
            self._recent.addWidget(self._recent_row(project))
        if not projects:
            none = QLabel(self.tr("Projects you open are listed here."))
            none.setProperty("role", "muted")
            self._recent.addWidget(none)
        self._recent.addStretch(1)

    def _head(self, em: int) -> QVBoxLayout:
        title, below = QLabel("DefectStudio"), QLabel(self.tr("Put defects where none exist."))
        below.setProperty("role", "muted")
        for label, factor in ((title, 2.3), (below, 1.25)):
            font = label.font()
            font.setPointSizeF(factor * font.pointSizeF())
            font.setBold(label is title)
            label.setFont(font)
        sign = Sign(round(2.8 * em), icon("defectstudio", QPalette.ColorRole.Accent))
        row = QHBoxLayout()
        row.addWidget(sign)
        row.addWidget(title)
        row.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(em // 4)
        column.addLayout(row)
        column.addWidget(below)
        return column

    def _start_card(self, actions: ActionBook, em: int) -> QFrame:
        card, column = _card(em)
        column.addWidget(_heading(self.tr("Start")))
        for action_id, text, primary in (
            ("project.sample", self.tr("Open the sample project"), True),
            ("project.new", self.tr("New project…"), False),
            ("project.open", self.tr("Open a project…"), False),
        ):
            role = QPalette.ColorRole.HighlightedText if primary else QPalette.ColorRole.WindowText
            button = QPushButton(icon(action_id.partition(".")[2], role), f"  {text}")
            button.setIconSize(QSize(round(1.3 * em), round(1.3 * em)))
            button.setMinimumHeight(round(2.6 * em))
            button.setProperty("primary", primary)
            button.setStyleSheet("text-align: left;")
            button.clicked.connect(actions[action_id].trigger)
            column.addWidget(button)
        self._hint = self.tr("The sample is drawn on this computer; it needs no data or network.")
        self._note = QLabel(self._hint)
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.hide()
        column.addWidget(self._note)
        column.addWidget(self._bar)
        column.addStretch(1)
        return card

    def _recent_card(self, em: int) -> QFrame:
        card, column = _card(em)
        column.addWidget(_heading(self.tr("Recent projects")))
        column.addLayout(self._recent, 1)
        return card

    def _steps(self, em: int) -> QFrame:
        card, column = _card(em)
        self._steps_title = _heading("")
        self.back = QPushButton(self.tr("Back to the project"))
        self.back.clicked.connect(self.left)
        self.back.hide()
        head = QHBoxLayout()
        head.addWidget(self._steps_title, 1)
        head.addWidget(self.back)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(em)
        self.signs: dict[str, Sign] = {}
        for name, (verb, rest) in _STEPS.items():
            step = QLabel(f"<b>{localized(verb)}</b><br>{localized(rest)}")
            step.setWordWrap(True)
            step.setAlignment(Qt.AlignmentFlag.AlignTop)
            self.signs[name] = Sign(
                round(1.2 * em), icon("step", QPalette.ColorRole.PlaceholderText)
            )
            row.addWidget(self.signs[name], 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(step, 1)
        column.addLayout(row)
        return card

    def _recent_row(self, project: RecentProject) -> QPushButton:
        path = Path(project.path)
        home = Path.home()
        shown = f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
        button = QPushButton(icon("folder", QPalette.ColorRole.Link), f" {project.name}")
        button.setProperty("link", True)
        button.setToolTip(shown)
        button.clicked.connect(lambda: self.opened.emit(path))
        return button


def _card(em: int) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    card.setProperty("card", True)
    column = QVBoxLayout(card)
    column.setContentsMargins(em, em, em, em)
    column.setSpacing(em // 2)
    return card, column


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
