"""A project's folder: its database, written by anybody, and the files beside it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import numpy as np

from defectstudio.app.class_locks import read_locks
from defectstudio.app.document import DRAFTS, drafts, open_document
from defectstudio.app.first_steps import steps_taken
from defectstudio.app.journal import StrokeJournal, find_lost, recover
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.regions import REGIONS, read_region, regions
from defectstudio.app.seed_marks import mark_seed, read_marks
from defectstudio.app.strokes import replace_labels
from defectstudio.app.windows import read_windows
from defectstudio.domain.errors import UserError
from defectstudio.domain.files import sha256_bytes, write_json
from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import Asked, JobState, Role
from defectstudio.imaging.reading import pixel_sha256, read_image, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample, read_manifest, store
from defectstudio.project.unpacking import unpack
from tests.fuzz.cases import Reader
from tests.fuzz.choices import Choices
from tests.fuzz.of_exchange import SIZE, files_in, picture
from tests.fuzz.spoil import PATHS, VALUES, Files, spoil

PACKED = "project.packed"
_SQL = (
    "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM images; END",
    "CREATE VIEW v AS SELECT * FROM images", "DROP TABLE items", "DELETE FROM meta",
    "ALTER TABLE images ADD COLUMN more TEXT", "DELETE FROM items", "DROP INDEX images_by_part",
    "UPDATE migrations SET version = version + 1 WHERE version = 5", "DELETE FROM migrations",
    "UPDATE sqlite_sequence SET seq = 'x'", "PRAGMA application_id = 1", "DELETE FROM images",
    "UPDATE jobs SET state = 'running'", "UPDATE jobs SET folder = '../outside'",
    "DELETE FROM classes",
    "UPDATE generators SET folder = '../outside'", "UPDATE images SET file = '../outside/bait.png'",
    "UPDATE images SET name = CAST(x'ff' AS TEXT)", "UPDATE jobs SET folder = 'runs/../..'",
)  # fmt: skip


def sample_in(folder: Path, background: str) -> NewSample:
    """The files a worker leaves."""
    label = np.zeros(SIZE, np.uint8)
    label[2:5, 2:6] = 1
    image = np.full((*SIZE, 3), 40, np.uint8)
    defect = Defect(1, 3, EncodedMask(3, 4, (0, 12)), 2, 2, "0" * 64)
    hashes = pixel_sha256(image), pixel_sha256(label), pixel_sha256(label)
    write_json(folder / "recipe.json", SampleManifest(Recipe(background, (defect,)), *hashes))
    for name, plane in (("image", image), ("label", label), ("painted", label)):
        write_png(folder / f"{name}.png", plane)
    return NewSample.in_folder(folder)


def card_of(weights: bytes) -> GeneratorCard:
    """A generator's card that fits these bytes."""
    config = DcdgancConfig(width_g=8, nz=4)
    return GeneratorCard(config, 3, {1: "crack"}, {1: 0.5}, 7, ("0" * 64,), "train",
                         sha256_bytes(weights), {})  # fmt: skip


@cache
def _made() -> Files:
    """A project with two images, a draft, a sample, a generator, a dataset and three jobs."""
    with tempfile.TemporaryDirectory() as name:
        outside, root = Path(name), Path(name) / "project"
        (outside / "model").mkdir()
        (outside / "model" / WEIGHTS).write_bytes(b"weights")
        write_json(outside / "model" / CARD, card_of(b"weights"))
        with Project.create(root, "tile") as project:
            for number, class_name in enumerate(("crack", "höle")):
                project.add_class(1, class_name)
                (outside / f"{number}.png").write_bytes(picture(number))
            label = np.zeros(SIZE, np.uint8)
            label[1:3, 1:4] = 1
            new = [NewImage("a", Role.DEFECT, outside / "0.png", "part", label, (1,)),
                   NewImage("b", Role.NORMAL, outside / "1.png", "other", None, ())]  # fmt: skip
            project.add_images(1, new)
            background = project.image(2)
            project.accept_samples(1, [sample_in(outside / "sample", background.sha256)])
            project.add_generator(1, "g", "dcdganc", outside / "model")
            project.save_label(1, np.roll(label, 2))
            for title in ("train", "export", "predict"):
                job = project.add_job(title, title, Asked({"out": "x"}, "cpu"))
                project.move_job(job.id, JobState.DONE if title != "export" else JobState.FAILED)
                (job.folder / "log.txt").write_bytes(b"info: done\n")
            project.replace_class(1, 2, None, [], [])
            _draw(project)
            mark_seed(root, background.sha256, 1, 5, "favourite")
            write_png(root / REGIONS / "2.png", label > 0)
        (root / "windows.json").write_text('{"windows": {"1": {"8": {"low": 3, "high": 90}}}}')
        (root / "locks.json").write_text('{"items": {"1": [1]}, "format": 1}')
        return {file: data for file, data in files_in(root).items() if "lock" not in file[-5:]}


def _draw(project: Project) -> None:
    """A draft, and strokes that were never saved."""
    plane = LabelPlane(np.zeros(SIZE, np.uint8))
    write_png(project.root / DRAFTS / "2.png", np.eye(*SIZE, dtype=np.uint8))
    for value in (1, 2):
        change = replace_labels(plane, np.full(SIZE, value, np.uint8))
        assert change is not None
        StrokeJournal(project).append(2, SIZE, change)


