"""Live preview: the worker makes contents, a thread of this process blends them, newest first."""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from psygnal import EmitLoopError, Signal

from defectstudio.domain.errors import DefectStudioError, InternalError, ProjectError, RecipeError
from defectstudio.domain.events import Contents, Event, Failed, SampleMade, Started, StyleFound
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.records import ImageRecord, Review, SampleRecord
from defectstudio.domain.specs import PreviewRequest, Want
from defectstudio.imaging.compose import PlacedContent, compose
from defectstudio.imaging.reading import read_image
from defectstudio.imaging.types import Image
from defectstudio.jobs.ending import error_of
from defectstudio.jobs.preview_worker import PreviewWorker
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

Accepted = Callable[[SampleRecord], None]
Browsed = Callable[[list[PlacedContent]], None]
Found = Callable[[StyleFound], None]
Refused = Callable[[DefectStudioError], None]


@dataclass(frozen=True)
class _Asked:
    """A recipe on its way. accepted, browsed, found, refused: whom to tell; nobody of a preview."""

    recipe: Recipe
    accepted: Accepted | None = None
    browsed: Browsed | None = None
    found: Found | None = None
    refused: Refused | None = None
    seeds: tuple[int, ...] = ()
    again: bool = False
    """Whether a worker has died over it already."""

    @property
    def want(self) -> Want:
        """What the worker is to make of it."""
        if self.accepted is not None:
            return "sample"
        if self.found is not None:
            return "search" if self.seeds else "reading"
        return "contents" if self.browsed is None else "gallery"


