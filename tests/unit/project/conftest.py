"""A small project and pictures to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

SIZE = (12, 16)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with the item "tile" (1) of the classes crack (1) and hole (2)."""
    with Project.create(tmp_path / "project", "tile") as made:
        made.add_class(1, "crack")
        made.add_class(1, "hole")
        yield made


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    """draw(number) -> the file of a picture that no other number has."""

    def make(number: int, *, channels: int = 3, dtype: type = np.uint8) -> Path:
        shape = SIZE if channels == 1 else (*SIZE, channels)
        path = tmp_path / "pictures" / f"{number}_{channels}_{np.dtype(dtype).name}.png"
        write_png(path, np.random.default_rng(number).integers(1, 200, shape, dtype=dtype))
        return path

    return make


@pytest.fixture
def new_image(draw: Callable[..., Path]) -> Callable[..., NewImage]:
    """new_image(number, class id or 0, group) -> an image to add, its class in one corner."""

    def make(number: int, class_id: int = 0, group: str = "") -> NewImage:
        label = np.zeros(SIZE, np.uint8)
        label[:3, :4] = class_id
        role = Role.DEFECT if class_id else Role.NORMAL
        return NewImage(f"picture {number}", role, draw(number), group, label)

    return make


@pytest.fixture
def new_sample(tmp_path: Path) -> Callable[..., NewSample]:
    """new_sample(background's SHA-256, seed, class id) -> the files a worker would have left."""

    def make(background: str, seed: int = 0, class_id: int = 1) -> NewSample:
        folder = tmp_path / f"sample {seed} {class_id}"
        image = np.full((*SIZE, 3), 40 + seed, np.uint8)
        label = np.zeros(SIZE, np.uint8)
        label[2:5, 2:6] = class_id
        defect = Defect(max(class_id, 1), seed, EncodedMask(1, 1, (0, 1)), 0, 0, "0" * 64)
        manifest = SampleManifest(
            Recipe(background, (defect,)),
            pixel_sha256(image),
            pixel_sha256(label),
            pixel_sha256(label),
        )
        write_png(folder / "image.png", image)
        write_png(folder / "label.png", label)
        write_png(folder / "painted.png", label)
        write_json(folder / "recipe.json", manifest)
        return NewSample.in_folder(folder)

    return make


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., Path]:
    """trained(weights, classes) -> the folder of a generator with these bytes as weights."""

    def make(weights: bytes = b"weights", classes: dict[int, str] | None = None) -> Path:
        import hashlib

        folder = tmp_path / f"trained {weights.hex()}"
        folder.mkdir(exist_ok=True)
        (folder / WEIGHTS).write_bytes(weights)
        card = GeneratorCard(
            config=DcdgancConfig(),
            channels=3,
            classes={1: "crack", 2: "hole"},
            values={1: 0.0, 2: 1.0},
            step=7,
            trained_on=("0" * 64,),
            split="train",
            weights_sha256=hashlib.sha256(weights).hexdigest(),
            versions={},
        )
        write_json(folder / CARD, replace(card, classes=classes) if classes else card)
        return folder

    return make
