"""The warm preview worker: contents for recipes, the newest request first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from defectstudio.domain.errors import RecipeError
from defectstudio.domain.events import Contents, SampleMade, Started, StyleFound
from defectstudio.domain.recipe import StyleMix
from defectstudio.domain.specs import PreviewRequest
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.masks import Box, decode
from defectstudio.imaging.reading import read_image
from defectstudio.imaging.types import Image
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.render import (
    keep_sample,
    place_contents,
    place_gallery,
    render,
    with_contrast,
)
from defectstudio.synthesis.styles import read_style, search
from defectstudio.synthesis.versions import versions
from defectstudio.worker import device as devices
from defectstudio.worker.channel import Channel

_REQUEST = TypeAdapter(PreviewRequest)


def preview(channel: Channel) -> None:
    """Answer requests until the owner is gone; of those that make no sample only the last."""
    devices.reproducible()
    channel.emit(Started(str(devices.choose("cpu")), 0))
    worker = PreviewWorker(channel)
    while (line := channel.requests.get()) is not None:
        request = _REQUEST.validate_json(line)
        superseded = request.want != "sample" and not channel.requests.empty()
        if not superseded:
            worker.answer(request)


class PreviewWorker:
    """Keeps generators and the last background loaded between requests."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.loaded: dict[str, ContentGenerator] = {}
        self.shown: tuple[str, Image] | None = None

    def answer(self, request: PreviewRequest) -> None:
        """Emit Contents, StyleFound, SampleMade or Failed for the request."""
        try:
            self._load(request.generators)
            if request.want in ("search", "reading"):
                found = self._searched if request.want == "search" else self._read
                self.channel.emit(found(request))
                return
            if request.want != "sample":
                placed = self._placed(request)
                blocks = _write_contents(request.out, placed)
                self.channel.emit(Contents(request.request, str(request.out), blocks))
                return
            recipe = replace(request.recipe, versions=versions())
            sample = render(recipe, self._background(request), self.loaded)
            keep_sample(request.out, recipe, sample)
            self.channel.emit(SampleMade(request.request, str(request.out)))
        except Exception as error:
            self.channel.fail(error, request.request)

    def _placed(self, request: PreviewRequest) -> list[PlacedContent]:
        recipe, background = request.recipe, self._background(request)
        if request.want == "contents":
            return place_contents(recipe, background, self.loaded)
        defect = recipe.defects[request.defect]
        made = place_gallery(defect, request.seeds, background, self.loaded)
        return [with_contrast(one, defect, recipe, background) for one in made]

    def _searched(self, request: PreviewRequest) -> StyleFound:
        recipe, background = request.recipe, self._background(request)
        generator = self.loaded[recipe.defects[request.defect].generator]
        best = search(generator, recipe, request.defect, request.seeds, background)[0]
        mix = best.defect.style.mix or StyleMix(0, 0.0)
        return StyleFound(
            request.request,
            best.defect.seed,
            mix.seed,
            mix.amount,
            score=best.score.total,
            reject=str(best.reject or ""),
        )

    def _read(self, request: PreviewRequest) -> StyleFound:
        image, real = self._background(request), request.recipe.defects[request.defect]
        generator = self.loaded[real.generator]
        if not isinstance(generator, Dcdganc):
            raise RecipeError(
                "this kind of generator cannot read the look of a defect",
                subject=generator.card.kind,
                remedy="Use a generator of kind dcdganc.",
            )
        label = np.zeros(image.shape[:2], np.uint8)
        for defect in request.recipe.defects:
            mask = decode(defect.mask)
            label[defect.top :, defect.left :][: mask.shape[0], : mask.shape[1]][mask] = (
                defect.class_id
            )
        box = Box(real.top, real.left, real.mask.height, real.mask.width)
        style = read_style(generator, image, label, box, real.class_id)
        return StyleFound(request.request, real.seed, normal=list(style.normal))

    def _background(self, request: PreviewRequest) -> Image:
        """The background, kept from the last request: a line scan takes seconds to read."""
        if self.shown is None or self.shown[0] != request.recipe.background:
            self.shown = (request.recipe.background, read_image(request.background))
        return self.shown[1]

    def _load(self, generators: dict[str, Path]) -> None:
        cpu = devices.choose("cpu")
        for digest, folder in generators.items():
            if digest not in self.loaded:
                self.loaded[digest] = load_generator(folder, cpu)


def _write_contents(path: Path, placed: list[PlacedContent]) -> list[dict[str, object]]:
    """Arrays one after another, float32 pixels then uint8 raw mask; the blocks say where."""
    blocks: list[dict[str, object]] = []
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as stream:
        for content in placed:
            pixels = stream.tell()
            stream.write(np.ascontiguousarray(content.pixels, np.float32).tobytes())
            mask = stream.tell()
            stream.write(content.raw_mask.astype(np.uint8).tobytes())
            stream.write(b"\0" * (-stream.tell() % 4))
            height, width, channels = content.pixels.shape
            blocks.append(
                {
                    "class_id": content.class_id,
                    "seed": content.seed,
                    "top": content.top,
                    "left": content.left,
                    "height": height,
                    "width": width,
                    "channels": channels,
                    "pixels_offset": pixels,
                    "mask_offset": mask,
                }
            )
    beside.replace(path)
    return blocks
