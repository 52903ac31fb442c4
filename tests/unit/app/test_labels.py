"""Images said to be normal or defective, and labels restored."""

import numpy as np
import pytest

from defectstudio.app.classes import delete_class, merge_classes
from defectstudio.app.document import draft_file, drafts, open_document
from defectstudio.app.importing import import_images
from defectstudio.app.labels import mark_defect, mark_normal, restore_label
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import JobState, Review, Role
from defectstudio.imaging.reading import pixel_sha256, read_label, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample

SIZE = (10, 12)


def plane(class_id):
    label = np.zeros(SIZE, np.uint8)
    label[2:5, 3:7] = class_id
    return label


@pytest.fixture
def project(tmp_path):
    """Images 1 (normal) and 2 (a crack, imported); classes crack, hole, dent."""
    with Project.create(tmp_path / "project", "tile") as made:
        for name in ("crack", "hole", "dent"):
            made.add_class(1, name)
        for number, class_id in ((1, 0), (2, 1)):
            path = tmp_path / f"{number}.png"
            write_png(path, np.full(SIZE, 50 + number, np.uint8))
            role = Role.DEFECT if class_id else Role.NORMAL
            made.add_images(1, [NewImage(f"n{number}", role, path, label=plane(class_id))])
        yield made


def test_what_is_painted_on_a_background_becomes_its_label(project):
    draft = draft_file(project, project.image(1))
    write_png(draft, plane(2))
    mark_defect(project, 1)
    image = project.image(1)
    assert (image.role, image.class_ids, image.label_source) == (Role.DEFECT, (2,), "painted")
    assert np.array_equal(read_label(image.label_file), plane(2))
    assert drafts(project) == set()
    mark_defect(project, 1)
    assert project.image(1) == image


def test_without_paint_it_is_a_defect_without_a_label(project):
    mark_defect(project, 1)
    assert (project.image(1).role, project.image(1).label_file) == (Role.DEFECT, None)
    mark_normal(project, 1)
    mark_normal(project, 1)
    assert project.image(1).role is Role.NORMAL
    assert [one.role for one in project.earlier_labels(1)] == [Role.DEFECT, Role.NORMAL]


def accept_sample(project, folder, background):
    image, label = np.full(SIZE, 9, np.uint8), plane(1)
    for name, array in (("image", image), ("label", label), ("painted", label)):
        write_png(folder / f"{name}.png", array)
    defect = Defect(1, 0, EncodedMask(1, 1, (0, 1)), 0, 0, "0" * 64)
    hashes = (pixel_sha256(image), pixel_sha256(label), pixel_sha256(label))
    recipe = SampleManifest(Recipe(project.image(background).sha256, (defect,)), *hashes)
    write_json(folder / "recipe.json", recipe)
    project.accept_samples(1, [NewSample.in_folder(folder)])


def test_a_background_of_samples_is_no_defect_until_they_are_rejected(project, tmp_path):
    accept_sample(project, tmp_path / "s", background=1)
    with pytest.raises(ProjectError, match="1 samples are made"):
        mark_defect(project, 1)
    project.set_reviews({1: Review.REJECTED})
    mark_defect(project, 1)
    assert project.image(1).role is Role.DEFECT
    with pytest.raises(ProjectError, match="its label does not have"):
        project.set_reviews({1: Review.UNDECIDED})
    assert not project.samples()[0].usable
    mark_normal(project, 1)
    project.set_reviews({1: Review.UNDECIDED})
    assert project.samples()[0].usable


def test_an_earlier_label_comes_back_with_its_classes_as_they_are_now(project):
    project.save_label(2, plane(2))
    mark_normal(project, 2)
    merge_classes(project, 1, 1, 3)
    painted, imported = project.earlier_labels(2)[-2:]
    assert (painted.source, imported.source) == ("painted", "")
    restore_label(project, imported)
    image = project.image(2)
    assert (image.role, image.class_ids, image.label_source) == (Role.DEFECT, (3,), "")
    assert np.array_equal(read_label(image.label_file), plane(3))
    delete_class(project, 1, 2)
    restore_label(project, painted)
    assert (project.image(2).class_ids, project.image(2).label_file) == ((), None)
    restore_label(project, project.earlier_labels(2)[-1])
    assert project.image(2).class_ids == (3,)


def test_a_draft_of_a_merged_class_is_read_as_the_other(project):
    image = project.image(1)
    write_png(draft_file(project, image), plane(1))
    merge_classes(project, 1, 1, 2)
    assert np.array_equal(open_document(project, image).plane.labels, plane(2))
    delete_class(project, 1, 2)
    assert not open_document(project, image).plane.labels.any()
    write_png(draft_file(project, image), plane(2))
    mark_defect(project, 1)
    assert project.image(1).label_file is None


def test_an_image_is_no_defect_again_while_it_is_the_background_of_samples(project, tmp_path):
    project.save_label(2, plane(2))
    mark_normal(project, 2)
    accept_sample(project, tmp_path / "s", background=2)
    earlier = project.earlier_labels(2)[0]
    with pytest.raises(ProjectError, match="1 samples are made"):
        restore_label(project, earlier)
    assert project.image(2).role is Role.NORMAL
    project.set_reviews({1: Review.REJECTED})
    restore_label(project, earlier)
    assert project.image(2).class_ids == (2,)


def test_an_image_is_no_defect_while_a_batch_may_use_it(project):
    job = project.add_job("synthesize", "3 with g")
    with pytest.raises(ProjectError, match="a batch runs"):
        mark_defect(project, 1)
    project.move_job(job.id, JobState.CANCELLED)
    mark_defect(project, 1)
    assert project.image(1).role is Role.DEFECT


def test_a_mask_for_a_background_of_a_batch_stops_the_import_before_it_writes(project, tmp_path):
    later = tmp_path / "later" / "stain"
    write_png(later / "images" / "x.png", np.full(SIZE, 51, np.uint8))
    write_png(later / "masks" / "x.png", plane(1) > 0)
    before = project.images(), project.classes(1)
    job = project.add_job("synthesize", "3 with g")
    with pytest.raises(ProjectError, match="a batch runs"):
        import_images(project, later.parent)
    assert (project.images(), project.classes(1)) == before
    project.move_job(job.id, JobState.CANCELLED)
    assert import_images(project, later.parent).merged == 1
    assert project.image(1).role is Role.DEFECT


def test_a_rejected_sample_that_is_accepted_by_hand_again_is_accepted(project, tmp_path):
    accept_sample(project, tmp_path / "s", background=1)
    project.set_reviews({1: Review.REJECTED})
    new = [NewSample.in_folder(tmp_path / "s")]
    assert project.accept_samples(1, new) == [1]
    assert project.samples()[0].review is Review.REJECTED
    assert project.accept_samples(1, new, review=Review.ACCEPTED) == [1]
    assert project.samples()[0].review is Review.ACCEPTED
