"""What the File and Synthesis menus do: dialogs, then work off the window's thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from defectstudio.app.exportable import Kind, stock
from defectstudio.app.exporting import export
from defectstudio.app.importing import ImportReport, import_images
from defectstudio.app.projects import new_project, open_project
from defectstudio.app.sample_project import make_sample_project
from defectstudio.app.splitting import Learning, SplitReport, learning, split
from defectstudio.app.training import usual_kind
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import Split
from defectstudio.exchange.exporting import ExportReport
from defectstudio.gui.background import Background
from defectstudio.gui.dialogs.export import ExportChoice, ExportDialog
from defectstudio.gui.dialogs.import_images import ImportChoice, ImportDialog
from defectstudio.gui.dialogs.new_project import NewProjectDialog
from defectstudio.gui.dialogs.parts import confirm, may
from defectstudio.gui.dialogs.train import TrainChoice, TrainDialog, free_name
from defectstudio.gui.session import Session
from defectstudio.gui.telling import in_words
from defectstudio.project.place import is_project
from defectstudio.project.project import Project, item_named


@dataclass(frozen=True)
class Places:
    """Where the window makes things unless told otherwise."""

    sample: Path
    exports: Path

    @classmethod
    def of_user(cls) -> Places:
        """In the user's documents."""
        documents = QStandardPaths.writableLocation(
            QStandardPaths.StandardLocation.DocumentsLocation
        )
        folder = Path(documents or Path.home())
        return cls(folder / "DefectStudio sample", folder)


