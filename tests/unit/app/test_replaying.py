from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app import replaying
from defectstudio.app.projects import remember
from defectstudio.app.replaying import Replayed, ReplayReport, find_project, read_targets, replay
from defectstudio.domain.errors import ProjectError, RecipeError
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.project import Project


def manifest(project: str = "p", background: str = "b") -> SampleManifest:
    defect = Defect(1, 1, EncodedMask(1, 1, (0, 1)), 0, 0, "feed")
    return SampleManifest(Recipe(background, (defect,), project), "i", "l", "m")


def export(folder: Path, rows: object) -> Path:
    write_json(folder / "recipes" / "a.json", manifest())
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


def test_a_recipe_a_samples_folder_and_an_export_are_targets(tmp_path):
    write_json(tmp_path / "one" / "recipe.json", manifest())
    assert list(read_targets(tmp_path / "one")) == ["one"]
    assert list(read_targets(tmp_path / "one" / "recipe.json")) == ["one"]
    rows = [{"name": "a", "recipe": "recipes/a.json"}, {"name": "real", "recipe": None}]
    made = export(tmp_path / "out", {"images": rows})
    assert read_targets(made) == {"a": manifest()}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"images": [{"name": "a", "recipe": "../a.json"}]}, "neither a sample nor an export"),
        ({"images": [{"name": "a", "recipe": "recipes/b.json"}]}, r"b\.json"),
        ({"images": [{"name": "a", "recipe": None}]}, "no synthetic sample"),
        ({"images": 5}, "neither"),
        ([], "neither"),
    ],
)
def test_an_export_that_cannot_be_used_is_named(tmp_path, rows, words):
    with pytest.raises(RecipeError, match=words):
        read_targets(export(tmp_path / "out", rows))


def test_a_damaged_recipe_is_named(tmp_path):
    (tmp_path / "recipe.json").write_text('{"recipe": 5}')
    with pytest.raises(RecipeError, match=r"recipe\.json"):
        read_targets(tmp_path / "recipe.json")


def test_the_project_is_around_the_target_or_a_recent_one(tmp_path):
    with Project.create(tmp_path / "project", "tile") as project:
        remember(project)
        inside = project.root / "files" / "recipe.json"
        assert find_project(inside, "") == project.root
        assert find_project(tmp_path / "out", project.id) == project.root
        with pytest.raises(ProjectError, match="--project"):
            find_project(tmp_path / "out", "another")


def test_what_is_not_in_the_project_is_named(tmp_path):
    write_json(tmp_path / "recipe.json", manifest())
    Project.create(tmp_path / "project", "tile").close()
    with pytest.raises(RecipeError, match="of 1 of 1 samples is not in the project: weights feed"):
        replay(tmp_path / "recipe.json", project=tmp_path / "project")
    bare = SampleManifest(Recipe("b", ()), "i", "l", "m")
    write_json(tmp_path / "recipe.json", bare)
    with pytest.raises(RecipeError, match="background is not in"):
        replay(tmp_path / "recipe.json", project=tmp_path / "project")


def test_versions_that_differ_are_said():
    now = {"numpy": "2", "torch": "9", "refining": "2"}
    made = SampleManifest(Recipe("b", (), versions={"numpy": "1", "torch": "9"}), "i", "l", "m")
    assert replaying._differing([made], now) == {"numpy": ("1", "2")}


@pytest.mark.parametrize(
    ("polish", "versions", "differs"),
    [(0, {}, False), (5, {}, True), (5, {"refining": "2"}, False), (0, {"refining": "1"}, False)],
)
def test_a_sample_refined_by_an_earlier_version_is_said_to_be(tmp_path, polish, versions, differs):
    defect = Defect(1, 0, EncodedMask(1, 1, (0, 1)), 0, 0, "a" * 64, polish=polish)
    made = SampleManifest(Recipe("b", (defect,), versions=versions), "i", "l", "m")
    for name in ("image", "label", "painted"):
        write_png(tmp_path / f"{name}.png", np.zeros((4, 5), np.uint8))
    now = {"refining": "2"}
    again = replaying._compare("s", made, tmp_path, now)
    assert ("refined by an earlier version" in again.why) == differs
    assert replaying._differing([made], now) == ({"refining": ("1", "2")} if differs else {})


def test_one_plane_that_differs_makes_a_report_differ():
    good, bad = Replayed("a", True, True, True), Replayed("b", True, False, True)
    assert ReplayReport((good,), {}).same
    assert not ReplayReport((good, bad), {}).same


def test_planes_made_again_are_compared_as_their_classes_were_merged(tmp_path):
    image, label = np.full((4, 5), 7, np.uint8), np.zeros((4, 5), np.uint8)
    label[1, 1:3], label[2, 2] = 1, 2
    for name, plane in (("image", image), ("label", label), ("painted", label)):
        write_png(tmp_path / f"{name}.png", plane)
    merged = pixel_sha256(np.where(label == 1, 2, label).astype(np.uint8))
    made = SampleManifest(Recipe("b", ()), pixel_sha256(image), merged, merged)
    assert not replaying._compare("s", made, tmp_path, {}).same
    assert replaying._compare("s", replace(made, relabeled={1: 2}), tmp_path, {}).same
