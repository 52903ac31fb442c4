"""Opening images for painting, and saving what is painted without being asked."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app.document import Document, open_document, save_labels
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.gui.background import Background
from defectstudio.project.project import Project

AUTOSAVE_MS = 1500


class Documents(QObject):
    """Loads and saves on one thread, in order, so that an image reopened shows its last paint.

    loading: an image id is on its way; saved: a text for the status bar; failed: an error.
    """

    loading = Signal(int)
    saved = Signal(str)
    failed = Signal(object)

    def __init__(self, project: Project, studio: Studio, files: Background) -> None:
        super().__init__()
        self._project, self._studio, self._files = project, studio, files
        self._wanted = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AUTOSAVE_MS)
        self._timer.timeout.connect(self.save)

    def open(self, image_id: int) -> None:
        """Show an image as soon as it is read; a later call wins."""
        current = self._studio.document
        if self._wanted == image_id or (current and current.record.id == image_id):
            self._wanted = image_id
            return
        self.save()
        self._wanted = image_id
        self.loading.emit(image_id)
        project = self._project
        self._files.run(
            lambda: open_document(project, project.image(image_id)),
            self._opened,
            lambda error: self._not_opened(image_id, error),
        )

    def edited(self) -> None:
        """Save soon. Edits that follow do not put it off."""
        if not self._timer.isActive():
            self._timer.start()

    def save(self) -> None:
        """Save now what is not saved yet."""
        self._timer.stop()
        document = self._studio.document
        if document is None or not document.dirty:
            return
        labels = document.plane.labels.copy()
        if not (document.is_background or labels.any()):
            # An emptied label would turn a real defect image into a normal one for training.
            self.saved.emit(self.tr("Not saved: the label is empty"))
            return
        record, revision = document.record, document.revision
        self._files.run(
            lambda: save_labels(self._project, record, labels),
            lambda _: self._saved(document, revision),
            self.failed.emit,
        )

    def _opened(self, document: Document) -> None:
        if document.record.id == self._wanted:
            self._studio.show(document)

    def _not_opened(self, image_id: int, error: DefectStudioError) -> None:
        if image_id == self._wanted:
            self._wanted = 0
        self.failed.emit(error)

    def _saved(self, document: Document, revision: int) -> None:
        document.saved = max(document.saved, revision)
        self.saved.emit(self.tr("Saved {}").format(datetime.now().strftime("%H:%M")))
