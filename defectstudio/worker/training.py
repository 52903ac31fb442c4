"""What the handlers of all trainings share: the loop with its checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.events import Event, Log, Started
from defectstudio.synthesis.versions import versions
from defectstudio.training import parallel
from defectstudio.training.checkpoints import load_state, save_state
from defectstudio.training.loop import Loop, ModelTask, Plan

CHECKPOINT_FOLDER = "checkpoint"
"""In the run folder."""


STOPS = "", "cancelled", "interrupted"


class Telling(Protocol):
    """A channel, or what stands for it in a process that does not lead."""

    def emit(self, event: Event) -> None: ...
    def stop(self) -> str: ...


class Length(Protocol):
    """What the loop needs of a configuration."""

    @property
    def steps(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def checkpoint_every(self) -> int: ...
    @property
    def preview_every(self) -> int: ...
    @property
    def deterministic(self) -> bool: ...


def run_training(
    task: ModelTask,
    config: Length,
    manifest: dict[str, Any],
    channel: Telling,
    *,
    about: str,
    run: Path,
    device: torch.device,
    resume: bool,
) -> bool:
    """Train to the end (True) or to a stop (False); leaves `checkpoint/` in the run folder. What
    follows the end is for the leading process alone: it is the only one that is told True.

    manifest: what the training follows from, which a checkpoint must agree with to be resumed;
    about: a line for the log. Raises CheckpointError.
    """
    if config.deterministic:
        torch.use_deterministic_algorithms(True)
    first = _restored(task, config, manifest, run) if resume else 0
    channel.emit(Started(str(device), config.steps))
    channel.emit(Log(about))
    # All randomness is drawn from (seed, step), so the step is the random state.
    meta = {**manifest, "random": {"seed": config.seed}, "versions": versions()}

    def save(step: int, tensors: dict[str, Tensor]) -> None:
        if parallel.leads():
            save_state(run / CHECKPOINT_FOLDER, step, tensors, meta)

    plan = Plan(first, config.steps, config.checkpoint_every, config.preview_every)

    def stop() -> str:
        return parallel.agreed(STOPS, channel.stop(), device)

    loop: Loop[dict[str, Tensor]] = Loop(plan, run, save, channel.emit, stop)
    batches = DataLoader(
        cast("Dataset[dict[str, Tensor]]", task.data),
        batch_size=None,
        sampler=range(first, config.steps),
        num_workers=2 if device.type == "cuda" else 0,
        pin_memory=device.type == "cuda",
    )
    return loop(task, iter(batches)) and parallel.leads()


def _restored(task: ModelTask, config: Length, manifest: dict[str, Any], run: Path) -> int:
    """Put the last checkpoint back: its step, 0 for none."""
    found = load_state(run / CHECKPOINT_FOLDER)
    if found is None:
        return 0
    step, tensors, meta = found
    if step > config.steps:
        raise CheckpointError(
            f"the run has done {step} steps already",
            subject="steps",
            remedy=f"Give {step} or more.",
        )
    # More steps may be asked for than before; anything else would be another training.
    wanted, before = (_but_steps(one) for one in (manifest, meta))
    changed = [key for key, value in wanted.items() if before.get(key) != value]
    if changed:
        raise CheckpointError(
            f"the run was started with other {', '.join(changed)}",
            subject=run / CHECKPOINT_FOLDER,
            remedy="Resume with the same settings and split, or train under a new name.",
        )
    task.load(tensors)
    return step


def _but_steps(manifest: dict[str, Any]) -> dict[str, Any]:
    return {**manifest, "config": {**manifest["config"], "steps": None}}
