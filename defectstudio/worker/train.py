"""Handler of the training of a generator."""

from __future__ import annotations

from defectstudio.domain.errors import SettingError
from defectstudio.domain.events import Artifact, Finished, Log
from defectstudio.domain.run_config import RunConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.networks.dcdganc.generator import STRIDE
from defectstudio.networks.dcdganc.model import canvas_side
from defectstudio.training.direction import decided
from defectstudio.training.exporting import export_generator, manifest_of
from defectstudio.training.parallel import alone
from defectstudio.training.registry import make_task
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.team import team
from defectstudio.worker.training import Telling, run_training

GENERATOR_FOLDER = "generator"
"""In the run folder."""


def train(spec: TrainSpec, channel: Channel) -> None:
    """Train to the end or to a stop; leaves `checkpoint/` and, at the end, `generator/`."""
    _check_canvas(spec.config)
    with team(_train, spec):
        _train(spec, channel)


def _train(spec: TrainSpec, channel: Telling) -> None:
    devices.threads(spec.processes)
    device = devices.choose(spec.device)
    spec, why = decided(spec)
    task = make_task(spec, device, lambda text: channel.emit(Log(text)))
    about = f"{spec.config.kind}: {len(spec.classes)} classes on {device}; {why}"
    if run_training(
        task,
        spec.config,
        manifest_of(spec),
        channel,
        about=about,
        run=spec.run,
        device=device,
        resume=spec.resume,
    ):
        with alone():
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
