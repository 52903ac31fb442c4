"""Trained models renamed, deleted and handed on: a dialog, then work off the thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from defectstudio.app.judging import start_onnx_export
from defectstudio.app.models import model_uses, remove_model, rename_model
from defectstudio.gui.dialogs.models import ModelsDialog
from defectstudio.gui.session import Session


class Modelling(QObject):
    """What the menu does to the models of the open project."""

    def __init__(self, window: QWidget, current: Callable[[], Session | None]) -> None:
        super().__init__(window)
        self._window, self._current = window, current
        self._dialog: ModelsDialog | None = None

    def ask(self) -> None:
        """The models of the item."""
        session = self._current()
        if session is None:
            return
        project, item = session.project, session.item
        dialog = self._dialog = ModelsDialog(item.name, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.destroyed.connect(self._forget)

        def told(show: Callable[..., object]) -> Callable[..., None]:
            # A dialog that is closed by now is gone.
            return lambda found: show(found) if self._dialog is dialog else None

        def read(_: object = None) -> None:
            work(lambda: model_uses(project, item.id), dialog.show_uses)

        def work(call: Callable[[], object], done: Callable[..., object]) -> None:
            session.files.run(call, told(done), told(dialog.show_error))

        def export(name: str, file: Path) -> None:
            dialog.note.setText(self.tr("{} is being written; see Jobs.").format(file))
            session.jobs.start(
                lambda: start_onnx_export(project, model=name, target=file),
                told(dialog.show_error),
            )

        dialog.renamed.connect(
            lambda sort, name, new: work(lambda: rename_model(project, sort, name, new), read)
        )
        dialog.deleted.connect(
            lambda sort, name: work(lambda: remove_model(project, sort, name), read)
        )
        dialog.exported.connect(export)
        read()
        dialog.open()

    def _forget(self) -> None:
        self._dialog = None
