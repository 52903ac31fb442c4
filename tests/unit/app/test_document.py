"""Opening images, drafts of backgrounds, labels of defects."""

import numpy as np
import pytest

from defectstudio.app.document import draft_file, drafts, open_document, save_labels
from defectstudio.domain.errors import ImageError
from defectstudio.domain.records import Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project


@pytest.fixture
def project(tmp_path):
    """A deep grey background and a defect labeled as class 1."""
    with Project.create(tmp_path / "project", "tile") as made:
        item = made.items()[0]
        for name in ("crack", "hole"):
            made.add_class(item.id, name)
        rng = np.random.default_rng(0)
        label = np.zeros((40, 50), np.uint8)
        label[3:6, 7:20] = 1
        for number, (role, kept) in enumerate(((Role.NORMAL, None), (Role.DEFECT, label))):
            picture = tmp_path / f"{number}.png"
            write_png(picture, rng.integers(0, 4096, (40, 50)).astype(np.uint16))
            made.add_images(item.id, [NewImage(f"{number}", role, picture, label=kept)])
        yield made


def test_a_background_opens_empty_with_its_native_values(project):
    document = open_document(project, project.images(role=Role.NORMAL)[0])
    assert document.is_background and not document.dirty
    assert document.native.dtype == np.uint16 and document.levels[0].dtype == np.uint8
    assert not document.plane.labels.any()
    assert document.value(4, 5) == (int(document.native[4, 5]),)
    assert document.value(-1, 0) is None and document.value(0, 50) is None


def test_a_background_keeps_a_draft_and_no_label(project):
    record = project.images(role=Role.NORMAL)[0]
    labels = np.zeros((40, 50), np.uint8)
    labels[5, 5] = 2
    save_labels(project, record, labels)
    assert drafts(project) == {record.id}
    assert project.image(record.id).label_file is None
    np.testing.assert_array_equal(open_document(project, record).plane.labels, labels)
    for _ in range(2):
        save_labels(project, record, np.zeros_like(labels))
    assert drafts(project) == set()


def test_a_defect_opens_with_its_label_which_is_corrected(project):
    record = project.images(role=Role.DEFECT)[0]
    document = open_document(project, record)
    assert not document.is_background and document.plane.labels[4, 8] == 1
    document.plane.labels[10, 10] = 2
    save_labels(project, record, document.plane.labels)
    assert project.image(record.id).class_ids == (1, 2)
    assert drafts(project) == set()


def test_a_draft_of_another_size_is_refused(project):
    record = project.images(role=Role.NORMAL)[0]
    write_png(draft_file(project, record), np.ones((3, 4), np.uint8))
    with pytest.raises(ImageError, match="4 x 3"):
        open_document(project, record)


def test_stray_files_among_the_drafts_are_no_drafts(project):
    write_png(project.root / "drafts" / "notes.png", np.ones((3, 4), np.uint8))
    assert drafts(project) == set()
