from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from defectstudio.app import import_writing
from defectstudio.app.importing import import_images
from defectstudio.domain.errors import ImageError, ImportSourceError, ProjectError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.imaging.reading import read_label, read_mask, write_png
from defectstudio.jobs.kinds import CancelledError
from defectstudio.project.project import Project

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("DEFECTSTUDIO_KILLS", "3"))
"""How often the killed-process test kills; the full run is 20."""
SIZE = 64
IMPORTER = """
import sys
from pathlib import Path
from defectstudio.app import import_writing
from defectstudio.app.importing import import_images
from defectstudio.project.project import Project
import_writing.CHUNK_IMAGES = 2
project = Project.open(Path(sys.argv[1]))
print("begin", flush=True)
import_images(project, Path(sys.argv[2]), groups_csv=Path(sys.argv[3]))
print("end", flush=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "tile") as made:
        yield made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two classes of three images each, and four good ones."""
    folder = tmp_path / "source"
    for number in range(3):
        _draw(folder, "crack", f"c{number}", number)
        _draw(folder, "hole", f"h{number}", 10 + number)
    for number in range(4):
        _draw(folder, "good", f"g{number}", 20 + number)
    return folder


def _picture(number: int) -> np.ndarray:
    """Noise that is like no other number's."""
    return np.random.default_rng(number).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def _mask(top: int = 4) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.bool_)
    mask[top : top + 6, 8:20] = True
    return mask


def _draw(folder: Path, class_name: str, stem: str, number: int, top: int = 4) -> None:
    write_png(folder / class_name / "images" / f"{stem}.png", _picture(number))
    if class_name != "good":
        write_png(folder / class_name / "masks" / f"{stem}.png", _mask(top))


def _table(path: Path, source: Path) -> Path:
    """Every image in a group named like its class and the last letter of its stem."""
    rows = [
        f"{file.parent.parent.name},{file.stem},{file.parent.parent.name}-{file.stem[-1]}"
        for file in sorted(source.glob("*/images/*.png"))
    ]
    path.write_text("\n".join(["class,stem,part", *rows]), encoding="utf-8")
    return path


