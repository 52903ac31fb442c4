"""Handlers of synthesis and replay jobs."""

from __future__ import annotations

from collections import Counter

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.events import Artifact, Finished, Progress, Started, Stopped
from defectstudio.domain.specs import ReplaySpec, SynthesizeSpec
from defectstudio.imaging.reading import read_image
from defectstudio.synthesis.batch import Batch, NoPlaceError
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
    if spec.only:
        _try_out(batch, str(device), channel)
        return
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


def _try_out(batch: Batch, device: str, channel: Channel) -> None:
    """Make some samples of a batch as a trial; the summary says of each what was refused."""
    spec, tried = batch.spec, []
    channel.emit(Started(device, len(spec.only)))
    for done, index in enumerate(spec.only, start=1):
        if why := channel.stop():
            channel.emit(Stopped(why, done - 1))
            return
        try:
            made = batch.make(index)
        except NoPlaceError as error:
            refused = error.refused
        else:
            refused = dict(made.refused)
            write_sample(spec.run / "samples" / f"{index:06d}", made.recipe, made.sample)
            channel.emit(Artifact("sample", f"samples/{index:06d}", index))
        tried.append({"index": index, "class_id": batch.class_of(index), "refused": refused})
        channel.emit(Progress(done, len(spec.only)))
    channel.emit(Finished({"tried": tried}))


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
