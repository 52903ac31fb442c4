from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np
import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import MAX_CLASSES, DefectClass, Item
from defectstudio.project.database import connect
from defectstudio.project.images import NewImage
from defectstudio.project.place import DATABASE
from defectstudio.project.project import Project, item_named


def test_items_in_order(project: Project) -> None:
    assert project.add_item("lid") == Item(2, "lid")
    assert project.items() == [Item(1, "tile"), Item(2, "lid")]
    assert project.item(2).name == "lid"


def test_an_item_name_is_taken_whatever_its_case(project: Project) -> None:
    with pytest.raises(ProjectError, match="TILE: the project has an item of this name"):
        project.add_item("TILE")
    assert len(project.items()) == 1


def test_unknown_item(project: Project) -> None:
    for act in (lambda: project.item(9), lambda: project.add_class(9, "x")):
        with pytest.raises(ProjectError, match="no item with the number 9"):
            act()


def test_classes_are_counted_within_their_item(project: Project) -> None:
    project.add_item("lid")
    assert project.add_class(2, "dent") == DefectClass(1, 2, "dent")
    assert [found.name for found in project.classes(1)] == ["crack", "hole"]


def test_a_class_name_is_taken_whatever_its_case(project: Project) -> None:
    with pytest.raises(ProjectError, match="CRACK: the item has a class of this name"):
        project.add_class(1, "CRACK")


@pytest.mark.parametrize("name", ["good", "Normal"])
def test_names_of_defect_free_images_are_no_classes(project: Project, name: str) -> None:
    with pytest.raises(ProjectError, match="without defects"):
        project.add_class(1, name)


def test_an_id_is_never_given_again(project: Project) -> None:
    project.remove_class(1, 2)
    assert project.add_class(1, "hole").id == 3
    project.remove_class(1, 3)
    assert project.add_class(1, "stain").id == 4


def test_ids_end_at_254_even_when_classes_were_removed(project: Project) -> None:
    with closing(connect(project.root / DATABASE)) as connection:
        connection.execute("UPDATE items SET next_class = ?", (MAX_CLASSES,))
    assert project.add_class(1, "last").id == 254
    project.remove_class(1, 254)
    with pytest.raises(ProjectError, match="all its 254 class numbers"):
        project.add_class(1, "one more")


def test_a_used_class_is_not_removed(project: Project, new_image: Callable[..., NewImage]) -> None:
    [image] = project.add_images(1, [new_image(1, 2)])
    with pytest.raises(ProjectError, match="used by 1 images"):
        project.remove_class(1, 2)
    project.save_label(image, np.zeros((12, 16), np.uint8))
    project.remove_class(1, 2)
    assert [found.id for found in project.classes(1)] == [1]


def test_renaming_keeps_the_id(project: Project) -> None:
    project.rename_class(1, 1, "Crack")
    project.rename_class(1, 1, "fissure")
    assert project.classes(1)[0] == DefectClass(1, 1, "fissure")
    with pytest.raises(ProjectError, match="class of this name"):
        project.rename_class(1, 1, "hole")
    with pytest.raises(ProjectError, match="no class with the number 7"):
        project.rename_class(1, 7, "x")
    with pytest.raises(ProjectError, match="no class with the number 7"):
        project.remove_class(1, 7)


def test_the_item_meant(project: Project) -> None:
    assert item_named(project, None).id == 1
    project.add_item("Lid")
    assert item_named(project, " lid ").id == 2
    with pytest.raises(ProjectError, match=r"several items.*tile, Lid"):
        item_named(project, None)
    with pytest.raises(ProjectError, match=r"no item of this name.*tile, Lid"):
        item_named(project, "cup")


def test_a_pixel_of_an_item_may_have_a_size(project: Project) -> None:
    assert project.item(1).pixel_size_mm is None
    project.calibrate(1, 0.02)
    assert project.item(1) == Item(1, "tile", 0.02) == project.items()[0]
    project.calibrate(1, None)
    assert project.item(1).pixel_size_mm is None


@pytest.mark.parametrize("size", [0, -0.1, float("nan"), float("inf")])
def test_a_size_of_a_pixel_is_a_length(project: Project, size: float) -> None:
    with pytest.raises(ProjectError, match="a length above 0"):
        project.calibrate(1, size)
    with pytest.raises(ProjectError, match="no item with the number 9"):
        project.calibrate(9, 1.0)