def _contents(folder: Path) -> dict[str, tuple[str, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (sha256_file(path), path.stat().st_mtime_ns) for path in files}


def test_a_folder_comes_in_whole(project: Project, source: Path) -> None:
    before = _contents(source)
    seen: list[tuple[int, int]] = []
    report = import_images(project, source, progress=lambda *step: seen.append(step))
    assert _contents(source) == before
    assert (report.format, report.item, report.new_item) == ("folder", "tile", False)
    assert report.added == {"crack": 3, "good": 4, "hole": 3}
    assert (report.found, report.added_images, report.known, report.problems) == (10, 10, 0, ())
    assert (report.groups.found, report.groups.count, report.groups.images) == ("likeness", 10, 10)
    names = {found.id: found.name for found in project.classes(1)}
    assert sorted(names.values()) == ["crack", "hole"]
    for image in project.images():
        class_name, stem = image.name.split("/")
        original = source / class_name / "images" / f"{stem}.png"
        assert image.file.read_bytes() == original.read_bytes()
        if class_name == "good":
            assert (image.role, image.label_file) == (Role.NORMAL, None)
            continue
        assert [names[class_id] for class_id in image.class_ids] == [class_name]
        assert image.label_file is not None
        mask = read_mask(source / class_name / "masks" / f"{stem}.png")
        assert np.array_equal(read_label(image.label_file), mask * np.uint8(image.class_ids[0]))
    fractions = [done / total for done, total in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_it_is_a_job(project: Project, source: Path) -> None:
    report = import_images(project, source)
    [job] = project.jobs()
    assert (job.id, job.kind, job.state, job.progress) == (
        report.job_id, "import", JobState.DONE, 1.0,
    )  # fmt: skip
    assert job.message == "10 images added, 0 files left out."
    assert '"added_images": 10' in (job.folder / "report.json").read_text(encoding="utf-8")


def test_a_dry_run_says_the_same_and_writes_nothing(project: Project, source: Path) -> None:
    before = _contents(project.root / "files"), project.jobs(), project.classes(1)
    dry = import_images(project, source, item="New", dry_run=True)
    assert (dry.dry_run, dry.new_item, dry.item, dry.job_id) == (True, True, "New", None)
    assert (_contents(project.root / "files"), project.jobs(), project.classes(1)) == before
    assert [item.name for item in project.items()] == ["tile"]
    real = import_images(project, source, item="New")
    assert (dry.added, dry.groups, dry.problems) == (real.added, real.groups, real.problems)
    assert [item.name for item in project.items()] == ["tile", "New"]


def test_again_nothing_is_new(project: Project, source: Path) -> None:
    import_images(project, source)
    before = project.images()
    report = import_images(project, source, item="TILE")
    assert (report.added, report.known, report.merged, report.regrouped) == ({}, 10, 0, 0)
    assert project.images() == before


def test_bad_files_are_named_and_left_out(project: Project, source: Path) -> None:
    truncated = source / "crack" / "images" / "c0.png"
    truncated.write_bytes(truncated.read_bytes()[:300])
    (source / "good" / "images" / "g0.png").write_bytes(b"no picture")
    write_png(source / "crack" / "masks" / "c1.png", np.ones((5, 5), np.bool_))
    write_png(source / "hole" / "masks" / "h0.png", np.zeros((SIZE, SIZE), np.bool_))
    (source / "hole" / "masks" / "h1.png").unlink()
    report = import_images(project, source)
    assert {problem.path.name for problem in report.problems} == {
        "c0.png", "g0.png", "c1.png", "h0.png", "h1.png",
    }  # fmt: skip
    assert all(problem.reason and problem.remedy for problem in report.problems)
    assert report.added == {"crack": 1, "good": 3, "hole": 1}
    assert len(project.images()) == 5
    assert project.jobs()[0].message == "5 images added, 5 files left out."


def test_one_image_of_two_classes(project: Project, source: Path) -> None:
    _draw(source, "hole", "same", 0, top=7)
    _draw(source, "good", "same", 1)
    _draw(source, "hole", "twin", 10)
    report = import_images(project, source)
    assert report.found == 13
    assert report.added == {"crack": 3, "good": 4, "hole": 4}
    assert report.added_images == 10
    image = next(one for one in project.images() if one.sha256 == _sha(source, "crack", "c0"))
    ids = {found.name: found.id for found in project.classes(1)}
    assert image.class_ids == tuple(sorted(ids.values()))
    assert image.label_file is not None
    label = read_label(image.label_file)
    assert np.array_equal(label == ids["crack"], _mask(4))
    assert np.array_equal(label == ids["hole"], _mask(7) & ~_mask(4))
    notes = "\n".join(report.notes)
    assert "crack/c0.png, hole/same.png are the same image; it gets all these classes." in notes
    assert "it counts as defective" in notes
    assert "it is taken once" in notes
    assert "crack/c0: masks of different classes overlap" in notes


def _sha(source: Path, class_name: str, stem: str) -> str:
    return sha256_file(source / class_name / "images" / f"{stem}.png")


def test_a_class_an_image_lacks_is_added_to_its_label(project: Project, source: Path) -> None:
    import_images(project, source)
    later = source.with_name("later")
    _draw(later, "Stain", "x", 0, top=40)
    _draw(later, "Stain", "y", 20, top=40)
    report = import_images(project, later)
    assert (report.added_images, report.known, report.merged) == (0, 2, 2)
    assert import_images(project, later).merged == 0
    assert import_images(project, source).merged == 0
    ids = {found.name: found.id for found in project.classes(1)}
    old, good = (
        next(one for one in project.images() if one.sha256 == _sha(source, *place))
        for place in (("crack", "c0"), ("good", "g0"))
    )
    assert (good.role, good.class_ids) == (Role.DEFECT, (ids["Stain"],))
    assert old.label_file is not None
    assert old.label_source == ""
    label = read_label(old.label_file)
    assert np.array_equal(label == ids["crack"], _mask(4))
    assert np.array_equal(label == ids["Stain"], _mask(40))


def test_class_names_differ_by_more_than_case(project: Project, source: Path) -> None:
    _draw(source, "CRACK", "other", 77)
    report = import_images(project, source)
    assert len(project.classes(1)) == 2
    assert sum(report.added.values()) == 11
    crack = next(one.id for one in project.classes(1) if one.name.lower() == "crack")
    assert sum(image.class_ids == (crack,) for image in project.images()) == 4


def test_groups_from_a_table_now_and_later(project: Project, source: Path, tmp_path: Path) -> None:
    import_images(project, source)
    project.set_splits({image.id: Split.TRAIN for image in project.images()})
    table = _table(tmp_path / "groups.csv", source)
    text = table.read_text(encoding="utf-8").replace("good,g3,good-3", "good,absent,q")
    table.write_text(text.replace("crack-1", "crack-0"), encoding="utf-8")
    report = import_images(project, source, groups_csv=table)
    assert (report.regrouped, report.added_images) == (9, 0)
    groups = Counter(image.group for image in project.images())
    assert groups["crack-0"] == 2
    assert (report.groups.found, report.groups.count) == ("table", 9)
    assert (report.groups.largest, report.groups.largest_size) == ("crack-0", 2)
    assert report.groups.repeated == 1
    assert "good/g3 is not in the table; it is a part of its own." in report.notes
    assert "1 rows of the table name no image that is imported." in report.notes
    # Without a table they stay as they are.
    assert import_images(project, source).regrouped == 0
    assert Counter(image.group for image in project.images()) == groups


def test_a_table_in_which_one_image_is_in_two_groups(
    project: Project, source: Path, tmp_path: Path
) -> None:
    _draw(source, "hole", "same", 0)
    table = _table(tmp_path / "groups.csv", source)
    report = import_images(project, source, groups_csv=table)
    assert "The groups crack-0 and hole-e share an image and are joined." in report.notes
    assert all(image.group != "hole-e" for image in project.images())


def test_alike_images_are_one_group_also_across_imports(project: Project, tmp_path: Path) -> None:
    big = np.random.default_rng(5).integers(0, 256, (160, 160), dtype=np.uint8)
    first, second = tmp_path / "first" / "good", tmp_path / "second" / "good"
    write_png(first / "a.png", big[:128, :128])
    write_png(first / "b.png", _picture(1)[..., 0].repeat(2, 0).repeat(2, 1))
    write_png(second / "c.png", big[6:134, 9:137])
    import_images(project, first.parent)
    project.set_groups({project.images()[0].id: "by hand"})
    project.set_splits({image.id: Split.TEST for image in project.images()})
    report = import_images(project, second.parent)
    images = {image.name: image for image in project.images()}
    assert images["good/c"].group == "by hand"
    assert images["good/c"].split is Split.TEST
    assert (report.groups.count, report.groups.largest) == (2, "by hand")


def test_an_image_like_two_groups_is_told(project: Project, tmp_path: Path) -> None:
    big = np.random.default_rng(5).integers(0, 256, (160, 160), dtype=np.uint8)
    for name, shift in (("a", 0), ("b", 8)):
        write_png(tmp_path / "first" / "good" / f"{name}.png", big[shift:][:128, :128])
    write_png(tmp_path / "second" / "good" / "c.png", big[4:][:128, :128])
    import_images(project, tmp_path / "first")
    one, two = project.images()
    assert one.group == two.group
    project.set_groups({one.id: "p", two.id: "q"})
    report = import_images(project, tmp_path / "second")
    assert report.notes == ("good/c looks like the groups p, q; it joins p.",)


def test_what_cannot_be_imported_at_all(project: Project, source: Path, tmp_path: Path) -> None:
    with pytest.raises(ImportSourceError, match="no such folder"):
        import_images(project, tmp_path / "absent")
    with pytest.raises(ImportSourceError, match="not known"):
        import_images(project, source, format="zip")
    with pytest.raises(ImportSourceError, match="cannot be read"):
        import_images(project, source, groups_csv=tmp_path / "absent.csv")
    with pytest.raises(ProjectError, match="name of the item"):
        import_images(project, source, item="a/b")
    (source / "crack").rename(source / "con")
    with pytest.raises(ProjectError, match="name of the class"):
        import_images(project, source)
    project.add_item("lid")
    with pytest.raises(ProjectError, match="several items"):
        import_images(project, source)
    assert (project.jobs(), project.images()) == ([], [])


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (CancelledError(), JobState.CANCELLED, "Cancelled."),
        (ImageError("gone", subject="x.png"), JobState.FAILED, "x.png: gone"),
        (ZeroDivisionError("bug"), JobState.FAILED, "ZeroDivisionError: bug"),
        (KeyboardInterrupt(), JobState.INTERRUPTED, "The program was stopped."),
    ],
)
def test_a_stop_keeps_finished_chunks(
    project: Project,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    state: JobState,
    message: str,
) -> None:
    monkeypatch.setattr(import_writing, "CHUNK_IMAGES", 2)

    def stop(done: int, total: int) -> None:
        if done / total >= 0.79:
            raise error

    with pytest.raises(type(error)):
        import_images(project, source, progress=stop)
    [job] = project.jobs()
    assert (job.state, job.message) == (state, message)
    assert len(project.images()) == 4
    report = import_images(project, source)
    assert (report.added_images, report.known) == (6, 4)


