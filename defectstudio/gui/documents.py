"""Opening images for painting, and saving what is painted without being asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app.document import Document, open_document, save_labels
from defectstudio.app.journal import StrokeJournal
from defectstudio.app.strokes import Change
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.gui.background import Background
from defectstudio.project.project import Project

T = TypeVar("T")

AUTOSAVE_MS = 1500
RETRY_MS = 10_000


class Documents(QObject):
    """Loads and saves on one thread, in order, so that an image reopened shows its last paint.

    loading: an image id is on its way; saved: a text for the status bar; failed: an error;
    stayed: the id of an image that is not left, since it could not be saved.
    """

    loading = Signal(int)
    saved = Signal(str)
    failed = Signal(object)
    stayed = Signal(int)

    def __init__(self, project: Project, studio: Studio, files: Background) -> None:
        super().__init__()
        self._project, self._studio, self._files = project, studio, files
        self._journal = StrokeJournal(project)
        self.autosave = AUTOSAVE_MS
        self._wanted = 0
        self._troubles: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._save_when_still)

    def open(self, image_id: int) -> None:
        """Show an image as soon as it is read; a later call wins."""
        current = self._studio.document
        if self._wanted == image_id or (current and current.record.id == image_id):
            self._wanted = image_id
            return
        self.save()
        self.read(image_id)

    def read(self, image_id: int) -> None:
        """Show an image as it is on disk; what is not saved of the open one is left."""
        self._forget_emptied()
        self._wanted = image_id
        self.loading.emit(image_id)
        project = self._project
        self._files.run(
            lambda: open_document(project, project.image(image_id)),
            self._opened,
            lambda error: self._not_opened(image_id, error),
        )

    def leave(self) -> None:
        """Show no image; what is painted is saved."""
        self.save()
        self._forget_emptied()
        self._wanted = 0
        if self._studio.document is not None:
            self._studio.show(None)

    def change(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[DefectStudioError], object],
    ) -> None:
        """Save what is painted, do what changes labels, read the open image again. Strokes from
        before would undo to labels that are no more, so the undo stack is emptied."""
        self.save()

        def end(result: T) -> None:
            self._studio.history.clear()
            if self._wanted:
                self.read(self._wanted)
            done(result)

        self._files.run(work, end, failed)

    @property
    def wanted(self) -> int:
        """The id of the image that is shown or being read, 0 for none."""
        return self._wanted

    def keep(self, change: Change) -> None:
        """Write an edit of the open image to the journal."""
        document = self._studio.document
        if document is not None:
            image_id, shape = document.record.id, document.plane.shape
            self._files.run(
                lambda: self._journal.append(image_id, shape, change),
                lambda _: self._troubles.discard("journal"),
                lambda error: self._tell_once("journal", error),
            )

    def edited(self) -> None:
        """Save soon. Edits that follow do not put it off."""
        if not self._timer.isActive():
            self._timer.start(self.autosave)

    def save(self) -> None:
        """Save now what is not saved yet; what is under way is ended first."""
        self._studio.end_stroke()
        self._timer.stop()
        document = self._studio.document
        if document is None or not document.dirty:
            return
        if _is_emptied(document):
            # An emptied label would turn a real defect image into a normal one for training.
            self.saved.emit(self.tr("Not saved: the label is empty"))
            return
        revision = document.revision
        self._files.run(
            self._storing(document),
            lambda _: self._saved(document, revision),
            lambda error: self._not_saved(document, error),
        )

    def finish(self) -> DefectStudioError | None:
        """Save and wait for it, before the project is closed. Returns what went wrong."""
        self._studio.end_stroke()
        self._timer.stop()
        document = self._studio.document
        self._forget_emptied()
        if document is None or not document.dirty or _is_emptied(document):
            return None
        revision = document.revision
        error = self._files.finish(self._storing(document))
        if error is None:
            document.saved = revision
        return error

    def _storing(self, document: Document) -> Callable[[], None]:
        record, plane = document.record, document.plane

        def store() -> None:
            # Off the window's thread, which may paint meanwhile: another save follows then. What
            # is hashed and counted, a real label, has to hold still.
            labels = plane.labels if document.is_background else plane.copied()
            save_labels(self._project, record, labels)
            self._journal.drop(record.id)

        return store

    def _forget_emptied(self) -> None:
        """What is left without being saved on purpose is not to come back after a crash."""
        document = self._studio.document
        if document is not None and document.dirty and _is_emptied(document):
            image_id = document.record.id
            self._files.run(lambda: self._journal.drop(image_id), lambda _: None, self.failed.emit)

    def _save_when_still(self) -> None:
        # Half a stroke may yet be taken back.
        if self._studio.stroking:
            self._timer.start()
        else:
            self.save()

    def _opened(self, document: Document) -> None:
        if document.record.id == self._wanted:
            self._studio.show(document)

    def _not_opened(self, image_id: int, error: DefectStudioError) -> None:
        if image_id == self._wanted:
            self._wanted = 0
        self.failed.emit(error)

    def _saved(self, document: Document, revision: int) -> None:
        document.saved = max(document.saved, revision)
        self._troubles.discard("save")
        self.saved.emit(self.tr("Saved {}").format(datetime.now().strftime("%H:%M")))

    def _not_saved(self, document: Document, error: DefectStudioError) -> None:
        self.saved.emit(self.tr("Not saved"))
        self._tell_once("save", error)
        if document is self._studio.document:
            self._wanted = document.record.id
            self.stayed.emit(self._wanted)
            self._timer.start(RETRY_MS)

    def _tell_once(self, trouble: str, error: DefectStudioError) -> None:
        """Tell what goes wrong with every stroke until it has gone well again only once."""
        if trouble not in self._troubles:
            self._troubles.add(trouble)
            self.failed.emit(error)


def _is_emptied(document: Document) -> bool:
    return not (document.is_background or bool(np.any(document.plane.labels)))
