"""Handler of the training of a generator."""

from __future__ import annotations

from defectstudio.domain.errors import SettingError
from defectstudio.domain.events import Artifact, Finished, Log
from defectstudio.domain.run_config import RunConfig
from defectstudio.domain.specs import TrainSpec
from defectstudio.imaging.grain import grain
from defectstudio.imaging.reading import read_image
from defectstudio.networks.dcdganc.generator import STRIDE
from defectstudio.networks.dcdganc.model import canvas_side
from defectstudio.training.exporting import export_generator, manifest_of
from defectstudio.training.registry import make_task
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.training import run_training

GENERATOR_FOLDER = "generator"
"""In the run folder."""
LOOKED_AT = 16
"""Images, spread over the training split, at most, that are asked for a grain."""


def train(spec: TrainSpec, channel: Channel) -> None:
    """Train to the end or to a stop; leaves `checkpoint/` and, at the end, `generator/`."""
    _check_canvas(spec.config)
    devices.threads()
    device = devices.choose(spec.device)
    if spec.images and not (spec.config.oriented or spec.resume):
        _say_of_grain(spec, channel)
    task = make_task(spec, device, lambda text: channel.emit(Log(text)))
    about = f"{spec.config.kind}: {len(spec.classes)} classes on {device}"
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
        card = export_generator(spec, task, spec.run / GENERATOR_FOLDER)
        channel.emit(Artifact("generator", GENERATOR_FOLDER, card.step))
        channel.emit(Finished({"step": card.step, "weights": card.weights_sha256}))


def _say_of_grain(spec: TrainSpec, channel: Channel) -> None:
    """A hint where the surface has a direction that the configuration would not keep."""
    step = -(-len(spec.images) // LOOKED_AT)
    found = grain(read_image(file.image) for file in spec.images[::step])
    if found.oriented:
        channel.emit(
            Log(
                f"the surface has a grain at {found.degrees:.0f} degrees (coherence"
                f" {found.coherence:.2f}): with --set oriented=true defects keep their direction to"
                " it, which is nearer to real ones",
                "notice",
            )
        )


def _check_canvas(config: RunConfig) -> None:
    for name, side in (("height", config.height), ("width", config.width)):
        if side != canvas_side(side):
            raise SettingError(
                f"{side} is not a multiple of {STRIDE}",
                subject=name,
                remedy=f"Use {canvas_side(side)}.",
            )
