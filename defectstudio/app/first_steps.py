"""The first steps in a project, and which of them were taken."""

from __future__ import annotations

from defectstudio.domain.records import JobState, Role
from defectstudio.project.project import Project

STEPS = ("open", "import", "label", "train", "make", "export")


def steps_taken(project: Project) -> tuple[str, ...]:
    """What was done in a project so far, in the order of STEPS. Asks the database."""
    done = {job.kind for job in project.jobs() if job.state is JobState.DONE}
    images = project.images()
    defects = [image for image in images if image.role is Role.DEFECT]
    taken = {
        "open": True,
        "import": bool(images),
        "label": any(not image.is_unpainted for image in defects),
        "train": bool(project.generators()),
        "make": bool(project.samples()),
        "export": "export" in done,
    }
    return tuple(step for step in STEPS if taken[step])
