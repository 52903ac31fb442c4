from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.errors import ImageError, ProjectError
from defectstudio.domain.records import Role, Split
from defectstudio.imaging.reading import read_label
from defectstudio.project.database import connect
from defectstudio.project.images import NewImage
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project

SIZE = (12, 16)


def test_an_image_is_kept_as_it_is(project: Project, draw: Callable[..., Path]) -> None:
    source = draw(1, channels=1, dtype=np.uint16)
    label = np.zeros(SIZE, np.uint8)
    label[2, 3], label[4, 5], label[0, 0] = 2, 1, 255
    [image_id] = project.add_images(1, [NewImage("a/b", Role.DEFECT, source, "part 7", label)])
    image = project.image(image_id)
    assert image.file.read_bytes() == source.read_bytes()
    assert image.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert image.file.stem == image.sha256
    found = (image.height, image.width, image.channels, image.depth)
    assert found == (*SIZE, 1, 16)
    assert (image.name, image.role, image.group, image.split) == (
        "a/b", Role.DEFECT, "part 7", None,
    )  # fmt: skip
    assert image.class_ids == (1, 2)
    assert image.label_file is not None
    assert np.array_equal(read_label(image.label_file), label)


def test_without_label_the_given_classes_count(project: Project, draw: Callable[..., Path]) -> None:
    [one] = project.add_images(1, [NewImage("a", Role.DEFECT, draw(1), class_ids=(2,))])
    image = project.image(one)
    assert (image.class_ids, image.label_file) == ((2,), None)


def test_content_is_added_once(project: Project, new_image: Callable[..., NewImage]) -> None:
    first = project.add_images(1, [new_image(1), new_image(2), new_image(1)])
    assert first == [1, 2, 1]
    assert project.add_images(1, [new_image(3), new_image(2)]) == [3, 2]
    assert len(project.images()) == 3
    project.add_item("lid")
    assert project.add_images(2, [new_image(1)]) == [4]


def test_a_taken_name_gets_a_number(project: Project, draw: Callable[..., Path]) -> None:
    names = ["Crack", "crack", "CRACK"]
    project.add_images(1, [NewImage(n, Role.NORMAL, draw(i)) for i, n in enumerate(names)])
    assert [image.name for image in project.images()] == ["Crack", "crack (2)", "CRACK (3)"]