class Previewer:
    """Turns recipes into composites and accepted samples without making anybody wait.

    One request is with the worker at a time; of the recipes that wait only the newest is kept,
    accepted ones go first and are never dropped, styles to find and galleries come last. Signals
    come on the previewer's own thread: ready(Composite, Recipe, its list of PlacedContent) for the
    newest recipe only, failed(error) when there is no preview of it, device(str) whenever a worker
    has started: what it computes on.
    """

    ready = Signal(object, object, object)
    failed = Signal(object)
    device = Signal(str)

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = Path(tempfile.mkdtemp(prefix="defectstudio-preview-"))
        self._inbox: queue.SimpleQueue[_Asked | Event | DefectStudioError | None] = (
            queue.SimpleQueue()
        )
        self._newest: Recipe | None = None
        self._number = 0
        self._with_worker: _Asked | None = None
        self._to_accept: list[_Asked] = []
        self._to_show: _Asked | None = None
        self._to_browse: _Asked | None = None
        self._to_find: list[_Asked] = []
        self._images: dict[str, ImageRecord] = {}
        self._pixels: tuple[str, Image] | None = None
        self._worker = PreviewWorker(self._folder / "log.txt", self._inbox.put, self._inbox.put)
        self._thread = threading.Thread(target=self._run, name="previewer", daemon=True)
        self._thread.start()

    def request(self, recipe: Recipe) -> None:
        """Show this recipe; what was asked before and is not yet ready is dropped."""
        self._newest = recipe
        self._inbox.put(_Asked(recipe))

    def accept(self, recipe: Recipe, accepted: Accepted, refused: Refused) -> None:
        """Let the worker make the sample and take it into the project.

        One of the two is called, on the previewer's thread: accepted with the record, or refused
        with the error. Neither when `close` comes first.
        """
        self._inbox.put(_Asked(recipe, accepted, refused=refused))

    def browse(
        self, recipe: Recipe, seeds: Sequence[int], browsed: Browsed, refused: Refused
    ) -> None:
        """Make the contents of the recipe's first defect, one a seed, when nothing else is due.

        One of the two is called, on the previewer's thread. Neither when `close` or another
        gallery comes first.
        """
        self._inbox.put(_Asked(recipe, browsed=browsed, refused=refused, seeds=tuple(seeds)))

    def find_style(
        self, recipe: Recipe, seeds: Sequence[int], found: Found, refused: Refused
    ) -> None:
        """Search the style of the recipe's first defect that fits best, from these seeds; without
        seeds the defect is a real one, and its style is read (`specs.PreviewRequest`).

        One of the two is called, on the previewer's thread. Neither when `close` comes first.
        """
        self._inbox.put(_Asked(recipe, found=found, refused=refused, seeds=tuple(seeds)))

    def close(self) -> None:
        """End the worker and the thread; what is not accepted by now is dropped."""
        self._worker.close()
        self._inbox.put(None)
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    # All below runs on the previewer's thread.

    def _run(self) -> None:
        while (letter := self._inbox.get()) is not None:
            self._read(letter)
            self._send_next()

    def _read(self, letter: _Asked | Event | DefectStudioError) -> None:
        if isinstance(letter, _Asked):
            self._enqueue(letter)
        elif isinstance(letter, Started):
            self._tell(self.device, letter.device)
        elif isinstance(letter, DefectStudioError):
            asked, self._with_worker = self._with_worker, None
            if asked is not None:
                self._worker_died(asked, letter)
        elif isinstance(letter, Contents | SampleMade | StyleFound | Failed):
            asked = self._with_worker
            if asked is not None and letter.request == self._number:
                self._with_worker = None
                with self._giving_up(asked):
                    self._answered(asked, letter)

    def _enqueue(self, asked: _Asked) -> None:
        if asked.want == "sample":
            self._to_accept.append(asked)
        elif asked.found is not None:
            self._to_find.append(asked)
        elif asked.want == "gallery":
            self._to_browse = asked
        else:
            self._to_show = asked

    def _worker_died(self, asked: _Asked, error: DefectStudioError) -> None:
        """Ask the next worker the same once more; what kills two of them is given up."""
        if asked.again:
            self._give_up(asked, error)
        elif asked.want == "sample":
            self._to_accept.insert(0, replace(asked, again=True))
        elif asked.found is not None:
            self._to_find.insert(0, replace(asked, again=True))
        elif asked.want == "gallery":
            self._to_browse = self._to_browse or replace(asked, again=True)
        else:
            self._to_show = self._to_show or replace(asked, again=True)

    def _send_next(self) -> None:
        while self._with_worker is None and (asked := self._next()) is not None:
            with self._giving_up(asked):
                if not self._worker.send(self._request(asked)):
                    raise InternalError(
                        "the preview worker cannot be reached",
                        remedy="Try again; the log of the window says more.",
                    )
                self._with_worker = asked

    def _next(self) -> _Asked | None:
        if self._to_accept:
            return self._to_accept.pop(0)
        shown, self._to_show = self._to_show, None
        if shown is not None:
            return shown
        if self._to_find:
            return self._to_find.pop(0)
        browsed, self._to_browse = self._to_browse, None
        return browsed

    def _request(self, asked: _Asked) -> PreviewRequest:
        self._number += 1
        recipe = asked.recipe
        sample = asked.want == "sample"
        return PreviewRequest(
            request=self._number,
            want=asked.want,
            recipe=recipe,
            background=self._background(recipe).file,
            generators=_generators(self._project, recipe),
            out=self._folder / (f"sample-{self._number}" if sample else "contents.bin"),
            seeds=asked.seeds,
        )

    def _answered(self, asked: _Asked, answer: Contents | SampleMade | StyleFound | Failed) -> None:
        if isinstance(answer, Failed):
            if asked.refused is not None or asked.recipe is self._newest:
                raise error_of(answer)
        elif isinstance(answer, SampleMade):
            self._take(asked, Path(answer.folder))
        elif isinstance(answer, StyleFound):
            if asked.found is not None:
                asked.found(answer)
        elif asked.browsed is not None:
            asked.browsed(read_contents(Path(answer.path), answer.blocks))
        elif asked.recipe is self._newest:
            contents = read_contents(Path(answer.path), answer.blocks)
            self._show(asked.recipe, contents)

    def _show(self, recipe: Recipe, contents: list[PlacedContent]) -> None:
        background = self._read_background(recipe)
        made = compose(background, contents, recipe.blend, recipe.grain, recipe.refine)
        if recipe is self._newest:
            self._tell(self.ready, made, recipe, contents)

    def _take(self, asked: _Asked, folder: Path) -> None:
        item_id = self._background(asked.recipe).item_id
        new = [NewSample.in_folder(folder)]
        sample_id = self._project.accept_samples(item_id, new, review=Review.ACCEPTED)[0]
        shutil.rmtree(folder, ignore_errors=True)
        record = next(s for s in self._project.samples(item_id) if s.id == sample_id)
        if asked.accepted is not None:
            asked.accepted(record)

    def _background(self, recipe: Recipe) -> ImageRecord:
        """The image of the recipe's background, of the item its generators belong to."""
        if recipe.background not in self._images:
            self._images[recipe.background] = _find_background(self._project, recipe)
        return self._images[recipe.background]

    def _read_background(self, recipe: Recipe) -> Image:
        if self._pixels is None or self._pixels[0] != recipe.background:
            self._pixels = (recipe.background, read_image(self._background(recipe).file))
        return self._pixels[1]

    @contextmanager
    def _giving_up(self, asked: _Asked) -> Iterator[None]:
        """An error in the block is the end of what was asked, not of the previewer."""
        try:
            yield
        except DefectStudioError as error:
            self._give_up(asked, error)
        except Exception as error:
            self._give_up(asked, InternalError(f"the preview failed: {error!r}"))

    def _give_up(self, asked: _Asked, error: DefectStudioError) -> None:
        if asked.refused is not None:
            asked.refused(error)
        else:
            self._tell(self.failed, error)

    def _tell(self, signal: Any, *values: object) -> None:
        try:
            signal.emit(*values)
        except EmitLoopError as error:
            # A listener's fault: it must surface, and must not end the preview.
            threading.excepthook(
                threading.ExceptHookArgs((type(error), error, error.__traceback__, self._thread))
            )


