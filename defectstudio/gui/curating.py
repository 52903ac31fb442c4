"""Labels of real images and classes, corrected by a person: dialogs, then work off the thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from defectstudio.app.classes import ClassUse, class_uses, delete_class, merge_classes
from defectstudio.app.labels import mark_defect, mark_normal, restore_label
from defectstudio.domain.records import DefectClass, EarlierLabel, ImageRecord, Role
from defectstudio.gui.dialogs.classes import ClassesDialog
from defectstudio.gui.dialogs.earlier_labels import EarlierLabelsDialog
from defectstudio.gui.session import Session


class Curating(QObject):
    """What the menus do to labels and classes of the open project. failed: an error; noted: a
    text."""

    failed = Signal(object)
    noted = Signal(str)

    def __init__(self, window: QWidget, current: Callable[[], Session | None]) -> None:
        super().__init__(window)
        self._window, self._current = window, current

    # --- the open image

    def mark_defect(self) -> None:
        """The open image shows a real defect; what is painted becomes its label."""
        text = self.tr("{} is a real defect image now: what is painted on it is its label.")
        self._on_image(Role.NORMAL, mark_defect, text)

    def mark_normal(self) -> None:
        """The open image shows no defect."""
        text = self.tr("{} is a background now; its label is among the earlier ones.")
        self._on_image(Role.DEFECT, mark_normal, text)

    def show_earlier(self) -> None:
        """What the label of the open image was before."""
        session, image = self._current(), self._image()
        if session is None or image is None:
            return

        def show(labels: list[EarlierLabel]) -> None:
            dialog = EarlierLabelsDialog(image.name, labels, self._window)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.accepted.connect(lambda: self._restore(session, image, dialog.chosen))
            dialog.open()

        session.documents.save()
        session.files.run(lambda: session.project.earlier_labels(image.id), show, self.failed.emit)

    def _on_image(self, role: Role, change: Callable[..., None], text: str) -> None:
        session, image = self._current(), self._image()
        if session is None or image is None:
            return
        if image.role is not role:
            defect = image.role is Role.DEFECT
            self.noted.emit(
                self.tr("{} is a real defect image already.").format(image.name)
                if defect
                else self.tr("{} is a background already.").format(image.name)
            )
            return
        session.documents.change(
            lambda: change(session.project, image.id),
            lambda _: self.noted.emit(text.format(image.name)),
            self.failed.emit,
        )

    def _restore(self, session: Session, image: ImageRecord, earlier: EarlierLabel) -> None:
        text = self.tr("The label of {} is again what it was.").format(image.name)
        session.documents.change(
            lambda: restore_label(session.project, earlier),
            lambda _: self.noted.emit(text),
            self.failed.emit,
        )

    def _image(self) -> ImageRecord | None:
        session = self._current()
        document = None if session is None else session.studio.document
        if document is None:
            self.noted.emit(self.tr("Open an image first."))
            return None
        return document.record

    # --- classes

    def ask_classes(self) -> None:
        """The classes of the item."""
        session = self._current()
        if session is None:
            return
        project, item = session.project, session.item
        dialog = ClassesDialog(item.name, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.destroyed.connect(self._forget)
        self._dialog = dialog

        def read() -> None:
            session.files.run(
                lambda: (class_uses(project, item.id), project.removed_classes(item.id)),
                self._show_uses,
                self._refuse,
            )

        def change(work: Callable[[], object]) -> None:
            dialog.show_busy()
            session.documents.change(work, lambda _: read(), self._refuse)

        def progress(done: int, total: int) -> None:
            session.files.post(lambda: self._show_progress(done, total))

        dialog.renamed.connect(
            lambda one, name: change(lambda: project.rename_class(item.id, one, name))
        )
        dialog.merged.connect(
            lambda one, into: change(lambda: merge_classes(project, item.id, one, into, progress))
        )
        dialog.deleted.connect(
            lambda one: change(lambda: delete_class(project, item.id, one, progress))
        )
        dialog.restored.connect(lambda one: change(lambda: project.bring_class_back(item.id, one)))
        read()
        dialog.open()

    _dialog: ClassesDialog | None = None

    def _show_uses(self, found: tuple[list[ClassUse], list[DefectClass]]) -> None:
        if self._dialog is not None:
            self._dialog.show_uses(*found)

    def _show_progress(self, done: int, total: int) -> None:
        if self._dialog is not None:
            self._dialog.show_busy(done, total)

    def _refuse(self, error: object) -> None:
        if self._dialog is not None:
            self._dialog.show_error(error)
        else:
            self.failed.emit(error)

    def _forget(self) -> None:
        self._dialog = None
