"""What is asked when a style is searched or read, and what the answer makes of a look."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app.finding import found_look, real_defects, searched
from defectstudio.app.style import Look
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.events import StyleFound, decode, encode
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, Style, StyleMix
from defectstudio.domain.records import GeneratorRecord, ImageRecord, Role
from defectstudio.imaging.reading import write_png

GENERATOR = GeneratorRecord(1, 1, "g", "dcdganc", Path("g"), "a" * 64)


def defect(class_id, area, **more):
    return Defect(class_id, 5, EncodedMask(1, area, (0, area)), 0, 0, "a" * 64, **more)


def test_a_search_is_of_the_largest_defect_in_a_style_that_is_not_mixed():
    style = Style(0.5, StyleMix(7), (1.0,))
    recipe = Recipe("b" * 64, (defect(1, 9), defect(1, 20, style=style, polish=3), defect(2, 50)))
    wanted = searched(recipe, 1)
    assert wanted.defects == (replace(defect(1, 20), seed=0, style=Style(0.5)),)
    assert searched(recipe, 3) is None


def test_all_that_is_labeled_is_told_the_largest_of_the_class_first(tmp_path):
    label = np.zeros((60, 80), np.uint8)
    label[0:3, 0:3] = 2
    label[30:40, 50:60] = 2
    label[0:20, 40:80] = 1
    label[50:, :] = 255
    write_png(tmp_path / "label.png", label)
    image = ImageRecord(
        4, 1, "real", Role.DEFECT, None, "c" * 64, 60, 80, 3, 8, "", None, (1, 2),
        tmp_path / "label.png",
    )  # fmt: skip
    recipe = real_defects(image, 2, GENERATOR)
    assert recipe.background == "c" * 64
    assert [(one.class_id, one.top, one.left) for one in recipe.defects] == [
        (2, 30, 50), (2, 0, 0), (1, 0, 40),
    ]  # fmt: skip
    assert {one.generator for one in recipe.defects} == {"a" * 64}
    for lacking in (replace(image, class_ids=(1,)), replace(image, label_file=None)):
        with pytest.raises(ProjectError, match="no labeled defect of the class"):
            real_defects(lacking, 2, GENERATOR)


def test_the_answer_keeps_what_it_says_nothing_of():
    look = Look(second=3, amount=0.9, fine=True, other=2, nearness=0.4, contrast=6.0)
    mixed = found_look(look, decode(encode(StyleFound(1, 5, 8, 0.3))))
    assert mixed == replace(look, second=8, amount=0.3, fine=False)
    read = found_look(look, decode(encode(StyleFound(1, 5, normal=[0.5, 1.0]))), "crack 3")
    assert read == replace(look, amount=0.0, fine=False, normal=(0.5, 1.0), of="crack 3")
