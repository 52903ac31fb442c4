import numpy as np
import pytest

from defectstudio.app.first_steps import STEPS, steps_taken
from defectstudio.app.projects import recent_projects, remember
from defectstudio.domain.records import JobState, Role
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("DEFECTSTUDIO_HOME", str(tmp_path / "home"))
    picture = tmp_path / "picture.png"
    write_png(picture, np.full((20, 30, 3), 90, np.uint8))
    with Project.create(tmp_path / "plates", "plate") as made:
        made.add_images(made.items()[0].id, [NewImage("normal", Role.NORMAL, picture)])
        yield made


def test_steps_are_ticked_as_they_are_taken(project, monkeypatch):
    assert steps_taken(project) == ("open", "import")
    item, picture = project.items()[0], project.images()[0].file
    project.add_class(item.id, "scratch")
    other = picture.with_name("other.png")
    write_png(other, np.full((20, 30, 3), 80, np.uint8))
    project.add_images(item.id, [NewImage("defect", Role.DEFECT, other)])
    assert steps_taken(project) == ("open", "import"), "it is still to be painted"
    defect = next(image for image in project.images() if image.is_unpainted)
    project.save_label(defect.id, np.ones((20, 30), np.uint8))
    project.move_job(project.add_job("export", "x").id, JobState.FAILED)
    assert steps_taken(project) == ("open", "import", "label"), "a failed export is no export"
    for made in ("generators", "samples"):
        monkeypatch.setattr(project, made, lambda: [object()])
    project.move_job(project.add_job("export", "x").id, JobState.DONE)
    assert steps_taken(project) == STEPS


def test_they_are_remembered_with_the_project(project):
    assert remember(project) == ""
    assert recent_projects()[0][0].steps == ("open", "import")
