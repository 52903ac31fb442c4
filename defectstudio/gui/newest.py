"""A generator that was just trained is used, unless a person chose another meanwhile."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from defectstudio.app.studio import Studio
from defectstudio.domain.records import Item, JobRecord
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.project.project import Project


class Newest(QObject):
    """Remembers what Paint and Batch used when trainings began.

    ended: a text, a verb, and the id of the action that does it.
    """

    ended = Signal(str, str, str)

    def __init__(self, project: Project, studio: Studio, batch: BatchPage, parent: QObject) -> None:
        super().__init__(parent)
        self._project, self._studio, self._batch = project, studio, batch
        self._paint_before: dict[str, str] = {}
        self._batch_before: dict[str, str] = {}

    def begin(self, job: JobRecord) -> None:
        """A training began."""
        if job.kind == "train":
            self._paint_before[job.title] = self._in_paint
            self._batch_before[job.title] = self._batch.generator

    def take(self, name: str, item: Item) -> None:
        """A training has made a generator, which is used if it is the item's that is shown."""
        own = self._project.generators(item.id)
        made = next((one for one in own if one.name == name), None)
        paint, batch = self._in_paint, self._batch.generator
        # Where nothing was chosen, what is chosen now was so by itself.
        painted = self._paint_before.pop(name, None) in ("", paint) and made is not None
        planned = self._batch_before.pop(name, None) in ("", batch) and made is not None
        if painted:
            self._studio.choose_generator(made)
            _move_on(self._paint_before, paint, name)
        if planned:
            self._batch.choose_generator(name)
            _move_on(self._batch_before, batch, name)
        if painted and planned:
            text = self.tr("{} is trained: Paint and Batch use it now.")
        else:
            text = self.tr("{} is trained and can be used.")
        self.ended.emit(text.format(name), self.tr("Batch"), "batch.plan")

    @property
    def _in_paint(self) -> str:
        chosen = self._studio.generator
        return "" if chosen is None else chosen.name


def _move_on(before: dict[str, str], old: str, new: str) -> None:
    """What was replaced by itself counts as nobody's choice for the trainings still under way."""
    before.update({name: new for name, chosen in before.items() if chosen == old})
