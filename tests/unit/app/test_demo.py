from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from defectstudio.app import demo, sample_sheets
from defectstudio.app.demo import make_demo
from defectstudio.app.palette import OKABE_ITO
from defectstudio.app.sample_sheets import sample_sheet
from defectstudio.domain.errors import ExportError, ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Recipe, SampleManifest
from defectstudio.domain.records import GeneratorRecord, Role
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample


def grey_project(root: Path, folder: Path, samples: int) -> Project:
    """A project with one background and samples that have a square label each."""
    project = Project.create(root, "plate")
    item = project.items()[0]
    project.add_class(item.id, "dent")
    write_png(folder / "grey.png", np.full((40, 60), 100, np.uint8))
    project.add_images(item.id, [NewImage("grey", Role.NORMAL, folder / "grey.png")])
    background = project.images()[0].sha256
    made = [_sample(folder / str(number), number, background) for number in range(samples)]
    project.accept_samples(item.id, made)
    return project


def _sample(folder: Path, number: int, background: str) -> NewSample:
    image = np.full((40, 60), 100, np.uint8)
    image[10:20, number : number + 10] = 30
    label = np.where(image == 30, 1, 0).astype(np.uint8)
    for name, plane in (("image", image), ("label", label), ("painted", label)):
        write_png(folder / f"{name}.png", plane)
    hashes = [pixel_sha256(plane) for plane in (image, label, label)]
    write_json(folder / "recipe.json", SampleManifest(Recipe(background, ()), *hashes))
    return NewSample.in_folder(folder)


def test_the_sheet_shows_each_sample_and_its_label(tmp_path):
    with grey_project(tmp_path / "p", tmp_path, samples=5) as project:
        sheet = sample_sheet(project.samples())
    assert sheet.shape[1] > 8 * sample_sheets._TILE
    assert sheet.shape[0] > 2 * sample_sheets._TILE
    tint = (0.4 * 30 + 0.6 * np.array(OKABE_ITO[0], np.float32)).astype(np.uint8)
    assert (sheet == tint).all(axis=2).any()


@pytest.fixture
def out(tmp_path, monkeypatch):
    """A folder in which an earlier demo made its project and samples."""
    folder = tmp_path / "demo"
    grey_project(folder / "project", tmp_path, samples=demo.COUNT).close()
    one = GeneratorRecord(1, 1, "one", "dcdganc", folder, "0" * 64)
    monkeypatch.setattr(Project, "generators", lambda self: [one])
    return folder


def test_what_an_earlier_demo_made_is_used_and_exported_anew(out):
    def never(job: object) -> None:
        raise AssertionError("nothing is to be made")

    for _ in range(2):
        report = make_demo(out, never)
    assert report.samples == demo.COUNT
    assert report.sheet.exists()
    assert {path.name for path in report.exports.values()} == {"coco", "mvtec"}
    assert all((path / "manifest.json").exists() for path in report.exports.values())


@pytest.mark.parametrize("content", [None, "{", "[]", '{"made_by": "another"}'])
def test_a_folder_of_others_is_left_alone(out, content):
    (out / "coco").mkdir()
    (out / "coco" / "mine.txt").write_text("mine")
    if content is not None:
        (out / "coco" / "manifest.json").write_text(content)
    with pytest.raises(ExportError):
        make_demo(out, lambda job: None)
    assert (out / "coco" / "mine.txt").read_text() == "mine"


def test_a_build_without_weights_says_so(tmp_path, monkeypatch):
    grey_project(tmp_path / "demo" / "project", tmp_path, samples=0).close()
    with pytest.raises(ProjectError, match="no generator"):
        make_demo(tmp_path / "demo", lambda job: None)


def test_the_sample_project_is_made_where_there_is_none(tmp_path, monkeypatch):
    asked: list[Path] = []

    def make(root: Path) -> Project:
        asked.append(root)
        return grey_project(root, tmp_path, samples=0)

    monkeypatch.setattr(demo, "make_sample_project", make)
    with pytest.raises(ProjectError, match="no generator"):
        make_demo(tmp_path / "demo", lambda job: None)
    assert asked == [tmp_path / "demo" / "project"]