def test_images_alone_are_groups_of_their_own(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    project.add_images(1, [new_image(1), new_image(2)])
    assert len({image.group for image in project.images()}) == 2


def test_one_bad_image_and_none_is_added(
    project: Project, new_image: Callable[..., NewImage], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    bad = NewImage("bad", Role.NORMAL, tmp_path / "bad.png")
    with pytest.raises(ImageError):
        project.add_images(1, [new_image(1), bad])
    assert project.images() == []


def test_a_label_must_fit(project: Project, draw: Callable[..., Path]) -> None:
    small = np.ones((3, 3), np.uint8)
    with pytest.raises(ProjectError, match="the label has"):
        project.add_images(1, [NewImage("a", Role.DEFECT, draw(1), "", small)])
    [one] = project.add_images(1, [NewImage("a", Role.DEFECT, draw(1))])
    with pytest.raises(ProjectError, match="the label has"):
        project.save_label(one, small)


def test_unknown_items_classes_and_images(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    with pytest.raises(ProjectError, match="no class with the number 9"):
        project.add_images(1, [new_image(1), new_image(2, 9)])
    with pytest.raises(ProjectError, match="no item with the number 5"):
        project.add_images(5, [new_image(1)])
    with pytest.raises(ProjectError, match="no image with the number 5"):
        project.image(5)
    with pytest.raises(ProjectError, match="no image with the number 5"):
        project.set_groups({5: "x"})
    assert project.images() == []


def test_lists_are_filtered(project: Project, new_image: Callable[..., NewImage]) -> None:
    project.add_item("lid")
    project.add_images(1, [new_image(1, 1), new_image(2), new_image(3)])
    project.add_images(2, [new_image(4)])
    project.set_splits({1: Split.TRAIN, 2: Split.TEST, 3: Split.TRAIN})
    ids = [image.id for image in project.images(1, role=Role.NORMAL, split=Split.TRAIN)]
    assert ids == [3]
    assert [image.id for image in project.images(role=Role.NORMAL)] == [2, 3, 4]
    assert [image.id for image in project.images(2)] == [4]
    assert project.images(3) == []


def test_a_group_is_never_split(project: Project, new_image: Callable[..., NewImage]) -> None:
    ids = project.add_images(1, [new_image(i, 0, "p" if i < 3 else "q") for i in range(1, 5)])
    with pytest.raises(ProjectError, match="p: images of one group"):
        project.set_splits({ids[0]: Split.TRAIN, ids[1]: Split.TEST})
    with pytest.raises(ProjectError, match="p: images of one group"):
        project.set_splits({ids[0]: Split.TRAIN})
    assert {image.split for image in project.images()} == {None}
    project.set_splits(dict.fromkeys(ids[:2], Split.TRAIN))


def test_a_new_image_takes_the_split_of_its_group(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    [one] = project.add_images(1, [new_image(1, 0, "p")])
    project.set_splits({one: Split.TEST})
    project.add_images(1, [new_image(2, 0, "p"), new_image(3, 0, "q")])
    assert [image.split for image in project.images()] == [Split.TEST, Split.TEST, None]


def test_groups_of_different_splits_lose_them_when_joined(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    ids = project.add_images(1, [new_image(i, 0, f"p{i}") for i in range(4)])
    project.set_splits(dict(zip(ids, [Split.TRAIN, Split.TEST, Split.VAL, Split.VAL], strict=True)))
    project.set_groups({ids[0]: "joined", ids[1]: "joined", ids[2]: "p3"})
    assert [image.split for image in project.images()] == [None, None, Split.VAL, Split.VAL]
    assert [image.group for image in project.images()] == ["joined", "joined", "p3", "p3"]


def test_a_label_says_what_the_image_shows(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    [one] = project.add_images(1, [new_image(1)])
    assert (project.image(one).role, project.image(one).label_file) == (Role.NORMAL, None)
    label = np.zeros(SIZE, np.uint8)
    label[1, 1] = 2
    project.save_label(one, label)
    image = project.image(one)
    assert (image.role, image.class_ids) == (Role.DEFECT, (2,))
    assert image.label_file is not None
    assert np.array_equal(read_label(image.label_file), label)
    project.save_label(one, np.zeros(SIZE, np.uint8))
    assert (project.image(one).role, project.image(one).class_ids) == (Role.NORMAL, ())
    with pytest.raises(ProjectError, match="no class with the number 3"):
        project.save_label(one, label + np.uint8(1))


def test_thousands_are_listed_fast(project: Project, new_image: Callable[..., NewImage]) -> None:
    project.add_images(1, [new_image(1, 1)])
    with closing(connect(project.root / DATABASE)) as connection:
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            " INSERT INTO images SELECT i, item_id, name || i, key || i, role, file, sha256 || i,"
            " height, width, channels, depth, part || i, split, label_file,"
            " label_source FROM images, n"
        )
        connection.execute("INSERT INTO image_classes SELECT id, 1, 2 FROM images")
    start = time.perf_counter()
    images = project.images(1)
    assert time.perf_counter() - start < 5.0
    assert len(images) == 20000
    assert images[0].class_ids == (1, 2)


def test_what_a_label_was_before_is_kept_once_a_maker(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    project.add_images(1, [new_image(1, 1), new_image(2)])
    imported = project.image(1).label_file
    for value in (1, 2, 1):
        plane = np.zeros(SIZE, np.uint8)
        plane[5 + value, 3:6] = value
        project.save_label(1, plane)
    painted = project.image(1)
    [before] = project.earlier_labels(1)
    assert (before.label_file, before.source, before.role) == (imported, "", Role.DEFECT)
    assert (painted.label_source, painted.class_ids) == ("painted", (1,))
    project.save_label(1, plane, "predicted by eye")
    assert [one.source for one in project.earlier_labels(1)] == ["painted", ""]
    assert project.earlier_labels(1)[0].label_file == painted.label_file
    assert project.earlier_labels(2) == []


def test_a_normal_image_becomes_a_defect_and_back(
    project: Project, new_image: Callable[..., NewImage]
) -> None:
    project.add_images(1, [new_image(1)])
    project.set_role(1, Role.DEFECT, None, "painted")
    assert (project.image(1).role, project.image(1).label_file) == (Role.DEFECT, None)
    plane = np.ones(SIZE, np.uint8)
    with pytest.raises(ProjectError, match="normal image has no class"):
        project.set_role(1, Role.NORMAL, plane, "painted")
    project.save_label(1, plane)
    project.set_role(1, Role.NORMAL, None, "painted")
    back = project.image(1)
    assert (back.role, back.label_file, back.class_ids) == (Role.NORMAL, None, ())
    assert [one.role for one in project.earlier_labels(1)] == [Role.DEFECT, Role.NORMAL]
