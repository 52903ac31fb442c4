"""Strokes that a dead program left behind: asked about in a bar, taken back or thrown away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QLocale, QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from defectstudio.app.journal import Lost, find_lost, labels_now, recover
from defectstudio.app.paint_command import PaintCommand
from defectstudio.app.strokes import Change
from defectstudio.domain.errors import DefectStudioError
from defectstudio.gui.dialogs.parts import may
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.messages import MessageBar
from defectstudio.gui.session import Session
from defectstudio.gui.sign import Sign

T = TypeVar("T")


class RecoveryBar(QFrame):
    """Recover or Discard; stays until one of them is pressed and stops nobody meanwhile."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recovery")
        em = self.fontMetrics().height()
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.recover = QPushButton(self.tr("Recover"))
        self.recover.setProperty("primary", True)
        self.discard = QPushButton(self.tr("Discard"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        row.addWidget(Sign(em, icon("info")))
        row.addWidget(self.text, 1)
        row.addWidget(self.recover)
        row.addWidget(self.discard)
        self.hide()

    def may_discard(self) -> bool:
        """Ask again: strokes that are discarded are gone."""
        return may(
            self,
            self.tr("Discard the strokes that were not saved?"),
            self.tr("They cannot be brought back."),
            self.tr("Discard"),
        )


class Recovery(QObject):
    """Looks for lost strokes when a project is opened, and does what the bar is told."""

    def __init__(self, messages: MessageBar) -> None:
        super().__init__(messages)
        self.bar, self._messages = RecoveryBar(), messages
        self._session: Session | None = None
        self._lost: list[Lost] = []
        self.bar.recover.clicked.connect(self._recover)
        self.bar.discard.clicked.connect(self._discard)

    def watch(self, session: Session) -> None:
        """Ask about what the project of this session has lost."""
        self._session = session
        self._do(lambda: find_lost(session.project), self._found)

    def let_go(self) -> None:
        """The project is closed; what is not decided is asked again another day."""
        self._session, self._lost = None, []
        self.bar.hide()

    def _found(self, lost: list[Lost]) -> None:
        self._lost = lost
        if not lost:
            return
        edits, images = sum(one.edits for one in lost), len({one.image_id for one in lost})
        when = QLocale().toString(lost[-1].when, QLocale.FormatType.ShortFormat)
        text = self.tr("{edits} edit(s) on {images} image(s) were not saved when the program "
                       "ended on {when}.")  # fmt: skip
        self.bar.text.setText(text.format(edits=edits, images=images, when=when))
        self.bar.show()

    def _recover(self) -> None:
        self.bar.hide()
        session, lost, self._lost = self._session, self._lost, []
        if session is None:
            return
        # Steps of the undo stack would be applied to masks they do not belong to.
        session.studio.history.clear()
        for one in lost:
            self._recover_one(session, one)
        if session.documents.wanted not in {one.image_id for one in lost}:
            session.documents.open(lost[-1].image_id)
        self._messages.show_note(self.tr("The strokes are back. Undo takes them away again."))

    def _recover_one(self, session: Session, lost: Lost) -> None:
        project, studio = session.project, session.studio
        if studio.document is not None and studio.document.record.id == lost.image_id:
            try:
                labels = labels_now(project, lost)
            except DefectStudioError as error:
                self._messages.show_error(error)
                return
            studio.overwrite(self.tr("Recover strokes"), labels)
            self._do(lambda: lost.path.unlink(missing_ok=True), lambda _: None)
        else:
            self._do(
                lambda: recover(project, lost),
                lambda change: self._recovered(lost.image_id, change),
            )

    def _recovered(self, image_id: int, change: Change | None) -> None:
        if self._session is not None:
            studio, text = self._session.studio, self.tr("Recover strokes")
            if change is not None:
                studio.history.push(PaintCommand(studio.apply, text, image_id, change, False))
            if self._session.documents.wanted == image_id:
                self._session.documents.read(image_id)
            self._session.project.changed.emit("images")

    def _discard(self) -> None:
        if self.bar.may_discard():
            self.bar.hide()
            lost, self._lost = self._lost, []
            self._do(lambda: [one.path.unlink(missing_ok=True) for one in lost], lambda _: None)

    def _do(self, work: Callable[[], T], done: Callable[[T], object]) -> None:
        if self._session is not None:
            self._session.files.run(work, done, self._messages.show_error)
