"""What a training may see: labeled and normal images of the training split, and references."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from defectstudio.domain.errors import JobError, ProjectError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.records import ImageRecord, Item, Role, Split
from defectstudio.domain.specs import BackgroundFile, LabeledFile
from defectstudio.project.names import name_key
from defectstudio.project.project import Project

_SPLIT_AGAIN = "Split again: Split images in the File menu, or `defectstudio split`."


def training_images(project: Project, item: Item) -> list[ImageRecord]:
    """The item's labeled defect images of the training split. Raises ProjectError for none."""
    images = project.images(item.id, role=Role.DEFECT)
    labeled = [image for image in images if image.label_file is not None]
    if not labeled:
        raise ProjectError(
            "no defect of the item is labeled, and there is nothing else to learn from",
            subject=item.name,
            remedy="Paint the defects of the images that are to be painted, or import images with"
            " masks.",
        )
    if not is_split(project, item):
        raise ProjectError(
            "the item has no split, and a generator must never see the images it is judged on",
            subject=item.name,
            remedy="Split it: Split images in the File menu, or `defectstudio split`.",
        )
    if not (seen := [image for image in labeled if image.split is Split.TRAIN]):
        raise ProjectError(
            "the training split has no labeled defect image",
            subject=item.name,
            remedy=_SPLIT_AGAIN,
        )
    return seen


def test_images(project: Project, item: Item) -> list[ImageRecord]:
    """The item's labeled defect images of the test split. Raises ProjectError for none."""
    images = project.images(item.id, role=Role.DEFECT, split=Split.TEST)
    labeled = [image for image in images if image.label_file is not None]
    if not labeled:
        raise ProjectError(
            "the test split has no labeled defect image to compare with",
            subject=item.name,
            remedy=_SPLIT_AGAIN,
        )
    return labeled


def reference_images(project: Project, item: Item, names: Sequence[str]) -> list[ImageRecord]:
    """The item's images of these names, or of the content of the files so named.

    An item without a split may give any of its images: one example is nothing to split. Raises
    ProjectError for an unknown one, one without a mask, and one of another split than training.
    """
    images = project.images(item.id, role=Role.DEFECT)
    return [_reference(images, name) for name in names]


def _reference(images: Sequence[ImageRecord], name: str) -> ImageRecord:
    path = Path(name)
    content = sha256_file(path) if path.is_file() else None
    found = [i for i in images if name_key(i.name) == name_key(name) or i.sha256 == content]
    if not found:
        raise ProjectError(
            "the item has no defect image of this name",
            subject=name,
            remedy="Import it with its mask, or name one of: "
            + ", ".join(image.name for image in images[:5]),
        )
    image = found[0]
    if image.label_file is None or not image.class_ids:
        raise ProjectError(
            "the reference has no mask",
            subject=image.name,
            remedy="Paint its defect, or import it again with a mask.",
        )
    if image.split not in (None, Split.TRAIN):
        raise ProjectError(
            f"the reference is of the {image.split.value} split, which generators are judged on",
            subject=image.name,
            remedy="Choose an image of the training split, or split again.",
        )
    return image


def normal_files(project: Project, item: Item) -> tuple[BackgroundFile, ...]:
    """The item's normal images, of the training split where there is one.

    Raises ProjectError for none.
    """
    split = Split.TRAIN if is_split(project, item) else None
    images = project.images(item.id, role=Role.NORMAL, split=split)
    if not images:
        raise ProjectError(
            "the training split has no normal image, and this kind of generator learns from some",
            subject=item.name,
            remedy="Import images without defects, then split again.",
        )
    return tuple(BackgroundFile(image.file, image.sha256) for image in images)


def is_split(project: Project, item: Item) -> bool:
    """Whether any image of the item belongs to a split."""
    return any(image.split is not None for image in project.images(item.id))


def as_labeled_file(image: ImageRecord) -> LabeledFile:
    """A labeled image as a worker sees it."""
    assert image.label_file is not None
    return LabeledFile(image.file, image.label_file, image.sha256)


def found_again(
    project: Project, item: Item, images: Sequence[LabeledFile]
) -> tuple[LabeledFile, ...]:
    """The same files where the project lies now: it may have been moved meanwhile.

    Raises JobError when a split or a label made since would let the run see what it must not.
    """
    split = Split.TRAIN if is_split(project, item) else None
    labeled = project.images(item.id, role=Role.DEFECT, split=split)
    training = [as_labeled_file(image) for image in labeled if image.label_file is not None]
    now = {(file.sha256, file.label.name): file for file in training}
    _check_none_gone(old.image for old in images if (old.sha256, old.label.name) not in now)
    return tuple(now[old.sha256, old.label.name] for old in images)


def normals_again(
    project: Project, item: Item, normals: Sequence[BackgroundFile]
) -> tuple[BackgroundFile, ...]:
    """The same normal images where the project lies now. Raises JobError as `found_again`."""
    if not normals:
        return ()
    now = {file.sha256: file for file in normal_files(project, item)}
    _check_none_gone(old.image for old in normals if old.sha256 not in now)
    return tuple(now[old.sha256] for old in normals)


def _check_none_gone(gone: Iterable[Path]) -> None:
    for image in gone:
        raise JobError(
            "an image of the training is no longer in the project's training split as labeled",
            subject=image.name,
            remedy="Start the training anew.",
        )
