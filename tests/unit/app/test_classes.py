"""Classes merged and deleted: what is touched, what stays, what an interruption leaves."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from defectstudio.app.classes import class_uses, delete_class, merge_classes, relabel
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import JobState, Role
from defectstudio.imaging.reading import pixel_sha256, read_label, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample, read_manifest

SIZE = (10, 12)
CRACK, HOLE, DENT = 1, 2, 3


def plane(*class_ids):
    label = np.zeros(SIZE, np.uint8)
    for number, class_id in enumerate(class_ids):
        label[2 * number, 3:6] = class_id
    return label


def sample(folder, background, class_ids):
    image, label = np.full(SIZE, 99, np.uint8), plane(*class_ids)
    defects = tuple(Defect(one, 0, EncodedMask(1, 1, (0, 1)), 0, 0, "0" * 64) for one in class_ids)
    hashes = (pixel_sha256(image), pixel_sha256(label), pixel_sha256(label))
    for name, array in (("image", image), ("label", label), ("painted", label)):
        write_png(folder / f"{name}.png", array)
    write_json(folder / "recipe.json", SampleManifest(Recipe(background, defects), *hashes))
    return NewSample.in_folder(folder)


@pytest.fixture
def project(tmp_path):
    """Images: 1 normal, 2 crack, 3 crack and hole, 4 a crack without a mask; samples: 1 crack
    and hole, 2 hole; a generator of crack and hole."""
    with Project.create(tmp_path / "project", "tile") as made:
        for name in ("crack", "hole", "dent"):
            made.add_class(1, name)
        new = []
        for number, class_ids in enumerate([(), (CRACK,), (CRACK, HOLE), ()]):
            path = tmp_path / f"{number}.png"
            write_png(path, np.full(SIZE, 50 + number, np.uint8))
            role = Role.DEFECT if class_ids else Role.NORMAL
            new.append(NewImage(f"n{number}", role, path, label=plane(*class_ids)))
        new[3] = replace(new[3], role=Role.DEFECT, label=None, class_ids=(CRACK,))
        made.add_images(1, new)
        background = made.image(1).sha256
        both, hole = ((CRACK, HOLE), (HOLE,))
        files = [sample(tmp_path / str(ids), background, ids) for ids in (both, hole)]
        made.accept_samples(1, files)
        weights = tmp_path / "g"
        weights.mkdir()
        (weights / WEIGHTS).write_bytes(b"w")
        digest = hashlib.sha256(b"w").hexdigest()
        names = {CRACK: "crack", HOLE: "hole"}
        card = GeneratorCard(
            DcdgancConfig(), 1, names, dict.fromkeys(names, 0.0), 0, (), "train", digest, {}
        )
        write_json(weights / CARD, card)
        made.add_generator(1, "gen", "dcdganc", weights)
        yield made


def state(project):
    """All rows and label bytes that a change of classes may touch."""
    return (
        project.classes(1),
        [(one, one.label_file and one.label_file.read_bytes()) for one in project.images(1)],
        [(one, one.label_file.read_bytes()) for one in project.samples(1)],
    )


def test_what_speaks_of_a_class(project):
    uses = {one.defect.name: one for one in class_uses(project, 1)}
    crack, hole, dent = uses["crack"], uses["hole"], uses["dent"]
    assert (crack.images, crack.samples, crack.generators) == (3, 1, ("gen",))
    assert (hole.images, hole.samples, hole.segmenters) == (1, 2, ())
    assert not dent.used and crack.used


def test_merging_moves_pixels_of_images_and_samples(project):
    told = []
    merge_classes(project, 1, CRACK, HOLE, progress=lambda done, total: told.append((done, total)))
    assert [one.name for one in project.classes(1)] == ["hole", "dent"]
    assert [image.class_ids for image in project.images(1)] == [(), (HOLE,), (HOLE,), (HOLE,)]
    assert np.array_equal(read_label(project.image(3).label_file), plane(HOLE, HOLE))
    first, second = project.samples(1)
    assert first.class_ids == second.class_ids == (HOLE,)
    label, painted = read_label(first.label_file), read_label(first.painted_file)
    assert np.array_equal(label, plane(HOLE, HOLE)) and np.array_equal(painted, label)
    manifest = read_manifest(first.recipe_file)
    assert manifest.relabeled == {CRACK: HOLE}
    assert manifest.label_sha256 == pixel_sha256(label) == manifest.painted_sha256
    assert [one.class_id for one in manifest.recipe.defects] == [CRACK, HOLE]  # as it was made
    assert read_manifest(second.recipe_file).relabeled == {}
    assert told[-1] == (1, 1) and (2, 2) in told
    assert project.gone_classes(1) == {CRACK: HOLE}
    assert project.add_class(1, "crack").id == 4  # never 1 again


def test_merged_twice_is_followed_to_the_end(project):
    merge_classes(project, 1, CRACK, HOLE)
    merge_classes(project, 1, HOLE, DENT)
    assert project.gone_classes(1) == {CRACK: DENT, HOLE: DENT}
    first, second = project.samples(1)
    assert read_manifest(first.recipe_file).relabeled == {CRACK: DENT, HOLE: DENT}
    assert read_manifest(second.recipe_file).relabeled == {HOLE: DENT}
    made_again = relabel(plane(CRACK, HOLE), read_manifest(first.recipe_file).relabeled)
    assert np.array_equal(made_again, read_label(first.label_file))
    delete_class(project, 1, DENT)
    assert project.gone_classes(1) == {CRACK: 255, HOLE: 255, DENT: 255}


def test_deleting_leaves_void_and_unlabeled_images(project):
    delete_class(project, 1, CRACK)
    alone, both, bare = (project.image(number) for number in (2, 3, 4))
    assert (alone.role, alone.label_file, alone.class_ids) == (Role.DEFECT, None, ())
    assert np.array_equal(read_label(both.label_file), plane(255, HOLE))
    assert (both.class_ids, bare.class_ids) == ((HOLE,), ())
    assert [one.class_ids for one in project.samples(1)] == [(HOLE,)]
    [before] = project.earlier_labels(2)
    assert np.array_equal(read_label(before.label_file), plane(CRACK))


@pytest.mark.parametrize("change", [lambda p: merge_classes(p, 1, CRACK, HOLE),
                                    lambda p: delete_class(p, 1, CRACK)])  # fmt: skip
def test_an_interruption_between_files_and_rows_changes_nothing(project, monkeypatch, change):
    before = state(project)
    replace_class = Project.replace_class

    def killed(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "replace_class", killed)
    with pytest.raises(KeyboardInterrupt):
        change(project)
    assert state(project) == before
    monkeypatch.setattr(Project, "replace_class", replace_class)
    change(project)  # the files that were left are no hindrance
    assert CRACK not in {one.id for one in project.classes(1)}


def test_an_interruption_within_the_transaction_changes_nothing(project, monkeypatch):
    from defectstudio.project import reclassing

    before = state(project)

    def killed(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(reclassing, "_bury", killed)
    with pytest.raises(KeyboardInterrupt):
        merge_classes(project, 1, CRACK, HOLE)
    assert state(project) == before


def test_a_label_painted_meanwhile_stops_the_merge(project, monkeypatch):
    from defectstudio.app import classes

    read = classes.read_manifest

    def painted_meanwhile(path):
        project.save_label(2, plane(HOLE, CRACK))
        return read(path)

    monkeypatch.setattr(classes, "read_manifest", painted_meanwhile)
    with pytest.raises(ProjectError, match="changed meanwhile"):
        merge_classes(project, 1, CRACK, HOLE)
    assert np.array_equal(read_label(project.image(2).label_file), plane(HOLE, CRACK))
    assert len(project.classes(1)) == 3


def test_what_is_refused(project):
    with pytest.raises(ProjectError, match="into itself"):
        merge_classes(project, 1, CRACK, CRACK)
    with pytest.raises(ProjectError, match="no class"):
        merge_classes(project, 1, CRACK, 9)
    job = project.add_job("train", "gen")
    for change in (
        lambda: merge_classes(project, 1, CRACK, HOLE),
        lambda: delete_class(project, 1, CRACK),
        lambda: project.rename_class(1, CRACK, "split"),
    ):
        with pytest.raises(ProjectError, match="'gen' works with the classes"):
            change()
    project.move_job(job.id, JobState.DONE)
    project.rename_class(1, CRACK, "split")
    assert project.classes(1)[0].name == "split"


def test_a_removed_class_is_brought_back_as_it_was(project):
    first = state(project)
    merge_classes(project, 1, CRACK, HOLE)
    merged = state(project)
    delete_class(project, 1, HOLE)
    assert [one.name for one in project.removed_classes(1)] == ["hole", "crack"]
    project.bring_class_back(1, HOLE)
    assert state(project) == merged and project.gone_classes(1) == {CRACK: HOLE}
    project.bring_class_back(1, CRACK)
    assert state(project) == first and project.gone_classes(1) == {}
    assert project.removed_classes(1) == []
    assert project.add_class(1, "more").id == 4
    with pytest.raises(ProjectError, match="not known any more"):
        project.bring_class_back(1, CRACK)


def test_a_class_into_which_another_was_merged_comes_back_with_it(project):
    merge_classes(project, 1, HOLE, CRACK)
    before = state(project)
    merge_classes(project, 1, CRACK, DENT)
    project.bring_class_back(1, CRACK)
    assert state(project) == before and project.gone_classes(1) == {HOLE: CRACK}


def test_samples_come_back_without_a_job_that_was_forgotten(project):
    job = project.add_job("synthesize", "a batch")
    project.move_job(job.id, JobState.DONE)
    with project._database.write() as connection:
        connection.execute("UPDATE samples SET job_id = ?", (job.id,))
    delete_class(project, 1, CRACK)
    project.remove_job(job.id)
    project.bring_class_back(1, CRACK)
    assert [one.job_id for one in project.samples(1)] == [None, None]


def test_what_keeps_a_class_from_coming_back_changes_nothing(project):
    delete_class(project, 1, CRACK)
    project.add_class(1, "Crack")
    before = state(project)
    with pytest.raises(ProjectError, match="class of this name"):
        project.bring_class_back(1, CRACK)
    project.save_label(3, plane(HOLE, DENT))
    with pytest.raises(ProjectError, match="were changed since"):
        project.bring_class_back(1, CRACK)
    project.add_job("train", "busy")
    with pytest.raises(ProjectError, match="'busy'"):
        project.bring_class_back(1, CRACK)
    assert state(project)[0] == before[0] and project.gone_classes(1) == {CRACK: 255}


def test_without_room_for_what_a_class_was_it_stays(project):
    (project.root / "backups").touch()
    before = state(project)
    with pytest.raises(ProjectError, match="cannot be kept"):
        delete_class(project, 1, CRACK)
    assert state(project) == before
