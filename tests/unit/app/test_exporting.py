from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.exportable import Kind, stock
from defectstudio.app.exporting import export
from defectstudio.domain.errors import ExportError, ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import JobState, Review, Role, Split
from defectstudio.exchange.card import read_facts
from defectstudio.exchange.formats import WRITERS
from defectstudio.imaging.reading import pixel_sha256, read_image, read_label, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

SIZE = (10, 14)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """good/0 in train with a sample on it, good/1 in test, crack/2 in train, crack/3 unlabeled."""
    with Project.create(tmp_path / "project", "tile") as made:
        made.add_class(1, "crack")
        good = [_image(tmp_path, number, 0) for number in range(2)]
        crack = _image(tmp_path, 2, 1)
        bare = NewImage("crack/3", Role.DEFECT, _image(tmp_path, 3, 0).file, class_ids=(1,))
        made.add_images(1, [*good, crack, bare])
        made.set_splits({1: Split.TRAIN, 2: Split.TEST, 3: Split.TRAIN})
        made.accept_samples(1, [_sample(tmp_path / "sample", made.image(1).sha256)])
        yield made


def _image(folder: Path, number: int, class_id: int) -> NewImage:
    path = folder / f"{number}.png"
    write_png(path, np.full((*SIZE, 3), 50 + number, np.uint8))
    label = np.zeros(SIZE, np.uint8)
    label[number : number + 2, 3:6] = class_id
    name = f"{'crack' if class_id else 'good'}/{number}"
    return NewImage(name, Role.DEFECT if class_id else Role.NORMAL, path, "", label)


def _sample(folder: Path, background: str) -> NewSample:
    image = np.full((*SIZE, 3), 99, np.uint8)
    label = np.zeros(SIZE, np.uint8)
    label[5:7, 1:4] = 1
    defect = Defect(1, 0, EncodedMask(1, 1, (0, 1)), 0, 0, "0" * 64)
    hashes = (pixel_sha256(image), pixel_sha256(label), pixel_sha256(label))
    write_png(folder / "image.png", image)
    write_png(folder / "label.png", label)
    write_png(folder / "painted.png", label)
    write_json(folder / "recipe.json", SampleManifest(Recipe(background, (defect,)), *hashes))
    return NewSample.in_folder(folder)


def _manifest(out: Path) -> list[dict[str, object]]:
    rows = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["images"]
    return sorted(rows, key=lambda row: row["name"])


@pytest.mark.parametrize("format", WRITERS)
def test_everything_is_exported(project: Project, tmp_path: Path, format: str) -> None:
    report = export(project, tmp_path / "out", format)
    assert (report.format, report.images, report.synthetic) == (format, 4, 1)
    assert report.defects == {"crack": 2}
    assert "1 defective image without a label was left out." in report.notes
    assert "1 sample in it was not reviewed." in report.notes
    rows = _manifest(tmp_path / "out")
    assert [(row["name"], row["split"], row["synthetic"]) for row in rows] == [
        ("crack_2", "train", False),
        ("good_0", "train", False),
        ("good_1", "test", False),
        ("sample_000001", "train", True),
    ]
    job = project.jobs()[-1]
    assert (job.kind, job.state) == ("export", JobState.DONE)
    assert job.message == "4 images written, 1 of them synthetic."


def test_pixels_arrive_as_they_are(project: Project, tmp_path: Path) -> None:
    export(project, tmp_path / "out", "png")
    [sample] = project.samples()
    pairs = {"crack_2": project.image(3), "sample_000001": sample}
    for name, record in pairs.items():
        image, label = (tmp_path / "out" / part / f"{name}.png" for part in ("images", "labels"))
        assert np.array_equal(read_image(image), read_image(record.file))
        assert record.label_file is not None
        assert np.array_equal(read_label(label), read_label(record.label_file))
    recipe = tmp_path / "out" / "recipes" / "sample_000001.json"
    assert recipe.read_bytes() == sample.recipe_file.read_bytes()


def test_what_was_exported_is_frozen(project: Project, tmp_path: Path) -> None:
    export(project, tmp_path / "first try", "png")
    [dataset] = project.datasets()
    assert dataset.name == "first try"
    entries = project.dataset_entries(dataset.id)
    assert [entry.synthetic for entry in entries] == [False, False, False, True]
    project.save_label(3, np.zeros(SIZE, np.uint8))
    assert project.dataset_entries(dataset.id) == entries
    rows = {str(row["name"]): row["source_sha256"] for row in _manifest(tmp_path / "first try")}
    assert rows == {
        entry.name: hashlib.sha256(entry.file.read_bytes()).hexdigest() for entry in entries
    }


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"splits": [Split.TEST]}, ["good_1"]),
        ({"splits": [Split.TRAIN]}, ["crack_2", "good_0", "sample_000001"]),
        ({"real": False}, ["sample_000001"]),
        ({"undecided": False}, ["crack_2", "good_0", "good_1"]),
        ({"synthetic": False}, ["crack_2", "good_0", "good_1"]),
        ({"item": "TILE", "splits": {"train"}, "real": False}, ["sample_000001"]),
    ],
)
def test_a_choice_is_exported(
    project: Project, tmp_path: Path, chosen: dict[str, object], names: list[str]
) -> None:
    export(project, tmp_path / "out", "coco", **chosen)  # type: ignore[arg-type]
    assert [row["name"] for row in _manifest(tmp_path / "out")] == names


