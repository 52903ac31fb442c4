"""The five first steps in a project, and which of them were taken."""

from __future__ import annotations

from defectstudio.app.document import drafts
from defectstudio.domain.records import JobState
from defectstudio.project.project import Project

STEPS = ("open", "paint", "accept", "batch", "export")


def steps_taken(project: Project) -> tuple[str, ...]:
    """What was done in a project so far, in the order of STEPS. Asks the database."""
    done = {job.kind for job in project.jobs() if job.state is JobState.DONE}
    samples = bool(project.samples())
    taken = {
        "open": True,
        "paint": samples or bool(drafts(project)),
        "accept": samples,
        "batch": "synthesize" in done,
        "export": "export" in done,
    }
    return tuple(step for step in STEPS if taken[step])
