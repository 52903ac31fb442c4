"""What is planned on the batch page is tried out, started and watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from defectstudio.app.batch_again import unmade_seed
from defectstudio.app.batch_ground import Ground, PlaceMap, batch_ground, place_map
from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.batch_plan import PlanLine, read_plan, write_plan
from defectstudio.app.batch_trial import discard_trial, read_trial
from defectstudio.app.studio import Studio
from defectstudio.app.synthesis import KIND, start_synthesis
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import Item, JobRecord, JobState
from defectstudio.gui.background import Background
from defectstudio.gui.job_control import JobControl
from defectstudio.gui.panels.batch import BatchChoice, BatchPage
from defectstudio.gui.telling import in_words
from defectstudio.jobs.following import FollowedJob
from defectstudio.project.project import Project

TRIED = 12
"""Samples of a dry run."""

_CSV = "CSV (*.csv)"


class Batching(QObject):
    """Joins the page to an open project. failed: an error; noted: a text.

    ended: a text, a verb, and the id of the action that does it.
    """

    failed = Signal(object)
    noted = Signal(str)
    ended = Signal(str, str, str)

    def __init__(
        self,
        project: Project,
        studio: Studio,
        files: Background,
        *,
        jobs: JobControl,
        page: BatchPage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._project, self._studio, self._files = project, studio, files
        self._jobs, self._page = jobs, page
        self._item: Item | None = None
        self._trial: FollowedJob | None = None
        self._map_number = 0
        for signal, slot in (
            (page.asked, self._read_again),
            (page.map_wanted, self._map),
            (page.tried, self._try_out),
            (page.cancelled, self._cancel),
            (page.started, self._start),
            (page.loaded, self._load),
            (page.saved, self._save),
            (jobs.progressed, self._on_progress),
            (jobs.ended, self._on_ended),
        ):
            signal.connect(slot)

    def refresh(self, item: Item) -> None:
        """The project changed, or another item is shown; what there is is read when it is seen."""
        self._item = item
        if self._page.isVisible():
            self._read_again()

    def close(self) -> None:
        """Leave no trial behind; its job has ended."""
        self._item = None
        # One that is being described now is a trial as well.
        self._files.finish(lambda: None)
        self._discard()

    # --- what there is

    def _read_again(self) -> None:
        item, project = self._item, self._project
        if item is not None:
            self._run(lambda: batch_ground(project, item), self._show)

    def _show(self, ground: Ground) -> None:
        self._page.show_ground(ground)
        if self._studio.document is not None:
            self._page.follow(self._studio.document.record.id)

    def _map(self) -> None:
        """Show where defects may fall; the answer to an older question is dropped."""
        item, choice, background = self._item, self._page.choice, self._page.background
        maker = (choice.generator, self._page.plan.current_class)
        self._map_number += 1
        number, project = self._map_number, self._project
        if item is None or background is None or not all(maker):
            self._page.places.show_nothing("")
            return

        def done(found: PlaceMap) -> None:
            if number == self._map_number:
                self._page.places.show_map(found)

        def failed(error: DefectStudioError) -> None:
            if number == self._map_number:
                self._page.places.show_nothing(in_words(error))

        self._files.run(
            lambda: place_map(
                project, item, background, maker, choice.overrides, painted_regions=choice.regions
            ),
            done,
            failed,
        )

    # --- jobs

    def _try_out(self, choice: BatchChoice) -> None:
        self._discard()
        self._page.show_trying(True)
        start = self._starter(choice, TRIED)

        def begin() -> FollowedJob:
            self._trial = start()
            return self._trial

        self._jobs.start(begin, failed=self._not_tried)

    def _start(self, choice: BatchChoice) -> None:
        """Make the samples; where they are there already, ask whether others are wanted."""
        order = self._order(choice, 0)

        def found(seed: int) -> None:
            if seed == choice.seed:
                self._make(choice)
            elif self._page.may_make_others(choice, seed):
                self._page.seed.setValue(seed)
                self._make(replace(choice, seed=seed))

        self._run(lambda: unmade_seed(self._project, order), found)

    def _make(self, choice: BatchChoice) -> None:
        self._jobs.start(self._starter(choice, 0))
        self.noted.emit(self.tr("{} samples are being made; see Jobs.").format(choice.count))

    def _starter(self, choice: BatchChoice, trial: int) -> Callable[[], FollowedJob]:
        order = self._order(choice, trial)
        return lambda: start_synthesis(self._project, order)

    def _order(self, choice: BatchChoice, trial: int) -> BatchOrder:
        item = self._item
        assert item is not None, "the page shows an item"
        return BatchOrder(
            choice.generator,
            item=item.name,
            plan=tuple(choice.plan),
            blend=choice.blend,
            seed=choice.seed,
            regions=choice.regions,
            overrides=choice.overrides,
            trial=trial,
        )

    def _cancel(self) -> None:
        if self._trial is not None:
            self._jobs.cancel(self._trial.record.id)

    def _on_progress(self, job_id: int, done: int, total: int) -> None:
        if self._trial is not None and self._trial.record.id == job_id:
            self._page.show_trying(True, done, total)

    def _on_ended(self, job: JobRecord) -> None:
        if self._trial is None or self._trial.record.id != job.id:
            if job.kind == KIND and job.state is JobState.DONE:
                text = self.tr("The samples are made: review them (Ctrl+R).")
                self.ended.emit(text, self.tr("Review"), "samples.review")
            return
        self._page.show_trying(False)
        if job.state is JobState.DONE:
            names = {one.id: one.name for one in self._studio.classes}
            self._page.show_trial(read_trial(self._trial), names)
        else:
            why = job.message or self.tr("It was cancelled.")
            self._page.sheet.show_text(self.tr("No dry run. {}").format(why))

    def _not_tried(self, error: DefectStudioError) -> None:
        self._page.show_trying(False)
        self._page.sheet.show_text("")
        self.failed.emit(error)

    def _discard(self) -> None:
        trial, self._trial = self._trial, None
        if trial is not None:
            self._jobs.cancel(trial.record.id)
            self._files.run(lambda: discard_trial(trial), lambda _: None, self.failed.emit)

    # --- plans as files

    def _load(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._page, self.tr("Open a plan"), "", _CSV)
        if name:
            self._run(lambda: list(read_plan(Path(name))), self._page.plan.show_lines)

    def _save(self, lines: tuple[PlanLine, ...]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._page, self.tr("Save the plan"), "plan.csv", _CSV
        )
        if name:
            self._run(lambda: write_plan(Path(name), lines), lambda _: None)

    def _run(self, work: Callable[[], object], done: Callable[..., object]) -> None:
        self._files.run(work, done, self.failed.emit)
