"""A project tidied, packed into one file and unpacked: dialogs, then work off the thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QProgressDialog

from defectstudio.domain.errors import ProjectError
from defectstudio.gui.background import Background
from defectstudio.gui.dialogs.tidy import TidyDialog
from defectstudio.project.archive import Packed, Progress
from defectstudio.project.unpacking import unpack

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow

_STEPS = 1000
_SHOWN_AFTER_MS = 500


class Keeping(QObject):
    """What the File menu does to a project as a whole. failed: an error; noted: a text."""

    failed = Signal(object)
    noted = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._thread = Background("keeping", window.bridge)
        self._stop = threading.Event()
        self._tidy: TidyDialog | None = None

    def ask_tidy(self) -> None:
        """See which files are unused, and delete them."""
        session = self._window.session
        if session is None:
            return
        project, dialog = session.project, TidyDialog(self._window)
        self._tidy = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.destroyed.connect(self._forget)

        def told(show: Callable[..., object]) -> Callable[..., None]:
            # A dialog that is closed by now is gone.
            return lambda found: show(found) if self._tidy is dialog else None

        def work(call: Callable[[], object], done: Callable[..., object]) -> None:
            session.files.run(call, told(done), told(dialog.show_error))

        dialog.deleted.connect(
            lambda sorts: work(lambda: project.remove_unused_files(sorts), dialog.show_gone)
        )
        work(project.unused_files, dialog.show_unused)
        dialog.open()

    def ask_pack(self) -> None:
        """Put the open project into one file, with all that is painted by now."""
        session = self._window.session
        if session is None:
            return
        project = session.project
        start = self._window.commands.folder("pack") / f"{project.root.name}.tar"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Pack the project"), str(start), self._filter(),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if not chosen:
            return

        def pack(_: object) -> None:
            text = self.tr("Packing {}…").format(project.root.name)
            self._run(text, lambda tell: project.pack(Path(chosen), tell), self._packed)

        session.documents.save()
        session.files.run(lambda: None, pack, self.failed.emit)  # after what is being saved

    def ask_unpack(self) -> None:
        """Make a project of such a file, and open it."""
        start = self._window.commands.folder("pack")
        file, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Unpack a project"), str(start), self._filter()
        )
        if not file:
            return
        source = Path(file)
        root, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("A new folder for the project"),
            str(start / source.stem), options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if root:
            text = self.tr("Unpacking {}…").format(source.name)
            self._run(text, lambda tell: unpack(source, Path(root), tell), self._unpacked)

    def end(self) -> None:
        """The window is closed: what is under way is given up."""
        self._stop.set()
        self._thread.close()

    def _packed(self, made: Packed) -> None:
        self.noted.emit(self.tr("{} files packed: {}").format(made.files, made.path))

    def _unpacked(self, made: Packed) -> None:
        self._window.open_path(made.path)

    def _run(
        self, text: str, work: Callable[[Progress], Packed], done: Callable[[Packed], object]
    ) -> None:
        """Do it on a thread of its own, and show how far it is, with a way to give it up."""
        stop = self._stop = threading.Event()
        shown = QProgressDialog(text, self.tr("Cancel"), 0, _STEPS, self._window)
        shown.setMinimumDuration(_SHOWN_AFTER_MS)
        shown.setAutoClose(False)
        shown.setAutoReset(False)
        shown.canceled.connect(stop.set)
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if stop.is_set():
                raise ProjectError("it was cancelled", remedy="Nothing was changed.")
            step = done * _STEPS // max(1, total)
            if step > told:
                told = step
                self._thread.post(lambda: shown.setValue(step))

        def end(call: Callable[[], object]) -> None:
            shown.deleteLater()
            call()

        self._thread.run(
            lambda: work(tell),
            lambda made: end(lambda: done(made)),
            lambda error: end(lambda: None if stop.is_set() else self.failed.emit(error)),
        )

    def _filter(self) -> str:
        return self.tr("Packed projects (*.tar)")

    def _forget(self) -> None:
        self._tidy = None
