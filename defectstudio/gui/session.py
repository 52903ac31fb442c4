"""An open project in the window: its studio, documents, previews and jobs, wired together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app.class_locks import keep_locks, read_locks
from defectstudio.app.document import drafts
from defectstudio.app.placing import class_shapes
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import Item, JobRecord, JobState, Role, Split
from defectstudio.gui.auditing import Auditing
from defectstudio.gui.background import Background
from defectstudio.gui.batching import Batching
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.documents import Documents
from defectstudio.gui.gallery import Gallery
from defectstudio.gui.job_control import JobControl
from defectstudio.gui.newest import Newest
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.gui.panels.images import ImagesPanel
from defectstudio.gui.panels.jobs import JobsPanel
from defectstudio.gui.panels.painting import PaintingPage
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.gui.panels.samples import SamplesPanel
from defectstudio.gui.panels.status import StatusLine
from defectstudio.gui.panels.style.panel import StylePanel
from defectstudio.gui.previews import Previewing, Previews
from defectstudio.gui.reviewing import Reviewing
from defectstudio.gui.styling import Styling
from defectstudio.imaging.shapes import Shape
from defectstudio.project.project import Project

SETTLE_MS = 80
"""Changes of the project that come closer together are read once."""


@dataclass(frozen=True)
class Panels:
    """The parts of the window a session fills."""

    images: ImagesPanel
    painting: PaintingPage
    style: StylePanel
    samples: SamplesPanel
    batch: BatchPage
    review: ReviewPage
    jobs: JobsPanel
    status: StatusLine


class Session(QObject):
    """Lives as long as the project is open. failed: an error; noted: a text; ended: a text, a verb,
    the id of the action that does it; item_shown: the item is another one."""

    failed = Signal(object)
    noted = Signal(str)
    ended = Signal(str, str, str)
    item_shown = Signal()

    def __init__(self, project: Project, studio: Studio, files: Background, bridge: Bridge) -> None:
        super().__init__()
        self.project, self.studio = project, studio
        self.files, self.bridge = files, bridge
        self._tools = Background("tools", bridge)
        self.documents = Documents(project, studio, files)
        self.jobs = JobControl(project, bridge, files)
        self.previews: Previews | None = None
        self.gallery: Gallery | None = None
        self._panels: Panels | None = None
        self._due: set[str] = set()
        self._locked: frozenset[int] = frozenset()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._read_due)
        self.item: Item = project.items()[0]

    # --- life

    def fill(self, panels: Panels, source: Previewing) -> None:
        """Join everything to the panels and show the first background."""
        self._panels = panels
        item = panels.painting.canvas.item
        self.previews = Previews(self.project, self.studio, item, source, self.bridge)
        self.gallery = Gallery(self.project, self.studio, source, self.bridge)
        self.styling = Styling(
            self.project, self.studio, source, files=self.files, bridge=self.bridge
        )
        panels.style.gallery.use(self.gallery)
        panels.style.reference.use(self.files)
        self._reviewing = Reviewing(
            self.project, self.studio.history, self.files, panels.review, self
        )
        self._batching = Batching(
            self.project, self.studio, self.files,
            jobs=self.jobs, page=panels.batch, parent=self,
        )  # fmt: skip
        self.auditing = Auditing(
            self.project, self.files,
            jobs=self.jobs, review=panels.review, batch=panels.batch, parent=self,
        )  # fmt: skip
        self._newest = Newest(self.project, self.studio, panels.batch, self)
        for emitter in (self._newest, self._batching):
            emitter.ended.connect(self.ended)
        self._connect_studio(panels, self.previews)
        self._connect_panels(panels, self.previews)
        parts = (self.documents, self.previews, self.gallery, self.jobs, self.styling)
        for emitter in (*parts, self._reviewing, self._batching, self.auditing):
            emitter.setParent(self)  # ends with the session, and what listens to it is let go
            emitter.failed.connect(self.failed)
        for emitter in (self._batching, self.auditing, self.previews, self.styling):
            emitter.noted.connect(self.noted)
        panels.style.seeds.forgotten.connect(self.styling.forget)
        self.styling.busy.connect(panels.style.seeds.show_searching)
        panels.style.reference.taken.connect(self.styling.read)
        self.bridge.relay(self.project.changed, self._on_changed)
        panels.painting.use(self.studio, self._tools.run)
        panels.painting.noted.connect(self.noted)
        panels.status.show_history(self.studio.history)
        panels.jobs.watch(self.jobs)
        self.choose_item(self.item.id)
        self._read_jobs()

    def close(self) -> None:
        """Save, stop the workers, join the threads, close the project. May take seconds."""
        self._timer.stop()
        self.documents.finish()
        if self.previews is not None and self.gallery is not None:
            self.previews.close()
            self.gallery.close()
        self.jobs.close()
        self._batching.close()
        self.auditing.close()
        self._tools.close(drop=True)
        self.files.close()
        self.bridge.close()
        self.project.close()

    # --- what a person does

    def choose_item(self, item_id: int) -> None:
        """Show a product, and an image of it unless one is shown."""
        assert self._panels is not None
        document = self.studio.document
        is_shown = document is not None and document.record.item_id == item_id
        if not is_shown:
            # What is painted there would be of the classes of this item.
            self.documents.leave()
        self.item = self.project.item(item_id)
        self._read_locks(item_id)
        self._panels.images.show_items(self.project.items(), item_id)
        for table in ("classes", "generators", "images", "samples"):
            self._read(table)
        self.auditing.refresh(self.item)
        if not is_shown:
            self._panels.images.choose_first()
        self.item_shown.emit()

    def add_class(self, name: str) -> None:
        """Add a defect class to the item and paint it."""
        self._try(lambda: self.studio.choose_class(self.project.add_class(self.item.id, name).id))

    def take_shape(self, *, told: bool = True) -> None:
        """Let the stamp draw another real shape of the class; told: say so where there is none."""
        class_id, records = self.studio.class_id, self.project.images(self.item.id)
        images = [one for one in records if one.split in (None, Split.TRAIN)]

        def taken(shapes: Sequence[Shape]) -> None:
            if not self.studio.take_shape([one.mask for one in shapes]) and told:
                self.noted.emit(self.tr("No real defect of this class is labeled for training."))

        self.files.run(lambda: class_shapes(images, class_id), taken, self.failed.emit)

    def remove_sample(self, sample_id: int) -> None:
        """Take a sample out of the project."""
        self._try(lambda: self.project.remove_sample(sample_id))

    def find_labeled(self, found: Callable[[dict[str, bool]], None]) -> None:
        """Tell the defect images of the item that may be references, and which of them is open.

        What is painted is saved first, off this thread; `found` is called when that is done.
        """
        self.documents.save()
        document, item_id = self.studio.document, self.item.id
        open_id = None if document is None else document.record.id

        def labeled() -> dict[str, bool]:
            images = self.project.images(item_id, role=Role.DEFECT)
            return {
                image.name: image.id == open_id
                for image in images
                if image.class_ids and image.label_file and image.split in (None, Split.TRAIN)
            }

        self.files.run(labeled, found, self.failed.emit)

    def undo(self) -> None:
        """Take the last step back."""
        self._try(self.studio.history.undo)

    def redo(self) -> None:
        """Do the last undone step again."""
        self._try(self.studio.history.redo)

    # --- wiring

    def _connect_studio(self, panels: Panels, previews: Previews) -> None:
        studio, canvas = self.studio, panels.painting.canvas

        def opened(document: object) -> None:
            if document is not None and studio.document.record.item_id != self.item.id:
                self.choose_item(studio.document.record.item_id)
            panels.painting.show_document()
            previews.forget()
            self.gallery.refresh()
            if document is not None:
                panels.images.choose(studio.document.record.id)
                panels.batch.follow(studio.document.record.id)
            panels.status.show_image(*panels.images.place)

        def painted(box: object) -> None:
            previews.mask_changed()
            canvas.item.refresh(box)

        def edited() -> None:
            self.documents.edited()
            panels.painting.tell_label()
            previews.mask_changed()
            previews.refresh()
            self.gallery.refresh()

        def chosen() -> None:
            self._keep_locks()
            panels.style.refresh()
            panels.painting.refresh()
            names = {defect.id: defect.name for defect in studio.classes}
            panels.status.show_class(names.get(studio.class_id, ""))
            previews.refresh()
            self.gallery.refresh()

        for signal, slot in (
            (studio.opened, opened),
            (studio.painted, painted),
            (studio.changed, self.documents.keep),
            (studio.edited, edited),
            (studio.chosen, chosen),
            (studio.tools.changed, panels.painting.refresh),
            (studio.history.changed, panels.painting.tell_label),
            (studio.history.changed, lambda: panels.status.show_history(studio.history)),
            (studio.refused, panels.painting.refuse),
            (studio.wanted, self.documents.open),
        ):
            self.bridge.relay(signal, slot)

    def _connect_panels(self, panels: Panels, previews: Previews) -> None:
        panels.images.image_chosen.connect(self.documents.open)
        panels.images.item_chosen.connect(self.choose_item)
        panels.style.class_added.connect(self.add_class)
        panels.style.reference.wanted.connect(self.documents.open)
        self.jobs.pictured.connect(self._on_picture)
        panels.samples.removed.connect(self.remove_sample)
        previews.changed.connect(panels.style.show_state)
        previews.device.connect(panels.status.show_device)
        self.documents.saved.connect(self._on_saved)
        self.documents.stayed.connect(panels.images.choose)
        self.jobs.started.connect(self._newest.begin)
        self.jobs.started.connect(lambda _job: self._read_jobs())
        self.jobs.ended.connect(self._on_ended)
        self.jobs.aged.connect(self._read_jobs)
        canvas = panels.painting.canvas
        canvas.hovered.connect(self._on_hover)
        canvas.zoomed.connect(panels.status.show_zoom)

    def _read_locks(self, item_id: int) -> None:
        """Those of the item; they are there before an image of it is, which is read after them."""

        def show(locked: frozenset[int]) -> None:
            if self.item.id == item_id:
                self._locked = locked
                self.studio.show_locks(locked)

        show(frozenset())
        self.files.run(lambda: read_locks(self.project.root).of(item_id), show, self.failed.emit)

    def _keep_locks(self) -> None:
        """Locks that a person changed are there in the next session."""
        locked = self.studio.locked
        if locked != self._locked:
            self._locked, root, item_id = locked, self.project.root, self.item.id
            self.files.run(
                lambda: keep_locks(root, item_id, locked), lambda _: None, self.failed.emit
            )

    def _on_hover(self, row: float, column: float) -> None:
        if self._panels is not None:
            self._panels.status.show_pointer(self.studio.document, row, column)

    def _on_saved(self, text: str) -> None:
        assert self._panels is not None
        self._panels.status.show_saved(text)
        self._on_changed("images")

    def _on_ended(self, job: JobRecord) -> None:
        self._read_jobs()
        if self._panels is not None and not self.jobs.count:
            self._panels.style.reference.show_training(None)
        if job.state is JobState.DONE and job.kind == "train":
            self._try(lambda: self._read("generators"))
            self._try(lambda: self._newest.take(job.title, self.item))

    def _on_picture(self, job_id: int, pixels: object) -> None:
        if self._panels is not None and self.jobs.is_running(job_id):
            self._panels.style.reference.show_training(pixels)

    # --- reading the project again

    def _on_changed(self, table: str) -> None:
        self._due.add(table)
        if not self._timer.isActive():
            self._timer.start()

    def _read_due(self) -> None:
        due, self._due = self._due, set()
        for table in sorted(due):
            self._try(lambda table=table: self._read(table))

    def _read(self, table: str) -> None:
        readers: dict[str, Callable[[], None]] = {
            "items": self._read_items,
            "classes": self._read_classes,
            "images": self._read_images,
            "samples": self._read_samples,
            "generators": self._read_generators,
            "jobs": self._read_jobs,
        }
        if table in readers:
            readers[table]()
        if table in ("classes", "generators", "images"):
            self._batching.refresh(self.item)

    def _read_items(self) -> None:
        assert self._panels is not None
        self._panels.images.show_items(self.project.items(), self.item.id)

    def _read_classes(self) -> None:
        self.studio.show_classes(tuple(self.project.classes(self.item.id)))

    def _read_images(self) -> None:
        assert self._panels is not None
        samples = Counter(
            one.background_id for one in self.project.samples(self.item.id) if one.usable
        )
        images = self.project.images(self.item.id)
        self._panels.images.show_images(images, drafts(self.project), dict(samples))
        self._panels.style.reference.show_images(images)
        self._panels.status.show_image(*self._panels.images.place)

    def _read_samples(self) -> None:
        assert self._panels is not None
        names = {defect.id: defect.name for defect in self.project.classes(self.item.id)}
        samples = self.project.samples(self.item.id)
        self._panels.samples.show_samples([one for one in samples if one.usable], names)
        self._reviewing.show(samples, names)
        self._read_images()

    def _read_generators(self) -> None:
        assert self._panels is not None
        generators = self.project.generators(self.item.id)
        self._panels.style.show_generators(generators)
        self._panels.samples.allow_making(bool(generators))

    def _read_jobs(self) -> None:
        assert self._panels is not None
        jobs = self.project.jobs()
        self.jobs.heed(jobs)
        self._panels.jobs.show_jobs(jobs)
        running = self.jobs.count
        starts = self.jobs.is_starting
        text = self.tr("{} job(s) starting…") if starts else self.tr("{} job(s) under way")
        self._panels.status.show_jobs(text.format(running) if running else "")

    def _try(self, call: Callable[[], object]) -> None:
        try:
            call()
        except DefectStudioError as error:
            self.failed.emit(error)


def open_session(project: Project) -> Session:
    """A session with a thread and dice of its own."""
    bridge = Bridge()
    files = Background("files", bridge)
    return Session(project, Studio(np.random.default_rng(), files.executor), files, bridge)
