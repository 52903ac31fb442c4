"""Batches of the sample project, run by the worker's own handler in this process."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from defectstudio.app.sample_project import make_sample_project
from defectstudio.app.synthesis import backgrounds_of, labeled_images, makeable
from defectstudio.app.training_images import as_labeled_file
from defectstudio.domain.events import Artifact, Event, Finished, Progress, Started
from defectstudio.domain.specs import BackgroundFile, SynthesizeSpec
from defectstudio.domain.spread import SpreadSettings
from defectstudio.project.project import Project

GENERATOR = "sample-metal"


def sample_batch(folder: Path, count: int) -> SynthesizeSpec:
    """A batch of so many samples of the sample project's first item, in a folder of its own."""
    root = folder / "project"
    with Project.open(root) if root.exists() else make_sample_project(root) as project:
        generator = project.generator(GENERATOR)
        item = project.item(generator.item_id)
        shapes = labeled_images(project, item)
        drawable = {class_id for image in shapes for class_id in image.class_ids}
        return SynthesizeSpec(
            run=folder / "run",
            project=project.id,
            generator=generator.folder,
            class_ids=tuple(sorted(drawable & set(makeable(project, item, generator)))),
            backgrounds=tuple(
                BackgroundFile(image.file, image.sha256) for image in backgrounds_of(project, item)
            ),
            shapes=tuple(as_labeled_file(image) for image in shapes),
            count=count,
            seed=1,
            spread=SpreadSettings(),
        )


def with_backgrounds(
    spec: SynthesizeSpec, folder: Path, several: int
) -> tuple[BackgroundFile, ...]:
    """So many files, which are the batch's own over and over."""
    made = []
    for number in range(several):
        source = spec.backgrounds[number % len(spec.backgrounds)].image
        path = folder / "backgrounds" / f"{number:06d}{source.suffix}"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            os.link(source, path)
        made.append(BackgroundFile(path, f"{number:064x}"))
    return tuple(made)


class Owner:
    """Stands for the channel. after: called after every chunk, its time counts for nothing."""

    def __init__(self, after: Callable[[Event], None] = lambda _: None) -> None:
        self.after = after
        self.summary: dict[str, object] = {}
        self.began: list[float] = []
        self.paused = [0.0, 0.0]
        self.total = [0.0, 0.0]

    def emit(self, event: Event) -> None:
        """Take an event of the handler."""
        if isinstance(event, Started):
            self.began = _now()
        elif isinstance(event, Finished):
            self.summary, self.total = event.summary, self.spent()
        elif isinstance(event, Artifact | Progress):
            before = _now()
            self.after(event)
            spent = (now - then for now, then in zip(_now(), before, strict=True))
            self.paused = [a + b for a, b in zip(self.paused, spent, strict=True)]

    def stop(self) -> str:
        """Nobody asks to."""
        return ""

    def spent(self) -> list[float]:
        """Seconds since the start, on the wall and of this process's processor."""
        return [
            now - then - pause
            for now, then, pause in zip(_now(), self.began, self.paused, strict=True)
        ]


def digest(run: Path) -> str:
    """Of all samples of a batch, however it was cut."""
    files = sorted((f"{p.parent.name}/{p.name}", p) for p in run.glob("chunks/*/*/*.*"))
    total = hashlib.sha256()
    for name, path in files:
        total.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _now() -> list[float]:
    return [time.perf_counter(), time.process_time()]
