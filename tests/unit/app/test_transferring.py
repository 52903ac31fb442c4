"""The grid of another product's defects: recipes, refusals, pictures, results."""

from dataclasses import replace

import numpy as np
import pytest

from defectstudio.app.transferring import (
    last_transfer,
    near_defect,
    plan_grid,
    read_result,
)
from defectstudio.domain.comparisons import CompareTransferSpec, TransferSettings
from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.files import sha256_bytes, write_json
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.imaging.compose import Composite
from defectstudio.imaging.masks import decode
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project


def generator(folder, config=None, classes=None):
    folder.mkdir()
    (folder / "generator.safetensors").write_bytes(folder.name.encode())
    known = classes or {1: "dent", 2: "burn"}
    card = GeneratorCard(
        config or DcdgancConfig(), 3, known, dict.fromkeys(known, 0.0), 0, (), "train",
        sha256_bytes(folder.name.encode()), {},
    )  # fmt: skip
    write_json(folder / "generator.json", card)
    return folder


@pytest.fixture
def project(tmp_path):
    """The item tile with a small dent and a long burn, the item pipe with three narrow images."""
    with Project.create(tmp_path / "project", "tile") as made:
        tile, pipe = made.items()[0], made.add_item("pipe")
        for name in ("dent", "burn", "stain"):
            made.add_class(tile.id, name)
        label = np.zeros((80, 90), np.uint8)
        label[10:16, 10:18] = 1
        label[40:44, 5:85] = 2
        rng = np.random.default_rng(1)

        def picture(name, size):
            path = tmp_path / f"{name}.png"
            write_png(path, rng.integers(100, 140, (*size, 3)).astype(np.uint8))
            return path

        new = [NewImage("t", Role.DEFECT, picture("t", (80, 90)), label=label)]
        made.add_images(tile.id, new)
        names = ("a", "b", "tested")
        ids = made.add_images(
            pipe.id, [NewImage(name, Role.NORMAL, picture(name, (48, 60))) for name in names]
        )
        made.set_splits({ids[0]: Split.TRAIN, ids[1]: Split.TRAIN, ids[2]: Split.TEST})
        made.add_generator(tile.id, "first", "dcdganc", generator(tmp_path / "first"))
        yield made


def grid(project, *, seed=0, name="first"):
    tile, pipe = project.items()
    classes = project.classes(tile.id)
    return plan_grid(project, project.generator(name), classes, pipe, columns=5, seed=seed)


def test_every_class_finds_a_place_or_the_reason_why_not(project):
    dents, burns, stains = grid(project)
    assert [cell.background.name for cell in dents] == ["a", "b"], "none of the test split"
    for cell in dents:
        (defect,) = cell.recipe.defects
        assert (cell.recipe.background, defect.class_id) == (cell.background.sha256, 1)
        mask = decode(defect.mask)
        assert defect.top >= 0 and defect.top + mask.shape[0] <= 48
        assert defect.generator == project.generator("first").sha256
    assert {cell.refusal.partition(" (")[0] for cell in burns} <= {
        "", "the shape does not fit between the edges of the image"
    }  # fmt: skip
    assert any(cell.recipe is None for cell in burns), "80 px do not fit into 60 as they lie"
    assert {cell.refusal for cell in stains} == {"the generator does not make this class"}


def test_the_same_seed_gives_the_same_grid_and_another_one_another(project):
    assert grid(project) == grid(project)
    assert grid(project)[0] != grid(project, seed=1)[0]


def test_a_class_without_a_label_has_no_shape(project, tmp_path):
    card = generator(tmp_path / "all", classes={1: "dent", 2: "burn", 3: "stain"})
    project.add_generator(project.items()[0].id, "all", "dcdganc", card)
    stains = grid(project, name="all")[2]
    assert {cell.refusal for cell in stains} == {
        "the class has no labeled defect to take shapes from"
    }


