"""Segmenters in the window: trained, judged, compared; what fills the Evaluate tab."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QWidget

from defectstudio.app.accepting import FoundPart, accept_prediction, found_parts
from defectstudio.app.comparing import forecast, start_comparison
from defectstudio.app.judged import (
    Evaluation,
    JudgedPicture,
    last_evaluation,
    open_judged,
    read_evaluation,
)
from defectstudio.app.judging import start_evaluation, start_prediction
from defectstudio.app.run_files import report_page
from defectstudio.app.segmenting import start_segmenter_training
from defectstudio.app.splitting import Learning, complete_split, learning
from defectstudio.app.training_order import SegmenterOrder
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import JobRecord, JobState, Split
from defectstudio.domain.segmenting import JudgedImage
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.dialogs.accept_label import AcceptLabelDialog
from defectstudio.gui.dialogs.compare import CompareChoice, CompareDialog
from defectstudio.gui.dialogs.predict import PredictChoice, PredictDialog
from defectstudio.gui.dialogs.segmenter import SegmenterChoice, SegmenterDialog
from defectstudio.gui.panels.evaluate import EvaluatePage
from defectstudio.gui.session import Session
from defectstudio.gui.telling import in_words
from defectstudio.jobs.following import FollowedJob
from defectstudio.jobs.process import WorkerProcess


class Judging(QObject):
    """failed: an error; noted: a text; painted: the id of an image to paint on."""

    failed = Signal(object)
    noted = Signal(str)
    painted = Signal(int)

    def __init__(self, window: QWidget, page: EvaluatePage, bridge: Bridge) -> None:
        super().__init__(window)
        self._window, self._page = window, page
        self._reader = Background("judging", bridge)
        self._session: Session | None = None
        self._evaluation: Evaluation | None = None
        self._forecaster: WorkerProcess | None = None
        self._asking: CompareDialog | None = None
        page.wanted.connect(self._show)
        page.judge.connect(self._judge)
        page.train.connect(self.ask_train)
        page.picture.connect(self._open)
        page.report.connect(self._open_report)
        page.pane.paint.connect(self.painted)
        page.pane.accept.connect(self._ask_accept)

    def use(self, session: Session) -> None:
        """Show the segmenters of an open project."""
        self._session = session
        session.jobs.ended.connect(self._on_ended)
        session.item_shown.connect(self.show_item)
        session.bridge.relay(session.project.changed, self._on_changed)
        self.show_item()

    def let_go(self) -> None:
        """The project is closed."""
        self._session = self._evaluation = None
        self._stop_forecast()
        self._page.show_segmenters([])

    def end(self) -> None:
        """The window is closed."""
        self._session = None
        self._stop_forecast()
        self._reader.close(drop=True)
        self._page.figures.end()

    def show_item(self) -> None:
        """Show the segmenters of the session's item."""
        if self._session is not None:
            self._page.show_segmenters(self._session.project.segmenters(self._session.item.id))

    # --- dialogs

    def ask_train(self) -> None:
        """Train a segmenter."""
        session = self._session
        if session is None:
            return
        project, item = session.project, session.item
        taken = [one.name for one in project.segmenters()]
        made = sum(one.usable for one in project.samples(item.id))

        def ask(known: Learning) -> None:
            dialog = SegmenterDialog(taken, known, made, self._window)
            self._ask(dialog, lambda: self._train(session, dialog.choice))

        session.documents.save()
        session.files.run(lambda: learning(project, item), ask, self.failed.emit)

    def ask_predict(self) -> None:
        """Let a segmenter look at pictures that are no part of the project."""
        session = self._session
        if session is None:
            return
        names = [one.name for one in session.project.segmenters()]
        if not names:
            self.noted.emit(self.tr("No segmenter yet: train one first."))
            return
        dialog = PredictDialog(names[::-1], self._window)
        self._ask(dialog, lambda: self._predict(session, dialog.choice))

    def ask_compare(self) -> None:
        """Compare generators, or segmenters with and without their samples."""
        session = self._session
        if session is None:
            return
        generators = [one.name for one in session.project.generators(session.item.id)]
        dialog = CompareDialog(session.item.name, generators, self._window)
        dialog.asked.connect(lambda choice: self._forecast(session, choice, dialog))
        dialog.finished.connect(self._stop_forecast)
        self._ask(dialog, lambda: self._compare(session, dialog.choice))

    def _ask(self, dialog: QDialog, accepted: Callable[[], object]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(accepted)
        dialog.open()

    def _train(self, session: Session, choice: SegmenterChoice) -> None:
        project, item = session.project, session.item

        def start() -> FollowedJob:
            complete_split(project, item)
            order = SegmenterOrder(choice.name, item.name, choice.overrides, choice.device)
            return start_segmenter_training(project, order)

        session.jobs.start(start)

    def _predict(self, session: Session, choice: PredictChoice) -> None:
        session.jobs.start(
            lambda: start_prediction(
                session.project,
                model=choice.segmenter,
                source=choice.source,
                target=choice.target,
                threshold=choice.threshold,
                device=choice.device,
            )
        )

    def _compare(self, session: Session, choice: CompareChoice) -> None:
        project, item = session.project, session.item.name
        session.jobs.start(
            lambda: start_comparison(
                project,
                protocol=choice.protocol,
                item=item,
                overrides=choice.overrides,
                device=choice.device,
            )
        )

    def _forecast(self, session: Session, choice: CompareChoice, dialog: CompareDialog) -> None:
        project, item = session.project, session.item.name

        def work() -> object:
            return forecast(
                project,
                protocol=choice.protocol,
                item=item,
                overrides=choice.overrides,
                device=choice.device,
                began=self._began,
            )

        def answer(show: Callable[..., object]) -> Callable[..., None]:
            # A dialog that is closed by now is gone.
            return lambda told: show(told) if self._asking is dialog else None

        self._asking = dialog
        self._reader.run(work, answer(dialog.show_forecast), answer(dialog.show_error))

    def _began(self, worker: WorkerProcess) -> None:
        self._forecaster = worker

    def _stop_forecast(self) -> None:
        worker, self._forecaster, self._asking = self._forecaster, None, None
        if worker is not None:
            worker.stop(0, 1)

    # --- the Evaluate tab

    def _judge(self, segmenter: str, part: Split) -> None:
        session = self._session
        if session is not None:
            session.jobs.start(
                lambda: start_evaluation(session.project, model=segmenter, split=part)
            )
            self._page.show_nothing(self.tr("{} is being judged…").format(segmenter))

    def _show(self, segmenter: str, part: Split) -> None:
        session = self._session
        if session is None:
            return
        self._evaluation = None
        job = last_evaluation(session.project, segmenter, part)
        if job is None:
            text = self.tr("{} has not been judged on the {} split.")
            self._page.show_nothing(text.format(segmenter, part.value))
            return
        item_id = session.item.id

        def read() -> tuple[Evaluation, dict[str, str]]:
            names = {one.sha256: one.name for one in session.project.images(item_id)}
            return read_evaluation(job), names

        def done(found: tuple[Evaluation, dict[str, str]]) -> None:
            self._evaluation = found[0]
            self._page.show_evaluation(*found)

        self._page.show_nothing(self.tr("Reading the report…"))
        self._read(read, done, lambda error: self._page.show_nothing(in_words(error)))

    def _open(self, image: JudgedImage) -> None:
        session, found = self._session, self._evaluation
        if session is not None and found is not None:
            self._read(
                lambda: open_judged(session.project, found, image),
                self._page.show_picture,
                self.failed.emit,
            )

    def _read(
        self,
        work: Callable[[], object],
        done: Callable[..., object],
        failed: Callable[[DefectStudioError], object],
    ) -> None:
        """Read off the window's thread; what belongs to a project closed meanwhile is dropped."""
        session = self._session
        self._reader.run_while(lambda: self._session is session, work, done, failed)

    def _open_report(self) -> None:
        page = report_page(self._evaluation.job.folder) if self._evaluation else None
        if page is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def _ask_accept(self, picture: JudgedPicture, threshold: float) -> None:
        session, record = self._session, picture.record
        if session is None or record is None:
            return
        classes = session.project.classes(record.item_id)
        if not classes:
            self.noted.emit(self.tr("The item has no class: add one first."))
            return
        class_id = record.class_ids[0] if record.class_ids else classes[0].id

        def ask(parts: list[FoundPart]) -> None:
            if not parts:
                self.noted.emit(self.tr("Nothing is found at this threshold."))
                return
            dialog = AcceptLabelDialog(record.name, classes, parts, picture.levels[0], self._window)
            self._ask(dialog, lambda: self._accept(session, picture, dialog.parts))

        self._read(lambda: found_parts(picture, threshold, class_id), ask, self.failed.emit)

    def _accept(self, session: Session, picture: JudgedPicture, parts: list[FoundPart]) -> None:
        text = self.tr("The prediction is the label of {} now.").format(picture.record.name)
        session.documents.change(
            lambda: accept_prediction(session.project, picture, parts),
            lambda _: self.noted.emit(text),
            self.failed.emit,
        )

    # --- what happens meanwhile

    def _on_changed(self, table: str) -> None:
        if table == "segmenters":
            self.show_item()

    def _on_ended(self, job: JobRecord) -> None:
        if job.kind == "evaluate":
            self._page.choose_again()
        if job.state is not JobState.DONE:
            return
        if job.kind == "train_segmenter":
            self.noted.emit(self.tr("{} is trained; judge it in Evaluate.").format(job.title))
        elif job.kind == "predict":
            self.noted.emit(
                self.tr("Done: {}. Masks and overlays are in the folder named.").format(job.title)
            )
        elif job.kind == "compare":
            self.noted.emit(
                self.tr("Done: {}. Its report is opened from the list of jobs.").format(job.title)
            )
