"""Use case: a project of our own drawn scenes, to try everything without data or network."""

from __future__ import annotations

import csv
import secrets
import shutil
import tempfile
from pathlib import Path

import numpy as np

from defectstudio.app.importing import import_images
from defectstudio.app.splitting import split
from defectstudio.domain.errors import InternalError, ProjectError
from defectstudio.domain.generators import CARD, GeneratorCard
from defectstudio.domain.records import Item
from defectstudio.domain.resources import resource
from defectstudio.exchange.importing import scan
from defectstudio.exchange.plan import GOOD
from defectstudio.imaging.procedural.scenes import write_sample_set
from defectstudio.imaging.procedural.shapes import DEFECTS
from defectstudio.jobs.kinds import Progress
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project

ITEMS = {"metal": "brushed metal", "fabric": "woven fabric", "wood": "wood grain"}
"""Texture -> item of the sample project, the first one being where a first run begins."""
_SEED = 20261
_SIDE = 256
_PER_CLASS = 12
_GOOD = 30


def make_sample_project(root: Path, *, progress: Progress | None = None) -> Project:
    """Make the sample project in a new or empty folder, whole or not at all, and open it.

    An item a texture, each with the same classes and number of images, imported as a person
    would import them and split; and the shipped generators: `weights/NAME` or
    `weights/NAME-TEXTURE` in the resources becomes the generator of that name, of the first item
    or the texture's. A build without weights has no generator. The same build makes the same
    images. `progress` is called with (done, total) items.

    Raises ProjectError when the folder is not empty or cannot be written.
    """
    root = root.resolve()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise ProjectError(
            "the folder is not empty", subject=root, remedy="Choose a new or an empty folder."
        )
    beside = root.with_name(f".{secrets.token_hex(8)}.part")
    try:
        _build(beside, progress)
        if root.exists():
            root.rmdir()
        beside.replace(root)
    except OSError as error:
        raise ProjectError(
            f"the sample project cannot be written ({error.strerror or error})",
            subject=root,
            remedy="Choose a place where you may write.",
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Project.open(root)


def _build(root: Path, progress: Progress | None) -> None:
    shipped = shipped_generators()
    textures = list(ITEMS)
    with Project.create(root, ITEMS[textures[0]]) as project:
        for done, texture in enumerate(textures):
            if progress:
                progress(done, len(textures))
            item = project.items()[0] if done == 0 else project.add_item(ITEMS[texture])
            own = {name: folder for name, folder in shipped.items() if _texture(name) == texture}
            _add_classes(project, item, [GENERATORS.read_card(folder) for folder in own.values()])
            _import_scenes(project, item, texture, seed=_SEED + done)
            for name, folder in own.items():
                project.add_generator(item.id, name, GENERATORS.read_card(folder).kind, folder)
        split(project, seed=_SEED)
    if progress:
        progress(len(textures), len(textures))


def shipped_generators() -> dict[str, Path]:
    """Generator name -> folder, of the weights that come with this build."""
    try:
        weights = resource("weights")
    except InternalError:
        # A checkout from before the weights were trained has no such folder.
        return {}
    return {path.parent.name: path.parent for path in sorted(weights.glob(f"*/{CARD}"))}


def _texture(name: str) -> str:
    texture = name.rpartition("-")[2]
    return texture if texture in ITEMS else next(iter(ITEMS))


def _add_classes(project: Project, item: Item, cards: list[GeneratorCard]) -> None:
    """Give the item its classes under the ids the shipped generators know them by."""
    named = {class_id: name for card in cards for class_id, name in card.classes.items()}
    known = [name for _, name in sorted(named.items())]
    for name in [*known, *(kind for kind in DEFECTS if kind not in known)]:
        project.add_class(item.id, name)


def _import_scenes(project: Project, item: Item, texture: str, *, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / texture
        rng = np.random.default_rng(seed)
        write_sample_set(
            source, texture, rng, height=_SIDE, width=_SIDE, per_class=_PER_CLASS, good=_GOOD
        )
        # Every scene is drawn anew, so each is a part of its own, however alike textures look.
        table = Path(folder) / "groups.csv"
        with table.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["class", "stem", "part"])
            for entry in scan(source).entries:
                class_name = entry.class_name or GOOD
                writer.writerow([class_name, entry.name, f"{texture} {class_name} {entry.name}"])
        import_images(project, source, item=item.name, groups_csv=table)