def test_a_generator_of_its_own_shapes_gets_its_window(project, tmp_path):
    config = replace(DcdgancConfig(), source="constant", height=64, width=64)
    project.add_generator(
        project.items()[0].id, "own", "dcdganc", generator(tmp_path / "own", config)
    )
    assert {cell.refusal for cell in grid(project, name="own")[1]} == {
        "the shape does not fit between the edges of the image (64 x 64 px)"
    }
    path = tmp_path / "wide.png"
    write_png(path, np.full((70, 90, 3), 120, np.uint8))
    pipe = project.items()[1]
    (wide,) = project.add_images(pipe.id, [NewImage("wide", Role.NORMAL, path)])
    project.set_splits({wide: Split.TRAIN})
    cell = grid(project, name="own")[1][-1]
    assert decode(cell.recipe.defects[0].mask).shape == (64, 64)


def test_a_target_without_backgrounds_is_told(project):
    pipe = project.items()[1]
    project.set_splits({one.id: Split.TEST for one in project.images(pipe.id)})
    with pytest.raises(ProjectError, match="no normal image to lay defects on"):
        grid(project)


def test_a_picture_is_square_and_around_the_defect():
    image = np.zeros((300, 400), np.uint16)
    image[100:110, 380:400] = 60_000
    label = (image > 0).astype(np.uint8)
    picture = near_defect(Composite(image, label, label, ()))
    assert picture.shape == (100, 100, 3) and picture.max() == 255
    assert (picture[45:55, 80:] > 0).all()
    assert near_defect(Composite(image, np.zeros_like(label), label, ())) is None
    small = near_defect(Composite(image[95:115, 370:], label[95:115, 370:], label, ()))
    assert small.shape == (20, 30, 3)


def leave_transfer(project, source="tile"):
    """A finished comparison as its worker leaves it."""
    job = project.add_job("compare", "transfer of pipe")
    spec = CompareTransferSpec(
        job.folder, project.id, "pipe", {1: "dent"}, source, {1: "dent"}, (), (), (), (),
        job.folder, TransferSettings(source=source),
    )  # fmt: skip
    write_json(job.folder / "job.json", spec)
    mean = {"mean": 0.5, "low": None, "high": None, "least": 0.5, "most": 0.5, "values": [0.5]}
    effect = {
        "arm": "first", "architecture": "unet", "against": "source images", "mean_f1": mean,
        "difference": {**mean, "mean": 0.1, "low": 0.05, "high": 0.2}, "by_partition": [0.1],
        "verdict": "helps, on this split", "sentence": "first, unet: 0.5",
    }  # fmt: skip
    direct = {**effect, "arm": "source images", "difference": None, "verdict": ""}
    outcome = {"arm": "first", "architecture": "unet", "real": 3, "synthetic": 40}
    write_json(
        job.folder / "report" / "transfer.json",
        {
            "item": "pipe",
            "effects": [direct, effect],
            "result": [outcome],
            "images": {"test": [["a" * 64, "", "part"]], "source": []},
        },
    )
    (job.folder / "report" / "transfer.html").write_text("<p>helps</p>", encoding="utf-8")
    return project.move_job(job.id, JobState.DONE)


def test_the_last_result_of_a_source(project):
    assert last_transfer(project, "pipe", "tile") is None
    job = leave_transfer(project)
    leave_transfer(project, source="glass")
    assert last_transfer(project, "pipe", "tile").id == job.id
    result = read_result(job)
    assert result.counts(result.effects[1]).synthetic == 40
    assert result.counts(result.effects[0]) is None
    assert result.effects[1].difference.low == 0.05


def test_a_damaged_result_is_told(project):
    job = leave_transfer(project)
    (job.folder / "report" / "transfer.json").write_text('{"item": "pipe"}', encoding="utf-8")
    with pytest.raises(JobError, match="Start the comparison again"):
        read_result(job)
    (job.folder / "job.json").write_text("{", encoding="utf-8")
    with pytest.raises(JobError, match=r"job\.json"):
        last_transfer(project, "pipe", "tile")
