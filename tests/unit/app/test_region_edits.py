"""The region of a background is painted, undone and kept apart from the mask."""

import numpy as np
import pytest

from defectstudio.app.display import Window
from defectstudio.app.document import Document, open_document
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.regions import read_region, regions, save_region
from defectstudio.app.studio import Studio
from defectstudio.domain.errors import ImageError, ProjectError
from defectstudio.domain.records import DefectClass, ImageRecord, Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project


def document(image_id=1, role=Role.NORMAL):
    native = np.zeros((40, 50), np.uint8)
    record = ImageRecord(
        image_id, 1, "a", role, None, f"{image_id:064x}", 40, 50, 1, 8, "", None, (), None
    )
    return Document(record, native, Window(0, 255), [native], LabelPlane(native))


@pytest.fixture
def studio():
    made = Studio(np.random.default_rng(0))
    made.show_classes((DefectClass(1, 1, "scratch"),))
    made.show(document())
    made.told = []
    made.zoned.connect(lambda: made.told.append("zoned"))
    made.edited.connect(lambda: made.told.append("edited"))
    made.changed.connect(lambda _: made.told.append("changed"))
    return made


def stroke(studio, *, erase=False):
    studio.start_stroke(20, 10, erase=erase)
    studio.extend_stroke(20, 30)
    studio.end_stroke()


def test_a_stroke_on_the_region_leaves_the_mask_alone(studio):
    studio.lock_class(1, True)
    studio.paint_region(True)
    stroke(studio)
    region = studio.document.region.labels
    assert region[20, 10:30].all() and region.max() == 1
    assert not studio.document.plane.labels.any() and not studio.document.dirty
    assert studio.told == ["zoned"]
    stroke(studio, erase=True)
    assert not region.any()
    studio.paint_region(False)
    studio.lock_class(1, False)
    stroke(studio)
    assert studio.document.plane.labels.any() and not region.any()


def test_edits_of_both_share_one_stack(studio):
    stroke(studio)
    studio.paint_region(True)
    stroke(studio)
    studio.invert_region()
    inverted = studio.document.region.labels.copy()
    assert inverted[0, 0] == 1 and inverted[20, 20] == 0
    studio.clear()
    assert not studio.document.region.labels.any() and studio.document.plane.labels.any()
    studio.told.clear()
    for _ in range(4):
        assert studio.history.undo()
    assert not studio.document.region.labels.any() and not studio.document.plane.labels.any()
    assert studio.told == ["zoned"] * 3 + ["changed", "edited"]
    for _ in range(3):
        studio.history.redo()
    np.testing.assert_array_equal(studio.document.region.labels, inverted)


def test_an_undo_waits_for_its_image_and_is_saved_then(studio):
    studio.paint_region(True)
    stroke(studio)
    first = studio.document
    studio.show(document(2))
    studio.told.clear()
    studio.history.undo()
    assert studio.told == [] and first.region.labels.any()
    studio.show(first)
    assert studio.told == ["zoned"] and not first.region.labels.any()


def test_a_defect_image_has_no_region(studio):
    studio.show(document(3, Role.DEFECT))
    studio.paint_region(True)
    stroke(studio)
    studio.invert_region()
    studio.clear()
    assert studio.document.region is None and not studio.document.plane.labels.any()
    assert len(studio.history) == 0


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project", "plate") as made:
        write_png(tmp_path / "a.png", np.full((40, 50), 90, np.uint8))
        made.add_images(1, [NewImage("a", Role.NORMAL, tmp_path / "a.png")])
        yield made


def test_a_region_is_kept_with_the_project(project):
    record = project.images(1)[0]
    assert open_document(project, record).region is None
    region = np.zeros((40, 50), bool)
    region[5:9, 7:30] = True
    save_region(project, record.id, region)
    assert regions(project) == {record.id}
    np.testing.assert_array_equal(open_document(project, record).region.labels, region)
    np.testing.assert_array_equal(read_region(project, record.id), region)
    save_region(project, record.id, np.zeros((40, 50), bool))
    assert regions(project) == set() and read_region(project, record.id) is None


def test_a_region_of_another_size_is_refused(project):
    record = project.images(1)[0]
    save_region(project, record.id, np.ones((4, 5), bool))
    with pytest.raises(ImageError, match="the region has 5 x 4 pixels"):
        open_document(project, record)


def test_a_region_that_cannot_be_saved_is_said(project):
    (project.root / "regions").write_text("in the way")
    with pytest.raises(ProjectError, match="the region cannot be saved"):
        save_region(project, 1, np.ones((4, 4), bool))
