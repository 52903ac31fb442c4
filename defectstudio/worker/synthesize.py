"""Handlers of synthesis and replay jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.events import Artifact, Finished, Progress, Started, Stopped
from defectstudio.domain.specs import CHUNKS_FOLDER, ReplaySpec, SynthesizeSpec
from defectstudio.domain.spread import Fetch, Place, Pool, in_place
from defectstudio.imaging.reading import read_image
from defectstudio.synthesis.batch import Batch, NoPlaceError
from defectstudio.synthesis.chunks import Chunk, Packed, Record, fill, missing, pack, unpack
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.render import keep_sample, render
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel
from defectstudio.worker.cluster import Cluster
from defectstudio.worker.comparing import Halted, Steps
from defectstudio.worker.pools import make_pool


def synthesize(spec: SynthesizeSpec, channel: Channel) -> None:
    """Make the batch; what an earlier, interrupted run left whole is kept."""
    device = devices.choose(spec.device)
    if spec.only:
        _try_out(open_batch(spec, device), str(device), channel)
        return
    steps = Steps(channel)
    steps.total = spec.count
    there, left = missing(spec.run, spec.count, spec.spread)
    channel.emit(Started(str(device), spec.count))
    refused, seconds = Counter[str](), 0.0
    pool = make_pool(spec.spread, steps)
    try:
        for record in there:
            _tell(record, channel)
            refused.update(record.refused)
            steps.tick(len(record.chunk))
        for record in made_in(pool, spec, left):
            _tell(record, channel)
            refused.update(record.refused)
            seconds += record.seconds
    except Halted:
        channel.emit(Stopped(channel.stop(), steps.done))
        return
    channel.emit(
        Finished({"samples": spec.count, "refused": dict(refused), "busy_seconds": seconds})
    )


def made_in(pool: Pool, spec: SynthesizeSpec, left: Sequence[Chunk]) -> Iterator[Record]:
    """The records of the chunks, as the pool makes them."""
    if isinstance(pool, Cluster):
        for packed in pool.run(partial(_packing, spec), left, files_of(spec)):
            yield unpack(packed, spec.run)
    else:
        yield from pool.run(partial(_filling, spec), left)


def _filling(spec: SynthesizeSpec, place: Place) -> Callable[[Chunk], Record]:
    batch = open_batch(spec, devices.choose(spec.device), place.fetch)
    return lambda chunk: fill(batch, chunk, spec.run, place.tick)


def _packing(spec: SynthesizeSpec, place: Place) -> Callable[[Chunk], Packed]:
    batch = open_batch(spec, devices.choose(spec.device), place.fetch)
    return lambda chunk: pack(batch, chunk)


def open_batch(spec: SynthesizeSpec, device: torch.device, fetch: Fetch = in_place) -> Batch:
    """The batch with its generator. Raises CheckpointError for classes that it does not know."""
    devices.reproducible()
    with fetch(spec.generator) as folder:
        generator = load_generator(folder, device)
    unknown = set(spec.class_ids) - set(generator.card.classes)
    if unknown:
        raise CheckpointError(
            f"the generator does not know class ids {sorted(unknown)}",
            subject=spec.generator,
            remedy=f"It was trained on {', '.join(generator.card.classes.values())}.",
        )
    return Batch(spec, generator, fetch)


def files_of(spec: SynthesizeSpec) -> list[Path]:
    """All that a batch reads."""
    shapes = [shape.label for shape in spec.shapes]
    images = [background.image for background in spec.backgrounds]
    regions = {background.region for background in spec.backgrounds if background.region}
    return [spec.generator, *shapes, *images, *sorted(regions)]


def _tell(record: Record, channel: Channel) -> None:
    channel.emit(Artifact("chunk", f"{CHUNKS_FOLDER}/{record.chunk.name}", record.chunk.last))


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
            keep_sample(spec.run / "samples" / f"{index:06d}", made.recipe, made.sample)
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
        keep_sample(spec.run / "samples" / f"{index:06d}", target.recipe, sample)
        channel.emit(Artifact("sample", f"samples/{index:06d}", index))
        channel.emit(Progress(index + 1, len(spec.targets)))
    channel.emit(Finished({"samples": len(spec.targets)}))
