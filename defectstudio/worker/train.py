"""Handler of a training job."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from defectstudio.domain.errors import CheckpointError, SettingError
from defectstudio.domain.events import Artifact, Finished, Log, Started
from defectstudio.domain.run_config import RunConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.networks.dcdganc.generator import STRIDE
from defectstudio.networks.dcdganc.model import canvas_side
from defectstudio.synthesis.versions import versions
from defectstudio.training.checkpoints import load_state, save_state
from defectstudio.training.exporting import export_generator, manifest_of
from defectstudio.training.loop import GeneratorTask, Loop, Plan
from defectstudio.training.registry import make_task
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel

GENERATOR_FOLDER = "generator"
"""In the run folder."""


def train(spec: TrainSpec, channel: Channel) -> None:
    """Train to the end or to a stop; leaves `checkpoint/` and, at the end, `generator/`."""
    _check_canvas(spec.config)
    devices.threads()
    device = devices.choose(spec.device)
    if spec.config.deterministic:
        torch.use_deterministic_algorithms(True)
    task = make_task(spec, device, lambda text: channel.emit(Log(text)))
    first = _restore(spec, task) if spec.resume else 0
    channel.emit(Started(str(device), spec.config.steps))
    channel.emit(Log(f"{spec.config.kind}: {len(spec.classes)} classes on {device}"))
    plan = Plan(first, spec.config.steps, spec.config.checkpoint_every, spec.config.preview_every)
    loop: Loop[dict[str, Tensor]] = Loop(plan, spec.run, _saver(spec), channel.emit, channel.stop)
    batches = iter(
        DataLoader(
            cast("Dataset[dict[str, Tensor]]", task.data),
            batch_size=None,
            sampler=range(first, spec.config.steps),
            num_workers=2 if device.type == "cuda" else 0,
            pin_memory=device.type == "cuda",
        )
    )
    if loop(task, batches):
        card = export_generator(spec, task, spec.run / GENERATOR_FOLDER)
        channel.emit(Artifact("generator", GENERATOR_FOLDER, card.step))
        channel.emit(Finished({"step": card.step, "weights": card.weights_sha256}))


def _check_canvas(config: RunConfig) -> None:
    for name, side in (("height", config.height), ("width", config.width)):
        if side != canvas_side(side):
            raise SettingError(
                f"{side} is not a multiple of {STRIDE}",
                subject=name,
                remedy=f"Use {canvas_side(side)}.",
            )


def _saver(spec: TrainSpec) -> Any:
    manifest = manifest_of(spec)
    # All randomness is drawn from (seed, step), so the step is the random state.
    meta = {**manifest, "random": {"seed": spec.config.seed}, "versions": versions()}

    def save(step: int, tensors: dict[str, Tensor]) -> None:
        save_state(spec.run / "checkpoint", step, tensors, meta)

    return save


def _restore(spec: TrainSpec, task: GeneratorTask) -> int:
    found = load_state(spec.run / "checkpoint")
    if found is None:
        return 0
    step, tensors, meta = found
    if step > spec.config.steps:
        raise CheckpointError(
            f"the run has done {step} steps already",
            subject="steps",
            remedy=f"Give {step} or more.",
        )
    wanted = manifest_of(spec)
    # More steps may be asked for than before; anything else would be another training.
    for manifest in (wanted, meta):
        manifest["config"].pop("steps", None)
    changed = [key for key, value in wanted.items() if meta.get(key) != value]
    if changed:
        raise CheckpointError(
            f"the run was started with other {', '.join(changed)}",
            subject=spec.run / "checkpoint",
            remedy="Resume with the same settings and split, or train under a new name.",
        )
    task.load(tensors)
    return step
