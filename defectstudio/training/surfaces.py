"""Normal surfaces for training: crops of normal images, cut by the masks of defects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from defectstudio.domain.specs import BackgroundFile
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import read_image
from defectstudio.imaging.surface import surface_under
from defectstudio.imaging.tone import FAR_PX, surround
from defectstudio.imaging.types import Image
from defectstudio.training.contents import ContentBatches

CROPS = 256
"""Crops kept of all normal images together, so that the largest images fit into memory."""


def cut_surfaces(
    files: Sequence[BackgroundFile], height: int, width: int, rng: np.random.Generator
) -> list[Image]:
    """Crops (height, width) with FAR_PX more on every side, spread evenly over the images.

    Edges are replicated where an image is smaller. At least one file is given.
    """
    chosen = [files[n * len(files) // CROPS] for n in range(CROPS)]
    crops: list[Image] = []
    for file in dict.fromkeys(chosen):
        image = read_image(file.image)
        crops += [_crop(image, height, width, rng) for _ in range(chosen.count(file))]
    return crops


def _crop(image: Image, height: int, width: int, rng: np.random.Generator) -> Image:
    top = int(rng.integers(max(1, image.shape[0] - height + 1))) - FAR_PX
    left = int(rng.integers(max(1, image.shape[1] - width + 1))) - FAR_PX
    rows = np.clip(np.arange(top, top + height + 2 * FAR_PX), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width + 2 * FAR_PX), 0, image.shape[1] - 1)
    crop: Image = image[np.ix_(rows, columns)]
    return crop


class SurfaceBatches(Dataset[dict[str, Tensor]]):
    """Item `step` is the batch of that step: contents of one or all classes, and surfaces.

    image (B, C + 1, H, W), cls (B,): as of ContentBatches, all of class step % N where
    `by_class`. surface (B, C + 1, H, W): normal surface on the key and the mask of another
    content of the same class; the two are not paired.
    """

    def __init__(
        self, contents: ContentBatches, crops: Sequence[Image], *, by_class: bool = False
    ) -> None:
        self.contents, self.crops, self.by_class = contents, crops, by_class
        self.config, self.channels = contents.config, contents.channels
        self.class_ids = contents.class_ids

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.config.seed, step, 2])
        count, classes = self.config.batch, len(self.class_ids)
        cls = rng.integers(classes, size=count)
        if self.by_class:
            cls[:] = step % classes
        images = [self.contents.draw(int(index), rng) for index in cls]
        surfaces = [self._surface(self.contents.draw(int(index), rng)[-1], rng) for index in cls]
        return {
            "image": torch.from_numpy(np.stack(images)),
            "surface": torch.from_numpy(np.stack(surfaces)),
            "cls": torch.from_numpy(cls),
        }

    def _surface(self, alpha: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """alpha (H, W) -> surface in [-1, 1] on the key, and alpha (C + 1, H, W)."""
        crop = self.crops[int(rng.integers(len(self.crops)))]
        origin, mask = (FAR_PX, FAR_PX), alpha > 0.5
        relative = self.config.tone == "relative"
        level = surround(crop, mask, origin) if relative else None
        pixels = surface_under(crop, Box(*origin, *mask.shape), self.channels, level)
        image = np.where(mask[..., None], pixels * 2 - 1, np.float32(-1.0))
        both = np.concatenate([image, alpha[..., None]], axis=2)
        return np.ascontiguousarray(both.transpose(2, 0, 1), dtype=np.float32)