def test_classes_are_merged_by_name(project: Project, tmp_path: Path) -> None:
    project.add_class(1, "Hole")
    report = export(project, tmp_path / "out", "coco", merge={"CRACK": "hole"}, tile=16)
    assert report.defects == {"Hole": 2}
    with pytest.raises(ExportError, match="no such class") as caught:
        export(project, tmp_path / "two", "coco", merge={"crack": "dent"})
    assert caught.value.subject == "dent"


def test_nothing_to_export(project: Project, tmp_path: Path) -> None:
    project.add_item("lid")
    for chosen in ({"splits": [Split.VAL]}, {"real": False, "synthetic": False}, {"item": "lid"}):
        with pytest.raises(ExportError, match="nothing to export"):
            export(project, tmp_path / "out", "coco", **chosen)  # type: ignore[arg-type]
    with pytest.raises(ExportError, match="not known"):
        export(project, tmp_path / "out", "zip")
    with pytest.raises(ProjectError, match="no item of this name"):
        export(project, tmp_path / "out", "coco", item="cup")
    assert (project.jobs(), project.datasets()) == ([], [])


def test_an_export_that_fails_is_a_failed_job(project: Project, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "theirs").touch()
    with pytest.raises(ExportError):
        export(project, tmp_path / "out", "coco")
    job = project.jobs()[-1]
    assert job.state is JobState.FAILED
    assert str(tmp_path / "out") in job.message
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["theirs"]


def test_items_of_the_same_classes_go_together(project: Project, tmp_path: Path) -> None:
    project.add_item("lid")
    project.add_class(2, "Crack")
    project.add_images(2, [_image(tmp_path, 4, 1)])
    report = export(project, tmp_path / "out", "png")
    assert (report.images, report.defects) == (5, {"crack": 3})
    assert {row["item"] for row in _manifest(tmp_path / "out")} == {"tile", "lid"}


@pytest.mark.parametrize("names", [["hole"], ["hole", "crack"]])
def test_items_of_other_classes_go_one_at_a_time(
    project: Project, tmp_path: Path, names: list[str]
) -> None:
    project.add_item("lid")
    for name in names:
        project.add_class(2, name)
    export(project, tmp_path / "before", "png")
    project.add_images(2, [_image(tmp_path, 4, 1)])
    with pytest.raises(ExportError, match="another one in another item") as caught:
        export(project, tmp_path / "out", "png")
    assert "one item at a time" in caught.value.remedy
    assert export(project, tmp_path / "out", "png", item="lid").defects == {"hole": 1}


def test_rejected_samples_are_left_out_until_they_are_restored(
    project: Project, tmp_path: Path
) -> None:
    project.set_reviews({1: Review.REJECTED})
    report = export(project, tmp_path / "without", "png")
    assert (report.images, report.synthetic) == (3, 0)
    assert "1 rejected sample was left out." in report.notes
    project.set_reviews({1: Review.ACCEPTED})
    report = export(project, tmp_path / "with", "png")
    assert report.synthetic == 1 and not any("rejected" in note for note in report.notes)


def test_what_nobody_reviewed_is_told_or_left_out(project: Project, tmp_path: Path) -> None:
    facts = []
    for undecided in (True, False):
        out = tmp_path / f"out-{undecided}"
        export(project, out, "png", undecided=undecided)
        facts.append(read_facts(out))
    bare = {"defective images without a label": 1}
    assert [(one.undecided, one.left_out) for one in facts if one] == [
        (1, bare), (0, {**bare, "undecided samples": 1})
    ]  # fmt: skip
    project.set_reviews({1: Review.ACCEPTED})
    report = export(project, tmp_path / "accepted", "png", undecided=False)
    assert report.synthetic == 1 and not any("reviewed" in note for note in report.notes)
    report = export(project, tmp_path / "real", "png", synthetic=False)
    assert report.notes == ("1 defective image without a label was left out.",)


def test_the_stock_is_told_by_split(project: Project) -> None:
    found = stock(project, project.items()[0])
    assert found == {
        None: Counter({Kind.UNLABELED: 1}),
        Split.TRAIN: Counter({Kind.REAL: 2, Kind.UNDECIDED: 1}),
        Split.VAL: Counter(),
        Split.TEST: Counter({Kind.REAL: 1}),
    }
