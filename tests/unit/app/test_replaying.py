from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app import replaying
from defectstudio.app.ingredients import Ingredients, check, of_export
from defectstudio.app.projects import remember
from defectstudio.app.replaying import Replayed, ReplayReport, find_project, read_targets, replay
from defectstudio.domain.errors import ProjectError, RecipeError
from defectstudio.domain.files import sha256_file, write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.exchange.manifest import read_manifest
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.project import Project


def manifest(project: str = "p", background: str = "b") -> SampleManifest:
    defect = Defect(1, 1, EncodedMask(1, 1, (0, 1)), 0, 0, "feed")
    return SampleManifest(Recipe(background, (defect,), project), "i", "l", "m")


ROW = {
    "name": "a", "item": "tile", "split": None, "synthetic": True, "class_ids": [1], "height": 4,
    "width": 5, "source_sha256": "s", "image": "a.png", "labels": [], "recipe": "recipes/a.json",
}  # fmt: skip


def export(folder: Path, rows: object, **more: object) -> Path:
    write_json(folder / "recipes" / "a.json", manifest())
    told = {"kind": "png", "made_by": "us", "classes": {}, "files": {}, "notes": [], **more}
    found = {**told, "images": rows} if isinstance(rows, list) else rows
    (folder / "manifest.json").write_text(json.dumps(found))
    return folder


def test_a_recipe_a_samples_folder_and_an_export_are_targets(tmp_path):
    write_json(tmp_path / "one" / "recipe.json", manifest())
    assert list(read_targets(tmp_path / "one")) == ["one"]
    assert list(read_targets(tmp_path / "one" / "recipe.json")) == ["one"]
    piece = {**ROW, "name": "b", "recipe": "recipes/b.json"}
    real = {**ROW, "name": "real", "synthetic": False, "recipe": None}
    made = export(tmp_path / "out", [ROW, piece, real])
    assert read_targets(made) == {"a": manifest()}  # two pieces of one sample


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{**ROW, "recipe": "../a.json"}], "neither a sample nor an export"),
        ([{**ROW, "recipe": "recipes/b.json"}], r"b\.json"),
        ([{**ROW, "recipe": None}], "no synthetic sample"),
        ({"images": 5}, "neither"),
        (5, "neither"),
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


def test_what_is_not_at_hand_is_named(tmp_path):
    write_json(tmp_path / "recipe.json", manifest())
    Project.create(tmp_path / "project", "tile").close()
    missing = r"1 generator: feed \(1 of 1 samples\); 1 background: b \(1 of 1"
    with pytest.raises(RecipeError, match=missing):
        replay(tmp_path / "recipe.json", project=tmp_path / "project")
    with pytest.raises(RecipeError, match="--project"):
        replay(tmp_path / "recipe.json")  # its project is not known here
    made = export(tmp_path / "out", [ROW], generators={"feed": "my generator"})
    with pytest.raises(RecipeError, match="my generator"):
        replay(made)


def test_only_some_of_many_missing_things_are_named():
    recipes = [Recipe(str(number), ()) for number in range(5)]
    found = Ingredients({"4": Path("b.png")})
    with pytest.raises(RecipeError, match=r"4 backgrounds: .* and 1 more"):
        check(recipes, found, {})
    check(recipes[4:], found, {})


def test_an_export_brings_its_whole_real_pictures_along(tmp_path):
    real = {**ROW, "name": "real", "synthetic": False, "recipe": None, "source_sha256": "b"}
    rows = [ROW, {**real, "whole": True, "image": "b.png"}, {**real, "source_sha256": "cut"}]
    made = export(tmp_path / "out", rows)
    assert of_export(made, read_manifest(made)) == Ingredients({"b": made / "b.png"})


def test_files_that_are_not_as_they_were_exported_are_named(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"a")
    digest = sha256_file(tmp_path / "out" / "a.png")
    made = export(tmp_path / "out", [{**ROW, "labels": ["l.png"]}], files={"a.png": digest})
    assert replaying._changed(made) == ("l.png", "recipes/a.json")
    assert replaying._changed(tmp_path / "recipe.json") == ()
    same = Replayed("a", True, True, True)
    assert not ReplayReport((same,), {}, ("l.png",)).same


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
