"""The live preview: each change is frozen as a recipe, late answers are dropped, accepting."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from psygnal import SignalInstance
from PySide6.QtCore import QObject, QTimer, Signal

from defectstudio.app.display import pyramid, shown
from defectstudio.app.outlines import outlines
from defectstudio.app.recipes import recipe_box, same_sample
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.events import StyleFound
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.records import SampleRecord
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.canvas.item import CanvasItem, Overlay
from defectstudio.imaging.compose import Composite, PlacedContent
from defectstudio.project.project import Project

SETTLE_MS = 25
"""Changes that come closer together are asked for once; longer where freezing them takes long."""


class Previewing(Protocol):
    """What makes previews and samples: `app.preview.Previewer`."""

    ready: SignalInstance
    failed: SignalInstance
    device: SignalInstance

    def request(self, recipe: Recipe) -> None: ...

    def accept(
        self,
        recipe: Recipe,
        accepted: Callable[[SampleRecord], None],
        refused: Callable[[DefectStudioError], None],
    ) -> None: ...

    def browse(
        self,
        recipe: Recipe,
        seeds: Sequence[int],
        browsed: Callable[[list[PlacedContent]], None],
        refused: Callable[[DefectStudioError], None],
    ) -> None: ...

    def find_style(
        self,
        recipe: Recipe,
        seeds: Sequence[int],
        found: Callable[[StyleFound], None],
        refused: Callable[[DefectStudioError], None],
    ) -> None: ...

    def close(self) -> None: ...


class State(Enum):
    """Where the preview stands."""

    NOTHING = "nothing"
    WAITING = "waiting"
    SHOWN = "shown"
    FAILED = "failed"


class Previews(QObject):
    """Asks for previews of the studio's recipe and lays the answers over the canvas.

    changed: state and the milliseconds the last answer took; accepted: a new sample; device:
    what the worker computes on; placed: the recipe on screen and its contents.
    """

    changed = Signal(object, int)
    accepted = Signal(object)
    failed = Signal(object)
    noted = Signal(str)
    device = Signal(str)
    placed = Signal(object, object)

    def __init__(
        self, project: Project, studio: Studio, item: CanvasItem, source: Previewing, bridge: Bridge
    ) -> None:
        super().__init__()
        self._project, self._studio, self._item, self._source = project, studio, item, source
        self._bridge = bridge
        self._asked: Recipe | None = None
        self._answered = False
        self._asked_at = 0.0
        self._took = 0
        self._enabled = self._overlays = True
        self._state = State.NOTHING
        self._last_accept: AcceptCommand | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._ask)
        bridge.relay(source.ready, self._ready)
        bridge.relay(source.failed, self._on_failure)
        bridge.relay(source.device, self.device.emit)

    @property
    def state(self) -> State:
        return self._state

    def refresh(self) -> None:
        """Something the preview depends on may have changed."""
        if not self._timer.isActive():
            self._timer.start()

    def mask_changed(self) -> None:
        """What is painted changed: it is shown filled until a preview of it is there.

        What is previewed under way is not: its preview follows the hand.
        """
        if not self._studio.live:
            if self._state is State.SHOWN:
                self._set(State.WAITING)
            self._show_overlay()
        self.refresh()

    def forget(self) -> None:
        """Another image is shown: nothing of the old one stays."""
        self._asked = None
        self._item.show_preview(None, None)
        self._set(State.NOTHING)
        self.refresh()

    def enable(self, enabled: bool) -> None:
        """Show previews, or the painted mask only."""
        self._enabled = enabled
        self._asked = None
        if not enabled:
            self._item.show_preview(None, None)
            self._set(State.NOTHING)
        self.refresh()

    def show_overlays(self, shown: bool) -> None:
        """Show or hide masks and outlines."""
        self._overlays = shown
        self._show_overlay()

    def accept(self) -> None:
        """Make the sample on screen and put it into the project, as one step to undo."""
        self._studio.end_stroke()
        recipe = self._studio.recipe(self._project.id)
        if recipe is None:
            self.noted.emit(self._why_nothing())
        elif self._last_accept is not None and self._last_accept.made(recipe):
            self.noted.emit(self.tr("This sample is accepted already. Roll the style for another."))
        else:
            command = AcceptCommand(self, self._project.remove_sample, recipe)
            self._last_accept = command
            command.redo()
            self._studio.history.push(command)
            self._studio.roll_after(recipe)

    def close(self) -> None:
        """End the preview worker."""
        self._timer.stop()
        self._source.close()

    def make(self, command: AcceptCommand) -> None:
        """Have a command's sample made, then tell it; one that cannot be is no step to undo."""

        def arrived(sample: SampleRecord) -> None:
            command.arrived(sample)
            self.accepted.emit(sample)

        def refused(error: DefectStudioError) -> None:
            command.refused()
            self._studio.history.discard(command)
            self.failed.emit(error)

        self._source.accept(
            command.recipe,
            lambda sample: self._bridge.post(lambda: arrived(sample)),
            lambda error: self._bridge.post(lambda: refused(error)),
        )

    def _ask(self) -> None:
        live, awaited = self._studio.live, self._asked is not None and not self._answered
        if self._studio.stroking and (not live or awaited):
            # A hand is faster than the worker: of a live edit is asked again after the answer.
            return
        started = time.monotonic()
        recipe = self._studio.recipe(self._project.id) if self._enabled else None
        self._timer.setInterval(max(SETTLE_MS, round(3000 * (time.monotonic() - started))))
        if recipe is None:
            self._asked = None
            self._item.show_preview(None, None)
            self._set(State.NOTHING)
        elif self._asked is None or recipe != self._asked:
            self._asked, self._asked_at, self._answered = recipe, time.monotonic(), False
            self._set(State.WAITING, keep_overlay=True)
            self._source.request(recipe)
        elif self._answered and self._state is State.WAITING:
            self._set(State.SHOWN, self._took)

    def _ready(self, composite: Composite, recipe: Recipe, contents: list[PlacedContent]) -> None:
        document = self._studio.document
        if document is None or recipe != self._asked:
            return
        box = recipe_box(recipe, document.plane.shape).grown(8).clipped(document.plane.shape)
        patch = shown(composite.image[box.slices].copy(), document.window)
        self._item.show_preview(pyramid(patch), box)
        self._item.show_outlines(outlines(composite.label[box.slices]), box)
        self._answered, self._took = True, round(1000 * (time.monotonic() - self._asked_at))
        self._set(State.SHOWN, self._took)
        self.placed.emit(recipe, contents)
        if self._studio.live:
            self.refresh()

    def _on_failure(self, error: DefectStudioError) -> None:
        self._answered = True
        self._set(State.FAILED)
        self.failed.emit(error)

    def _set(self, state: State, took: int = 0, *, keep_overlay: bool = False) -> None:
        self._state = state
        self.changed.emit(state, took)
        if not keep_overlay:
            self._show_overlay()

    def _show_overlay(self) -> None:
        if not self._overlays:
            self._item.set_overlay(Overlay.HIDDEN)
        elif self._state is State.SHOWN and (self._studio.live or not self._studio.stroking):
            self._item.set_overlay(Overlay.OUTLINE)
        else:
            self._item.set_overlay(Overlay.FILL)

    def _why_nothing(self) -> str:
        document = self._studio.document
        if document is None:
            return self.tr("Open a background first.")
        if not document.is_background:
            return self.tr("Samples are made on normal images; this one shows a real defect.")
        if not document.takes_samples:
            return self.tr("This image is of the test split: nothing synthetic may get there.")
        if self._studio.generator is None:
            return self.tr("Train or choose a generator first.")
        return self.tr("Paint where the defect should be first.")


class AcceptCommand:
    """Taking a sample into the project; undone, the sample is removed again."""

    text = "Accept sample"
    cost = 0

    def __init__(self, previews: Previews, remove: Callable[[int], None], recipe: Recipe) -> None:
        self._previews, self._remove, self.recipe = previews, remove, recipe
        self._sample_id: int | None = None
        self._wanted = self._being_made = False

    def made(self, recipe: Recipe) -> bool:
        """Whether this sample is in the project, or on its way, and is the recipe's."""
        return self._wanted and same_sample(recipe, self.recipe)

    def undo(self) -> None:
        self._wanted = False
        sample_id, self._sample_id = self._sample_id, None
        if sample_id is not None:
            self._remove(sample_id)

    def redo(self) -> None:
        self._wanted = True
        # Undone and done again before the worker had made it: it is the one on its way.
        if not self._being_made:
            self._being_made = True
            self._previews.make(self)

    def arrived(self, sample: SampleRecord) -> None:
        """The sample is in the project."""
        self._being_made = False
        self._sample_id = sample.id
        if not self._wanted:
            # Undone before the worker had made it.
            self.undo()

    def refused(self) -> None:
        """There is no sample; the same recipe can be tried again."""
        self._wanted = self._being_made = False
