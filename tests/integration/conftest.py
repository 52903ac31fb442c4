from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.records import Role, Split
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project

Fill = Callable[[Project, Path], None]

_TINY = {
    "height": 64,
    "width": 64,
    "nz": 4,
    "width_g": 8,
    "width_d": 8,
    "width_e": 8,
    "scales": 1,
    "batch": 2,
    "steps": 4,
    "checkpoint_every": 2,
    "preview_every": 4,
}
"""Settings of a training that takes a moment."""


def _fill(project: Project, folder: Path, *, defects: int = 4, normal: int = 2) -> None:
    """Add drawn images: a dark block on noise is a defect; all are of the training split."""
    rng = np.random.default_rng(5)
    item = project.items()[0]
    project.add_class(item.id, "dent")
    folder.mkdir(exist_ok=True)
    new: list[NewImage] = []
    for number in range(defects + normal):
        image = rng.integers(120, 180, (72, 80, 3)).astype(np.uint8)
        label = np.zeros((72, 80), np.uint8)
        if number < defects:
            top, left = rng.integers(8, 40, 2)
            image[top : top + 14, left : left + 18] //= 3
            label[top : top + 14, left : left + 18] = 1
        path = folder / f"{number}.png"
        write_png(path, image)
        role = Role.DEFECT if number < defects else Role.NORMAL
        new.append(NewImage(f"{number}", role, path, label=label))
    ids = project.add_images(item.id, new)
    project.set_splits(dict.fromkeys(ids, Split.TRAIN))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "tile") as made:
        _fill(made, tmp_path / "pictures")
        yield made


@pytest.fixture(scope="session")
def tiny() -> dict[str, int]:
    return dict(_TINY)


@pytest.fixture(scope="session")
def fill() -> Fill:
    return _fill


@pytest.fixture(scope="module", autouse=True)
def supervisors_end() -> Iterator[None]:
    """A supervisor without work ends of itself; the tests wait for theirs."""
    from defectstudio.jobs import launching

    yield
    for child in launching._launched.values():
        child.wait(60)
    launching._launched.clear()
