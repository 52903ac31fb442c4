"""The training loop: it knows steps, checkpoints, previews and a polite stop, not its task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from torch import Tensor

from defectstudio.domain.events import Artifact, Event, Metrics, Progress, Stopped
from defectstudio.imaging.reading import write_png
from defectstudio.training import parallel

Batch_contra = TypeVar("Batch_contra", contravariant=True)


class Task(Protocol[Batch_contra]):
    """What the loop needs of a training task."""

    def step(self, index: int, batch: Batch_contra) -> dict[str, float]:
        """One update; returns the losses by name. All randomness follows from `index`."""

    def state(self) -> dict[str, Tensor]:
        """Every tensor that the next step depends on."""

    def preview(self) -> np.ndarray:
        """The fixed preview grid, uint8 (H, W, 3)."""


class Batches(Protocol):
    """The batches of a training: item `step` is that step's, whoever asks and whenever.

    channels: 1 or 3, of the contents.
    """

    channels: int

    def __len__(self) -> int: ...

    def __getitem__(self, step: int) -> dict[str, Tensor]: ...


class ModelTask(Task[dict[str, Tensor]], Protocol):
    """A task whose result is a model: a generator or a segmenter."""

    @property
    def data(self) -> Batches:
        """Where its batches come from."""

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put a `state()` back."""

    def export(self) -> dict[str, Tensor]:
        """The tensors of the file of weights."""


@dataclass(frozen=True)
class Plan:
    """How long to train and how often to save and show, in steps."""

    first: int
    steps: int
    checkpoint_every: int
    preview_every: int


class Loop(Generic[Batch_contra]):
    """Runs a task from `plan.first` to `plan.steps`.

    save(step, tensors) writes a checkpoint; emit sends events; stop() returns "" to go on, or
    "cancelled" / "interrupted" to save and leave.
    """

    def __init__(
        self,
        plan: Plan,
        run: Path,
        save: Callable[[int, dict[str, Tensor]], None],
        emit: Callable[[Event], None],
        stop: Callable[[], str],
    ) -> None:
        self.plan, self.run, self.save, self.emit, self.stop = plan, run, save, emit, stop

    def __call__(self, task: Task[Batch_contra], batches: Iterator[Batch_contra]) -> bool:
        """Train; True when the last step is done, False when stopped before."""
        plan = self.plan
        for step in range(plan.first, plan.steps):
            if why := self.stop():
                self._checkpoint(step, task)
                self.emit(Stopped(why, step))
                return False
            losses = task.step(step, next(batches))
            done = step + 1
            self.emit(Metrics(done, losses))
            self.emit(Progress(done, plan.steps))
            if done % plan.preview_every == 0 or done == plan.steps:
                self._preview(done, task)
            if done % plan.checkpoint_every == 0 and done != plan.steps:
                self._checkpoint(done, task)
        self._checkpoint(plan.steps, task)
        return True

    def _checkpoint(self, step: int, task: Task[Batch_contra]) -> None:
        self.save(step, task.state())
        self.emit(Artifact("checkpoint", "checkpoint", step))

    def _preview(self, step: int, task: Task[Batch_contra]) -> None:
        if not parallel.leads():
            return
        name = f"preview_{step:07d}.png"
        with parallel.alone():
            write_png(self.run / name, task.preview())
        self.emit(Artifact("preview", name, step))
