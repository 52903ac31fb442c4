"""Transfer in the window: previews by a worker of their own, then the comparison as a job."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from defectstudio.app.comparing import KIND, forecast, start_comparison
from defectstudio.app.run_files import report_page
from defectstudio.app.transferring import (
    Cell,
    TransferResult,
    last_transfer,
    near_defect,
    plan_grid,
    read_result,
)
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.records import Item, JobRecord, JobState, Role, Split
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.panels.transfer import Source, TransferChoice, TransferPage
from defectstudio.gui.previews import Previewing
from defectstudio.gui.session import Session
from defectstudio.gui.telling import in_words
from defectstudio.imaging.compose import Composite
from defectstudio.jobs.process import WorkerProcess
from defectstudio.project.project import Project

COLUMNS = 6
"""Backgrounds shown of the target."""


class Transferring(QObject):
    """The page asks; what takes time is done elsewhere and shown when it is there."""

    def __init__(self, page: TransferPage, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self._reader = Background("transfer", bridge)
        self._session: Session | None = None
        self._make: Callable[[], Previewing] | None = None
        self._source: Previewing | None = None
        self._waiting: deque[tuple[int, int, Recipe]] = deque()
        self._report: JobRecord | None = None
        self._forecaster: WorkerProcess | None = None
        page.wanted.connect(self._plan)
        page.looked.connect(self._show_result)
        page.start.connect(self._start)
        page.asked.connect(self._forecast)
        page.report.connect(self._open_report)

    def use(self, session: Session, make_previews: Callable[[], Previewing]) -> None:
        """Show the items of an open project; the maker of previews is made when it is needed."""
        self._session, self._make = session, make_previews
        session.jobs.ended.connect(self._on_ended)
        session.item_shown.connect(self.show_item)
        session.bridge.relay(session.project.changed, self._on_changed)
        self.show_item()

    def let_go(self) -> None:
        """The project is closed."""
        self._session = self._report = None
        self._waiting.clear()
        self._stop()
        self._page.show_sources("", [])

    def end(self) -> None:
        """The window is closed."""
        self._session = None
        self._stop()
        self._reader.close(drop=True)

    def show_item(self) -> None:
        """The session's item is the target; all others may be sources."""
        session = self._session
        if session is None:
            return
        project, target = session.project, session.item
        sources = [_source(project, item) for item in project.items() if item.id != target.id]
        self._page.show_sources(target.name, sources)

    # --- the grid

    def _plan(self, choice: TransferChoice) -> None:
        session, generator = self._session, choice.generator
        if session is None or generator is None:
            return
        self._waiting.clear()
        target = session.item
        self._read(
            lambda: plan_grid(
                session.project,
                generator,
                choice.classes,
                target,
                columns=COLUMNS,
                seed=choice.seed,
            ),
            self._show_plan,
            self._no_plan,
        )

    def _show_plan(self, rows: list[list[Cell]]) -> None:
        self._page.show_cells(rows)
        self._waiting = deque(
            (row, column, cell.recipe)
            for row, cells in enumerate(rows)
            for column, cell in enumerate(cells)
            if cell.recipe is not None
        )
        self._ask_next()

    def _no_plan(self, error: DefectStudioError) -> None:
        self._page.show_cells([])
        self._page.show_problem(in_words(error))

    def _ask_next(self) -> None:
        """One after the other: a maker of previews answers the newest question alone."""
        if self._waiting and self._session is not None:
            self._previews(self._session).request(self._waiting[0][2])

    def _previews(self, session: Session) -> Previewing:
        if self._source is None:
            assert self._make is not None
            self._source = self._make()
            bridge = session.bridge

            def made(composite: Composite, recipe: Recipe) -> None:
                # On the maker's own thread: a large image takes a while to be cut and toned.
                picture = near_defect(composite)
                bridge.post(lambda: self._answered(recipe, picture, ""))

            def failed(error: DefectStudioError) -> None:
                bridge.post(lambda: self._answered(None, None, in_words(error)))

            self._source.ready.connect(made)
            self._source.failed.connect(failed)
        return self._source

    def _answered(self, recipe: Recipe | None, picture: object, why: str) -> None:
        if not self._waiting or (recipe is not None and recipe != self._waiting[0][2]):
            return  # of a grid that is no longer shown
        row, column, _ = self._waiting.popleft()
        if picture is not None:
            self._page.grid.show_picture(row, column, picture)
        else:
            text = why or self.tr("Refused: no visible change")
            self._page.grid.show_text(row, column, text)
        self._ask_next()

    # --- training and testing

    def _start(self, choice: TransferChoice, changes: dict[str, str]) -> None:
        session = self._session
        if session is not None:
            target, overrides = session.item.name, _overrides(choice, changes)
            session.jobs.start(
                lambda: start_comparison(
                    session.project, protocol="transfer", item=target, overrides=overrides
                )
            )

    def _forecast(self, choice: TransferChoice, changes: dict[str, str]) -> None:
        session = self._session
        if session is not None:
            target, overrides = session.item.name, _overrides(choice, changes)
            self._read(
                lambda: forecast(
                    session.project,
                    protocol="transfer",
                    item=target,
                    overrides=overrides,
                    began=self._began,
                ),
                self._page.show_forecast,
                lambda error: self._page.show_problem(in_words(error)),
            )

    def _began(self, worker: WorkerProcess) -> None:
        self._forecaster = worker
        if self._session is None:
            worker.stop(0, 1)

    def _show_result(self, source: str) -> None:
        session = self._session
        self._report = None
        if session is None:
            return
        project, target = session.project, session.item.name

        def read() -> tuple[JobRecord, TransferResult] | None:
            job = last_transfer(project, target, source)
            return None if job is None else (job, read_result(job))

        def done(found: tuple[JobRecord, TransferResult] | None) -> None:
            if found is not None:
                self._report = found[0]
                self._page.show_result(found[1])

        self._read(read, done, lambda error: self._page.show_result(None, in_words(error)))

    def _open_report(self) -> None:
        page = report_page(self._report.folder) if self._report else None
        if page is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def _read(
        self,
        work: Callable[[], object],
        done: Callable[..., object],
        failed: Callable[[DefectStudioError], object],
    ) -> None:
        """Off the window's thread; what belongs to a project closed meanwhile is dropped."""
        session = self._session
        self._reader.run_while(lambda: self._session is session, work, done, failed)

    def _stop(self) -> None:
        source, self._source = self._source, None
        worker, self._forecaster = self._forecaster, None
        if worker is not None:
            worker.stop(0, 1)
        if source is not None:
            source.close()

    # --- what happens meanwhile

    def _on_changed(self, table: str) -> None:
        if table in {"items", "classes", "generators"}:
            self.show_item()

    def _on_ended(self, job: JobRecord) -> None:
        choice = self._page.choice
        is_ours = job.kind == KIND and job.title.startswith("transfer of ")
        if is_ours and job.state is JobState.DONE and choice is not None:
            self._show_result(choice.source.item.name)


def _source(project: Project, item: Item) -> Source:
    """With the classes that the training split has a label of."""
    labeled = {
        class_id
        for image in project.images(item.id, role=Role.DEFECT)
        if image.split in (None, Split.TRAIN)
        for class_id in image.class_ids
    }
    classes = tuple(one for one in project.classes(item.id) if one.id in labeled)
    return Source(item, tuple(project.generators(item.id)), classes)


def _overrides(choice: TransferChoice, changes: dict[str, str]) -> dict[str, str]:
    names = ",".join(one.name for one in choice.classes)
    generator = choice.generator.name if choice.generator else ""
    return {
        **changes, "source": choice.source.item.name, "classes": names, "generators": generator,
    }  # fmt: skip