def test_chunks_hold_few_pixels(
    project: Project, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_writing, "CHUNK_PIXELS", 3 * SIZE * SIZE)
    commits: list[str] = []
    project.changed.connect(commits.append)
    import_images(project, source)
    assert commits.count("images") == 4


@pytest.mark.skipif(os.name != "posix", reason="signals of another kind")
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_import_goes_on(project: Project, source: Path, tmp_path: Path, seed: int) -> None:
    for number in range(30, 70):
        _draw(source, "crack", f"more{number}", number)
    table = _table(tmp_path / "groups.csv", source)
    arguments = [str(project.root), str(source), str(table)]
    project.close()
    with subprocess.Popen(
        [sys.executable, "-c", IMPORTER, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as importer:
        assert importer.stdout is not None
        assert importer.stdout.readline() == "begin\n"
        time.sleep(random.Random(seed).uniform(0.02, 0.8))
        importer.kill()
        ended = "end" in importer.stdout.read()
    with Project.open(project.root) as opened:
        accepted = {image.sha256 for image in opened.images()}
        for image in opened.images():
            assert sha256_file(image.file) == image.sha256
            assert image.role is Role.NORMAL or image.label_file is not None
        states = [job.state for job in opened.jobs()]
        assert states in ([JobState.INTERRUPTED], [JobState.DONE], []) or ended
        report = import_images(opened, source, groups_csv=table)
        assert (report.known, report.added_images) == (len(accepted), 50 - len(accepted))
        assert accepted <= {image.sha256 for image in opened.images()}
        assert len(opened.images()) == 50
    assert importer.returncode in (-signal.SIGKILL, 0)


def test_a_pixels_size_is_taken_from_pictures_that_agree(project: Project, tmp_path: Path) -> None:
    for number, resolution in enumerate((400, 500, 500)):
        folder = tmp_path / f"scans{resolution}" / "good"
        folder.mkdir(parents=True, exist_ok=True)
        picture = np.random.default_rng(number).integers(0, 255, (40, 50)).astype(np.uint8)
        tifffile.imwrite(
            folder / f"{number}.tif", picture, resolution=(resolution,) * 2, resolutionunit=3
        )
    import_images(project, tmp_path / "scans500")
    assert project.items()[0].pixel_size_mm == pytest.approx(0.02)
    import_images(project, tmp_path / "scans400")
    assert project.items()[0].pixel_size_mm == pytest.approx(0.02)
