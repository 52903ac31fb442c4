"""Handlers of synthesis and replay jobs."""

from __future__ import annotations

from collections import Counter

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.events import Artifact, Finished, Progress, Started, Stopped
from defectstudio.domain.specs import ReplaySpec, SynthesizeSpec
from defectstudio.imaging.reading import read_image
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.render import render, write_sample
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel


def synthesize(spec: SynthesizeSpec, channel: Channel) -> None:
    """Make the batch; samples that an earlier, interrupted run left whole are kept."""
    devices.reproducible()
    device = devices.choose(spec.device)
    generator = load_generator(spec.generator, device)
    unknown = set(spec.class_ids) - set(generator.card.classes)
    if unknown:
        raise CheckpointError(
            f"the generator does not know class ids {sorted(unknown)}",
            subject=spec.generator,
            remedy=f"It was trained on {', '.join(generator.card.classes.values())}.",
        )
    batch = Batch(spec, generator)
    channel.emit(Started(str(device), spec.count))
    refused: Counter[str] = Counter()
    for index in range(spec.count):
        if why := channel.stop():
            channel.emit(Stopped(why, index))
            return
        folder = spec.run / "samples" / f"{index:06d}"
        if not folder.exists():
            made = batch.make(index)
            write_sample(folder, made.recipe, made.sample)
            refused.update(made.refused)
        channel.emit(Artifact("sample", f"samples/{folder.name}", index))
        channel.emit(Progress(index + 1, spec.count))
    channel.emit(Finished({"samples": spec.count, "refused": dict(refused)}))


def replay(spec: ReplaySpec, channel: Channel) -> None:
    """Make the targets' samples again into `samples/NNNNNN`."""
    devices.reproducible()
    device = devices.choose(spec.device)
    channel.emit(Started(str(device), len(spec.targets)))
    loaded: dict[str, ContentGenerator] = {}
    for index, target in enumerate(spec.targets):
        if why := channel.stop():
            channel.emit(Stopped(why, index))
            return
        for digest, folder in target.generators.items():
            if digest not in loaded:
                loaded[digest] = load_generator(folder, device)
        sample = render(target.recipe, read_image(target.background), loaded)
        write_sample(spec.run / "samples" / f"{index:06d}", target.recipe, sample)
        channel.emit(Artifact("sample", f"samples/{index:06d}", index))
        channel.emit(Progress(index + 1, len(spec.targets)))
    channel.emit(Finished({"samples": len(spec.targets)}))
