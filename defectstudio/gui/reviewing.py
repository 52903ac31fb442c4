"""What is said of samples on the review page goes to the project, and can be taken back."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from defectstudio.app.history import History
from defectstudio.app.reviewing import Making, ReviewCommand, makings
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.gui.background import Background
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.project.project import Project

_AT_ONCE = 200
"""Recipes read in one go; what is to be saved waits no longer than for these."""


class Reviewing(QObject):
    """Joins the page to an open project. failed: an error."""

    failed = Signal(object)

    def __init__(
        self,
        project: Project,
        history: History,
        files: Background,
        page: ReviewPage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._project, self._history, self._files, self._page = project, history, files, page
        self._known: dict[int, Making] = {}
        self._wanted: list[SampleRecord] = []
        self._reading = False
        page.judged.connect(self._judge)

    def show(self, samples: list[SampleRecord], names: dict[int, str]) -> None:
        """Show an item's samples; names: class id -> name."""
        self._page.show_samples(samples, names)
        self._wanted = [one for one in samples if one.id not in self._known]
        self._page.show_makings({})
        if not self._reading:
            self._read()

    def _judge(self, samples: list[SampleRecord], review: Review) -> None:
        before = {one.id: one.review for one in samples if one.review is not review}
        if before:
            command = ReviewCommand(before, review, self._apply)
            command.redo()
            self._history.push(command)

    def _apply(self, reviews: Mapping[int, Review]) -> None:
        self._files.run(
            lambda: self._project.set_reviews(reviews), lambda _: None, self.failed.emit
        )

    def _read(self) -> None:
        """Learn from their recipes how samples were made, some at a time."""
        some, self._wanted = self._wanted[:_AT_ONCE], self._wanted[_AT_ONCE:]
        self._reading = bool(some)
        if not some:
            return

        def done(found: dict[int, Making]) -> None:
            self._known.update(found)
            self._page.show_makings(found)
            self._read()

        def failed(error: object) -> None:
            self._reading = False
            self.failed.emit(error)

        self._files.run(lambda: makings(self._project, some), done, failed)