def _only(*names: str) -> Callable[[], list[Files]]:
    """The project with what is spoilt of it first: all else is put in place by `_laid`."""
    return lambda: [{name: data for name, data in _made().items() if name.startswith(names)}]


def _with_rest(files: Files) -> None:
    """The parts of the project that were not to be spoilt."""
    spoilt = {Path(name).parts[0] for name in files}
    files.update(
        {name: data for name, data in _made().items() if Path(name).parts[0] not in spoilt}
    )


def _spoil_rows(files: Files, choices: Choices) -> None:
    """A value of a row, a statement, or bytes of the database."""
    data = files.get(DATABASE)
    if choices.rare(4) or not isinstance(data, bytes) or len(data) < 100:
        spoil(files, choices)
        return
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        # A file in WAL mode cannot be opened in memory; whoever opens the project sets it again.
        connection.deserialize(data[:18] + b"\1\1" + data[20:])
        try:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            if choices.rare(5):
                connection.execute(choices.one(_SQL))
            else:
                _set(connection, choices)
        except (sqlite3.Error, OverflowError, UnicodeError):
            pass
        files[DATABASE] = connection.serialize()


def _set(connection: sqlite3.Connection, choices: Choices) -> None:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    tables = [row[0] for row in found]
    table = choices.one(tables)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = [one for one in (*VALUES, *PATHS) if not isinstance(one, list | dict)]
    value = choices.one([*values, b"\xff\xfe", "files/../../outside/bait.png", "runs/..", 1e300])
    where = "" if choices.rare(3) else f" LIMIT 1 OFFSET {choices.number(3)}"
    connection.execute(
        f"UPDATE {table} SET {choices.one(columns)} = ? WHERE rowid IN"
        f" (SELECT rowid FROM {table}{where})", (value,)
    )  # fmt: skip


def _opened(folder: Path) -> None:
    with Project.open(folder) as project:
        for item in project.items():
            project.classes(item.id), project.removed_classes(item.id)
        images, samples = project.images(), project.samples()
        for image in images:
            project.earlier_labels(image.id)
        for dataset in project.datasets():
            project.dataset_entries(dataset.id)
        project.segmenters(), project.limits(), project.gone_classes(1), steps_taken(folder)
        read_locks(folder), read_windows(folder)
        for image in images:
            _each(lambda image=image: open_document(project, image))
        for sample in samples:
            _each(lambda sample=sample: read_image(sample.file))
            _each(lambda sample=sample: read_manifest(sample.recipe_file))
            _each(lambda sample=sample: project.remove_sample(sample.id))
        _each(lambda: project.bring_class_back(1, 2))
        for job in project.jobs():
            _each(lambda job=job: project.remove_job(job.id))
        for model in project.generators():
            _each(lambda model=model: project.remove_generator(model.name))
        project.ready_jobs(1e12)


def _each(act: Callable[[], object]) -> None:
    """One after the other: what refuses one part does not keep the rest from being tried."""
    try:
        act()
    except UserError as error:
        assert error.reason


def _painted(folder: Path) -> None:
    with Project.open(folder) as project:
        drafts(project)
        for lost in find_lost(project):
            recover(project, lost)


def _beside(folder: Path) -> None:
    read_windows(folder), read_locks(folder)
    for image_id in regions_of(folder):
        _each(lambda image_id=image_id: read_region(_At(folder), image_id))  # type: ignore[arg-type]
    _each(lambda: mark_seed(folder, "0" * 64, 1, 7, "banned"))
    read_marks(folder)


class _At:
    """What stands for a project where only its folder is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root


def regions_of(folder: Path) -> set[int]:
    """The regions of a folder."""
    return regions(_At(folder))  # type: ignore[arg-type]


def _packs() -> list[Files]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "project"
        for file, data in _made().items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(data)  # type: ignore[arg-type]
        with Project.open(root) as project:
            project.pack(Path(name) / PACKED)
        return [{PACKED: (Path(name) / PACKED).read_bytes()}]


def _unpacked(folder: Path) -> None:
    unpack(folder / PACKED, folder / "made")


def _samples() -> list[Files]:
    with tempfile.TemporaryDirectory() as name:
        sample_in(Path(name) / "sample", "0" * 64)
        return [files_in(Path(name))]


def _accepted(folder: Path) -> None:
    from defectstudio.project.files import FileStore

    store(FileStore(folder), NewSample.in_folder(folder / "sample"))


def _removed() -> list[Files]:
    return [{name: data} for name, data in _made().items() if name.startswith("backups/class")]


def _brought(folder: Path) -> None:
    with Project.open(folder) as project:
        project.bring_class_back(1, 2)
    Project.open(folder).close()


def _database() -> list[Files]:
    return [{DATABASE: _made()[DATABASE]}]


READERS = {
    "project": Reader(_database, _opened, writes=True, mend=_with_rest, spoil=_spoil_rows),
    "project's files": Reader(lambda: [_made()], _opened, writes=True, slow=True),
    "strokes and drafts": Reader(_only(DRAFTS), _painted, writes=True, mend=_with_rest),
    "notes of a project": Reader(_only("windows", "locks", "seeds", REGIONS), _beside, writes=True),
    "removed class": Reader(_removed, _brought, writes=True, mend=_with_rest),
    "sample": Reader(_samples, _accepted, writes=True),
    "archive": Reader(_packs, _unpacked, writes=True),
}
