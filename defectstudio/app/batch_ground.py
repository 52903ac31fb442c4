"""What a batch of an item can be made of, and where its defects may fall on a background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from defectstudio.app.placing import SIDE, Placing, class_shapes, map_places
from defectstudio.app.regions import read_region, regions
from defectstudio.app.synthesis import backgrounds_of, labeled_images, makeable, placement_of
from defectstudio.domain.records import ImageRecord, Item
from defectstudio.imaging.reading import read_image, thumbnail
from defectstudio.project.models import GENERATORS
from defectstudio.project.names import name_key
from defectstudio.project.project import Project

_SEED = 7


@dataclass(frozen=True)
class Ground:
    """makers: the classes that each generator makes, by its name; backgrounds: those that may be
    used; regions: the ids of those with a painted region."""

    makers: dict[str, tuple[str, ...]]
    backgrounds: tuple[ImageRecord, ...]
    regions: frozenset[int]


@dataclass(frozen=True)
class PlaceMap:
    """A background, small (uint8 (h, w, 3)), and where defects may fall on it."""

    picture: NDArray[np.uint8]
    placing: Placing


def batch_ground(project: Project, item: Item) -> Ground:
    """What there is; slow, for it checks the weights. Raises CheckpointError and ProjectError."""
    generators = project.generators(item.id)
    return Ground(
        {one.name: tuple(makeable(project, item, one).values()) for one in generators},
        tuple(backgrounds_of(project, item)),
        frozenset(regions(project)),
    )


def place_map(
    project: Project,
    item: Item,
    background: ImageRecord,
    maker: tuple[str, str],
    overrides: Mapping[str, str],
    *,
    painted_regions: bool,
) -> PlaceMap:
    """Where defects may fall on a background; slow.

    maker: the names of generator and class; overrides: fields of PlacementSettings. Raises
    ImageError, SettingError, CheckpointError and ProjectError.
    """
    generator, class_name = maker
    card = GENERATORS.read_card(project.generator(generator).folder)
    ids = {name_key(one.name): one.id for one in project.classes(item.id)}
    class_id = ids.get(name_key(class_name), 0)
    images = labeled_images(project, item) if card.config.fills_mask else []
    placing = map_places(
        (background.height, background.width),
        read_region(project, background.id) if painted_regions else None,
        class_shapes(images, class_id),
        placement_of(overrides),
        np.random.default_rng(_SEED),
    )
    return PlaceMap(_picture(background.file), placing)


@lru_cache(maxsize=4)
def _picture(file: Path) -> NDArray[np.uint8]:
    """A line scan takes seconds to decode; files of a project never change."""
    return thumbnail(read_image(file), SIDE)