class Commands(QObject):
    """opened: a project; failed: an error; noted: a text; busy: what is done, "" at its end.

    progressed: done and total steps of that. ended: a text, a verb, and a call that does it.
    unpainted: the id of an item whose images that wait to be painted are to be shown.
    """

    opened = Signal(object)
    failed = Signal(object)
    noted = Signal(str)
    busy = Signal(str)
    progressed = Signal(int, int)
    ended = Signal(str, str, object)
    unpainted = Signal(int)

    def __init__(self, window: QWidget, files: Background, places: Places) -> None:
        super().__init__(window)
        self._window, self._files, self.places = window, files, places
        self.session: Session | None = None
        self._last: dict[str, Path] = {}
        """The folder that something was last done in, by what it was."""

    # --- projects

    def open_sample(self) -> None:
        """Open the sample project, made when it is not there yet."""
        root = self.places.sample

        def work() -> Project:
            there = is_project(root)
            if there:
                return open_project(root)
            return make_sample_project(root, progress=self._tell_progress)

        self._do(self.tr("Drawing the sample project…"), work, self.opened.emit)

    def open_path(self, path: Path) -> None:
        """Open a project."""
        self._do(self.tr("Opening…"), lambda: open_project(path), self.opened.emit)

    def ask_open(self) -> None:
        """Choose a project to open."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open a project"), str(self.folder("project"))
        )
        if chosen:
            self._last["project"] = Path(chosen).parent
            self.open_path(Path(chosen))

    def ask_new(self) -> None:
        """Make a project."""
        dialog = NewProjectDialog(self.folder("project"), self._window)

        def create() -> None:
            root, item = dialog.root, dialog.item_name
            self._last["project"] = root.parent
            self._do(self.tr("Making…"), lambda: new_project(root, item), self.opened.emit)

        self.ask(dialog, create)

    def folder(self, use: str) -> Path:
        """Where a dialog begins that is used for this: where it was last used in this session, or
        beside the project, or in the user's documents; a folder that is there."""
        beside = None if self.session is None else self.session.project.root.parent
        wanted = (self._last.get(use), beside, self.places.exports)
        return next((one for one in wanted if one is not None and one.is_dir()), Path.home())

    # --- in a project

    def ask_import(self, folder: Path | None = None) -> None:
        """Import images, of a folder that may be known already."""
        session = self._open_session()
        names = [item.name for item in session.project.items()]
        start = self.folder("import")
        dialog = ImportDialog(names, session.item.name, start, self._window)

        if folder is not None:
            dialog.source.show_path(folder)

        def checked(choice: ImportChoice) -> None:
            session.files.run(
                lambda: _import(session.project, choice, dry_run=True),
                dialog.show_report,
                dialog.show_error,
            )

        dialog.checked.connect(checked)
        self.ask(dialog, lambda: self._import(session, dialog.choice))

    def ask_split(self) -> None:
        """Split the images anew."""
        session = self._open_session()
        confirm(
            self._window,
            self.tr("Split all labeled and all good images anew, by part: 60 / 20 / 20?"),
            self.tr(
                "Training adds new images to the split by itself. Models that are trained already"
                " may have learned from images that are to judge them then: train them anew."
            ),
            self.tr("Split images"),
            lambda: self._split(session),
        )

    def ask_export(self) -> None:
        """Export the dataset."""
        session = self._open_session()
        project, item = session.project, session.item

        def ask(found: dict[Split | None, Counter[Kind]]) -> None:
            dialog = ExportDialog(self.folder("export"), item.name, found, self._window)
            self.ask(dialog, lambda: self._export(session, dialog.choice))

        session.documents.save()  # what is painted counts
        session.files.run(lambda: stock(project, item), ask, self.failed.emit)

    def ask_train(self) -> None:
        """Train a generator."""
        session = self._open_session()
        self._ask_train(usual_kind(session.project, session.item))

    def ask_transfer(self, reference: str = "") -> None:
        """Train a transfer from an image's defect, by default the open one's."""
        self._ask_train("dst", reference)

    def _ask_train(self, kind: str, reference: str = "") -> None:
        session = self._open_session()
        names = [one.name for one in session.project.generators()]
        project, item = session.project, session.item

        def ask(labeled: dict[str, bool], known: Learning) -> None:
            if reference:
                labeled = {name: name == reference for name in labeled}
            dialog = TrainDialog(names, labeled, known, kind=kind, parent=self._window)
            self.ask(dialog, lambda: session.jobs.train(item.name, dialog.choice))

        def found(labeled: dict[str, bool]) -> None:
            session.files.run(
                lambda: learning(project, item), lambda known: ask(labeled, known), self.failed.emit
            )

        session.find_labeled(found)

    def match_reference(self, reference: str = "") -> None:
        """Match an image's defect by histogram, at once; by default the open one's."""
        session = self._open_session()
        taken = {one.name.casefold() for one in session.project.generators()}

        def start(labeled: dict[str, bool]) -> None:
            wanted = [reference] if reference in labeled else []
            if not reference:
                wanted = [name for name, is_open in labeled.items() if is_open]
            if not wanted:
                self.noted.emit(self.tr("Open an image with a defect and paint its mask first."))
                return
            name = free_name(wanted[0].replace("/", "-"), taken)
            session.jobs.train(session.item.name, TrainChoice(name, "histmatch", wanted, {}, "cpu"))

        session.find_labeled(start)

    def may_leave_jobs(self, count: int) -> bool | None:
        """Ask whether jobs go on without the window: True, or False to pause them; None to stay."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("{} job(s) are not done.").format(count))
        box.setInformativeText(
            self.tr(
                "They can go on without the window. Paused ones stop at a checkpoint and can be"
                " resumed when the project is open again."
            )
        )
        go_on = box.addButton(self.tr("Let them go on"), QMessageBox.ButtonRole.AcceptRole)
        pause = box.addButton(self.tr("Pause jobs"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(go_on)
        box.exec()
        clicked = box.clickedButton()
        return clicked is go_on if clicked in (go_on, pause) else None

    def may_lose(self, error: DefectStudioError) -> bool:
        """Ask whether a project may be closed although something of it is not saved."""
        return may(
            self._window,
            self.tr("The last strokes could not be saved."),
            in_words(error),
            self.tr("Close without saving"),
        )

    # --- work

    def _import(self, session: Session, choice: ImportChoice) -> None:
        def done(report: ImportReport) -> None:
            left = len(report.problems)
            text = self.tr("{} images imported.").format(report.added_images)
            if left:
                text += " " + self.tr("{} files left out; the job's report names them.").format(
                    left
                )
            self._tell_imported(session.project, report.item, text)
            if session.studio.document is None:
                session.choose_item(session.item.id)
            if report.merged:
                session.documents.change(lambda: None, lambda _: None, self.failed.emit)

        session.documents.save()
        self._last["import"] = choice.source.parent
        self._in_session(
            session, self.tr("Importing…"), lambda: _import(session.project, choice), done
        )

    def _split(self, session: Session) -> None:
        def done(report: SplitReport) -> None:
            text = self.tr("Split into training, validation and test: {}.")
            rows = [row for row in report.rows if row.item == session.item.name]
            counts = (
                f"{one.class_name} {' / '.join(map(str, one.images.values()))}" for one in rows
            )
            self.noted.emit(text.format(", ".join(counts)))

        session.documents.save()
        self._in_session(session, self.tr("Splitting…"), lambda: split(session.project), done)

    def _tell_imported(self, project: Project, item: str, text: str) -> None:
        """Say it, and how many images of the item wait to be painted."""
        item_id = item_named(project, item).id
        waiting = sum(image.is_unpainted for image in project.images(item_id))
        if waiting:
            text += " " + self.tr("{} images are to be painted.").format(waiting)
            self.ended.emit(text, self.tr("Show them"), lambda: self.unpainted.emit(item_id))
        else:
            self.noted.emit(text)

    def _export(self, session: Session, choice: ExportChoice) -> None:
        self._last["export"] = choice.out.parent
        session.documents.save()

        def work() -> ExportReport:
            return export(
                session.project,
                choice.out,
                choice.format,
                item=session.item.name,
                splits=choice.splits,
                real=choice.real,
                synthetic=choice.synthetic,
                undecided=choice.undecided,
                tile=choice.tile,
            )

        def done(report: ExportReport) -> None:
            text = self.tr("{} images exported, {} of them synthetic: {}")
            said = text.format(report.images, report.synthetic, choice.out)
            folder = QUrl.fromLocalFile(str(choice.out))
            self.ended.emit(
                " ".join((f"{said}.", *report.notes)),
                self.tr("Open folder"),
                lambda: QDesktopServices.openUrl(folder),
            )

        self._in_session(session, self.tr("Exporting…"), work, done)

    def _open_session(self) -> Session:
        assert self.session is not None, "the action is disabled without a project"
        return self.session

    def _tell_progress(self, done: int, total: int) -> None:
        self._files.post(lambda: self.progressed.emit(done, total))

    def ask(self, dialog: QDialog, accepted: Callable[[], object] = lambda: None) -> None:
        """Open a dialog; it is gone when it is closed."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(accepted)
        dialog.open()

    def _do(self, text: str, work: Callable[[], object], done: Callable[..., object]) -> None:
        self._run(self._files, text, work, done)

    def _in_session(
        self, session: Session, text: str, work: Callable[[], object], done: Callable[..., object]
    ) -> None:
        self._run(session.files, text, work, done)

    def _run(
        self,
        thread: Background,
        text: str,
        work: Callable[[], object],
        done: Callable[..., object],
    ) -> None:
        self.busy.emit(text)

        def end(result: object) -> None:
            self.busy.emit("")
            done(result)

        def fail(error: object) -> None:
            self.busy.emit("")
            self.failed.emit(error)

        thread.run(work, end, fail)


def _import(project: Project, choice: ImportChoice, *, dry_run: bool = False) -> ImportReport:
    return import_images(
        project,
        choice.source,
        format=choice.format,
        item=choice.item,
        groups_csv=choice.groups_csv,
        dry_run=dry_run,
    )
