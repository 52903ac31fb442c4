"""What is said of models, and what renaming and removing them leaves."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from defectstudio.app import models
from defectstudio.app.judged import last_evaluation
from defectstudio.domain import generators, segmenters
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.domain.segmenters import SegmenterCard, SegmenterConfig
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

NAMES = {1: "crack", 2: "hole"}
DIGEST, EYE = (hashlib.sha256(one.CARD.encode()).hexdigest() for one in (generators, segmenters))


@pytest.fixture
def shelves(tmp_path):
    """A generator *gen*; a generator and a segmenter both called *eye*; a sample of the first."""
    for files in (generators, segmenters):
        folder = tmp_path / files.CARD
        folder.mkdir()
        (folder / files.WEIGHTS).write_bytes(files.CARD.encode())
    card = GeneratorCard(
        DcdgancConfig(), 1, NAMES, dict.fromkeys(NAMES, 0.0), 0, (), "train", DIGEST, {}
    )
    write_json(tmp_path / generators.CARD / generators.CARD, card)
    eye = SegmenterCard(SegmenterConfig(), 1, NAMES, "none", 0.4, 3, 0, (), EYE, {})
    write_json(tmp_path / segmenters.CARD / segmenters.CARD, eye)
    image = np.full((8, 8), 1, np.uint8)
    hashes = (pixel_sha256(image),) * 3
    with Project.create(tmp_path / "project", "tile") as made:
        for name in NAMES.values():
            made.add_class(1, name)
        for name in ("image", "label", "painted"):
            write_png(tmp_path / "sample" / f"{name}.png", image)
        made.add_images(1, [NewImage("plain", Role.NORMAL, tmp_path / "sample" / "image.png")])
        made.add_generator(1, "gen", "dcdganc", tmp_path / generators.CARD)
        other = tmp_path / "other"
        (tmp_path / generators.CARD).rename(other)
        digest = hashlib.sha256(b"others").hexdigest()
        (other / generators.WEIGHTS).write_bytes(b"others")
        write_json(other / generators.CARD, replace(card, weights_sha256=digest))
        made.add_generator(1, "eye", "dcdganc", other)
        made.add_segmenter(1, "eye", "unet", tmp_path / segmenters.CARD)
        defect = Defect(1, 0, EncodedMask(1, 1, (0, 1)), 0, 0, DIGEST)
        recipe = Recipe(made.image(1).sha256, (defect,))
        write_json(tmp_path / "sample" / "recipe.json", SampleManifest(recipe, *hashes))
        made.accept_samples(1, [NewSample.in_folder(tmp_path / "sample")])
        yield made


def test_uses_name_size_classes_and_samples(shelves):
    generators, segmenters = (
        [one for one in models.model_uses(shelves, 1) if one.sort == sort]
        for sort in ("generator", "segmenter")
    )
    assert [(one.name, one.item, one.samples) for one in generators] == [
        ("gen", "tile", 1), ("eye", "tile", 0),
    ]  # fmt: skip
    assert generators[0].classes == ("crack", "hole") and generators[0].size > 1
    assert [(one.name, one.kind, one.samples) for one in segmenters] == [("eye", "unet", 0)]


def test_a_name_says_which_model_is_meant_unless_two_have_it(shelves):
    assert models.sort_of(shelves, " GEN ") == "generator"
    with pytest.raises(ProjectError, match="a generator and a segmenter"):
        models.sort_of(shelves, "eye")
    with pytest.raises(ProjectError, match="no model of this name") as error:
        models.sort_of(shelves, "ear")
    assert "gen, eye, eye" in error.value.remedy


def test_a_renamed_segmenter_keeps_what_it_was_judged_by(shelves):
    for number, name in enumerate(("eye", "eyes", "eye")):
        job = shelves.add_job("evaluate", f"{name} on {'test' if number < 2 else 'val'}")
        shelves.move_job(job.id, JobState.DONE)
    models.rename_model(shelves, "segmenter", "EYE", "iris")
    assert last_evaluation(shelves, "iris", Split.TEST).id == 1
    assert last_evaluation(shelves, "iris", Split.VAL).id == 3
    assert last_evaluation(shelves, "eyes", Split.TEST).id == 2
    assert [one.name for one in shelves.generators()] == ["gen", "eye"], "of its own sort alone"
    models.remove_model(shelves, "segmenter", "iris")
    assert last_evaluation(shelves, "iris", Split.TEST) is None
    assert shelves.job(1).title == "iris (deleted) on test"
