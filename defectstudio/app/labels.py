"""What real images are said to show: normal or a defect, and labels as they were before."""

from __future__ import annotations

from defectstudio.app.classes import relabel
from defectstudio.app.document import draft_file, gone_from_drafts
from defectstudio.app.synthesis import KIND as SYNTHESIZE
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import EarlierLabel, ImageRecord, Role
from defectstudio.imaging.reading import read_label
from defectstudio.project.curation import PAINTED
from defectstudio.project.jobs import LIVE
from defectstudio.project.project import Project


def mark_defect(project: Project, image_id: int) -> None:
    """Say that an image taken for normal shows a real defect; what is painted on it becomes its
    label. Nothing happens to one that is a defect image already.

    Raises ProjectError as `check_no_background`.
    """
    image = project.image(image_id)
    if image.role is Role.DEFECT:
        return
    check_no_background(project, image)
    draft = draft_file(project, image)
    label = None
    if draft.exists():
        label = relabel(read_label(draft), gone_from_drafts(project, image))
    project.set_role(image_id, Role.DEFECT, label, PAINTED)
    draft.unlink(missing_ok=True)


def mark_normal(project: Project, image_id: int) -> None:
    """Say that an image shows no defect; its label is kept among the earlier ones."""
    if project.image(image_id).role is not Role.NORMAL:
        project.set_role(image_id, Role.NORMAL, None, PAINTED)


def restore_label(project: Project, earlier: EarlierLabel) -> None:
    """Make an earlier label the present one, its classes as they are now; the present one is
    kept among the earlier. Raises ImageError, and ProjectError as `mark_defect`."""
    image = project.image(earlier.image_id)
    if earlier.role is Role.DEFECT:
        check_no_background(project, image)
    label = None
    if earlier.label_file is not None:
        label = relabel(read_label(earlier.label_file), project.gone_classes(image.item_id))
    project.set_role(image.id, earlier.role, label, earlier.source)


def check_no_background(project: Project, image: ImageRecord) -> None:
    """Raise ProjectError for a background of samples, which would show its defect without a label:
    of those that are there, or of a batch that runs. A defect image is none."""
    if image.role is Role.DEFECT:
        return
    samples = project.samples(image.item_id)
    made = sum(one.background_id == image.id and one.usable for one in samples)
    if made:
        raise ProjectError(
            f"{made} samples are made on this image as a background without defects",
            subject=image.name,
            remedy="Reject them in Review first: they show its defect without a label.",
        )
    if any(job.kind == SYNTHESIZE and job.state in LIVE for job in project.jobs()):
        raise ProjectError(
            "a batch runs that may use this image as a background without defects",
            subject=image.name,
            remedy="Wait until it is done, or cancel it.",
        )