def read_contents(path: Path, blocks: list[dict[str, Any]]) -> list[PlacedContent]:
    """The contents in a mapped file, as copies of their own: the worker may write the next.

    blocks: for each content class_id, seed, top, left, height, width, channels, and where its
    float32 pixels (h, w, c) and its uint8 raw mask (h, w) begin. Raises InternalError when they
    do not lie in the file.
    """
    try:
        mapped = np.memmap(path, np.uint8, "r") if blocks else np.zeros(0, np.uint8)
        return [_content(mapped, block) for block in blocks]
    except (OSError, KeyError, ValueError) as error:
        raise InternalError(f"the worker's contents cannot be read: {error}") from error


def _content(
    mapped: np.ndarray[Any, np.dtype[np.uint8]], block: Mapping[str, Any]
) -> PlacedContent:
    height, width, channels = block["height"], block["width"], block["channels"]
    start, size = block["pixels_offset"], 4 * height * width * channels
    pixels = mapped[start : start + size].view(np.float32).reshape(height, width, channels)
    start, size = block["mask_offset"], height * width
    raw = mapped[start : start + size].reshape(height, width)
    return PlacedContent(
        block["class_id"],
        np.array(pixels),
        np.array(raw) > 0,
        block["top"],
        block["left"],
        block["seed"],
    )


def _find_background(project: Project, recipe: Recipe) -> ImageRecord:
    found = [image for image in project.images() if image.sha256 == recipe.background]
    used = {defect.generator for defect in recipe.defects}
    items = {generator.item_id for generator in project.generators() if generator.sha256 in used}
    found.sort(key=lambda image: image.item_id not in items)
    if not found:
        raise ProjectError(
            "the recipe's background is not in the project",
            subject=recipe.background[:12],
            remedy="Import the background.",
        )
    return found[0]


def _generators(project: Project, recipe: Recipe) -> dict[str, Path]:
    known = {generator.sha256: generator.folder for generator in project.generators()}
    wanted = {defect.generator for defect in recipe.defects}
    if missing := wanted - set(known):
        raise RecipeError(
            "a generator of the recipe is not in the project",
            subject=min(missing)[:12],
            remedy="Train it, or choose another generator.",
        )
    return {digest: known[digest] for digest in sorted(wanted)}
