import numpy as np
import pytest

from defectstudio.app.first_steps import STEPS, steps_taken
from defectstudio.app.projects import looked_at, recent_projects, remember
from defectstudio.domain.errors import ProjectError
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


def test_steps_are_ticked_as_they_are_taken(project):
    assert steps_taken(project.root) == ("open", "import")
    item, picture = project.items()[0], project.images()[0].file
    project.add_class(item.id, "scratch")
    other = picture.with_name("other.png")
    write_png(other, np.full((20, 30, 3), 80, np.uint8))
    project.add_images(item.id, [NewImage("defect", Role.DEFECT, other)])
    assert steps_taken(project.root) == ("open", "import"), "it is still to be painted"
    defect = next(image for image in project.images() if image.is_unpainted)
    project.save_label(defect.id, np.ones((20, 30), np.uint8))
    project.move_job(project.add_job("export", "x").id, JobState.FAILED)
    assert steps_taken(project.root) == ("open", "import", "label"), "a failed export is no export"
    with project._database.write() as connection:
        connection.execute(
            "INSERT INTO generators (item_id, name, key, kind, folder, sha256, created)"
            " VALUES (1, 'g', 'g', 'paste', 'g', '', '')"
        )
        connection.execute(
            "INSERT INTO samples (item_id, file, sha256, label_file, label_sha256, painted_file,"
            " recipe_file, background_id, created) VALUES (1, '', '', '', '', '', '', 1, '')"
        )
    project.move_job(project.add_job("export", "x").id, JobState.DONE)
    assert steps_taken(project.root) == STEPS


def test_they_are_remembered_with_the_project_and_looked_at_anew(project):
    assert remember(project) == ""
    newest = recent_projects()[0][0]
    assert newest.steps == ("open", "import")
    project.move_job(project.add_job("export", "x").id, JobState.DONE)
    project.close()
    assert looked_at(newest).steps == ("open", "import", "export")
    (project.root / "project.sqlite").unlink()
    with pytest.raises(ProjectError, match="cannot be opened"):
        looked_at(newest)
