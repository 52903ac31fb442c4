"""The window's state without a window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from defectstudio.app import recipes
from defectstudio.app.display import Window
from defectstudio.app.document import Document
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.seed_marks import SeedMarks
from defectstudio.app.studio import Studio
from defectstudio.app.style import Look
from defectstudio.app.tool_settings import MAX_BRUSH
from defectstudio.domain.recipe import BlendSettings, ClassMix, GrainSettings, Style, StyleMix
from defectstudio.domain.records import DefectClass, GeneratorRecord, ImageRecord, Role, Split
from defectstudio.domain.seed_marks import Mark, Marks
from defectstudio.imaging.masks import decode

GENERATOR = GeneratorRecord(1, 1, "first", "dcdganc", Path("first"), "ab" * 32)


def document(image_id=1, role=Role.NORMAL, split=None):
    record = ImageRecord(
        image_id, 1, "x", role, Path("x.png"), f"{image_id:064x}", 60, 80, 1, 8, "", split, (), None
    )
    native = np.zeros((60, 80), np.uint8)
    return Document(record, native, Window(0, 255), [native], LabelPlane(native))


@pytest.fixture
def studio():
    made = Studio(np.random.default_rng(0))
    made.show_classes((DefectClass(4, 1, "scratch"), DefectClass(9, 1, "hole")))
    made.choose_generator(GENERATOR)
    return made


def stroke(studio, *points, erase=False):
    studio.start_stroke(*points[0], erase=erase)
    for point in points[1:]:
        studio.extend_stroke(*point)
    studio.end_stroke()


def test_the_first_class_is_chosen_and_a_lost_one_is_replaced(studio):
    assert studio.class_id == 4
    studio.choose_class(9)
    studio.show_classes((DefectClass(4, 1, "scratch"),))
    assert studio.class_id == 4
    studio.show_classes(())
    assert studio.class_id == 0


def test_a_defect_that_nobody_painted_is_painted_in_its_class(studio):
    shown = document(role=Role.DEFECT)
    shown.record = replace(shown.record, class_ids=(9,))
    studio.show(shown)
    assert studio.class_id == 9
    studio.choose_class(4)
    shown.record = replace(shown.record, label_file=Path("label.png"))
    studio.show(shown)
    assert studio.class_id == 4


def test_nothing_is_painted_without_document_or_class(studio):
    assert not studio.start_stroke(1, 1, erase=False)
    studio.show(document())
    studio.show_classes(())
    assert not studio.start_stroke(1, 1, erase=False)
    studio.extend_stroke(5, 5)
    studio.end_stroke()
    studio.cancel_stroke()
    studio.clear()
    studio.pick(1, 1)
    assert len(studio.history) == 0


def test_only_a_transfer_refines_what_is_painted(studio):
    studio.show(document())
    stroke(studio, (20, 20), (20, 50))
    studio.choose_polish(30)
    assert not recipes.can_polish(studio.generator) and studio.recipe("p").defects[0].polish == 0
    studio.choose_generator(replace(GENERATOR, kind="dst"))
    assert recipes.can_polish(studio.generator) and studio.recipe("p").defects[0].polish == 30


def test_a_look_is_in_the_recipe_as_far_as_the_generator_can(studio):
    studio.show(document())
    stroke(studio, (20, 20), (20, 50))
    studio.choose_look(Look(second=7, amount=0.3, other=9, nearness=0.4, contrast=12.0))
    assert recipes.can_mix(studio.generator)
    style = Style(mix=StyleMix(7, 0.3), towards=ClassMix(9, 0.4))
    assert studio.recipe("p").defects[0].style == style
    studio.choose_generator(replace(GENERATOR, kind="paste"))
    defect = studio.recipe("p").defects[0]
    assert not recipes.can_mix(studio.generator) and (defect.style, defect.contrast) == (
        Style(),
        12.0,
    )


def test_masks_are_cut_once_for_each_edit(studio, monkeypatch):
    cut = []
    plain = recipes.painted_defects
    monkeypatch.setattr(recipes, "painted_defects", lambda *given: cut.append(1) or plain(*given))
    studio.show(document())
    stroke(studio, (20, 20), (20, 50))
    first = studio.recipe("p")
    studio.choose_seed(5)
    assert studio.recipe("p").defects[0].mask is first.defects[0].mask and len(cut) == 1
    studio.choose_class(9)
    stroke(studio, (40, 40))
    assert len(studio.recipe("p").defects) == 2 and len(cut) == 2
    studio.history.undo()
    assert studio.recipe("p").defects[0].mask == first.defects[0].mask and len(cut) == 3
    studio.start_stroke(40, 40, erase=False)
    assert len(studio.recipe("p").defects) == 2, "an edit under way is seen"
    studio.cancel_stroke()
    assert len(studio.recipe("p").defects) == 1
    studio.show(document(2))
    assert studio.recipe("p") is None


def test_banned_seeds_are_not_rolled(studio, monkeypatch):
    studio.show(document())
    stroke(studio, (20, 20))
    studio.show_marks(SeedMarks().marked(GENERATOR.sha256, 4, 7, Mark.BANNED))
    thrown = iter([7, 6, 7, 8, 7, 9])
    dice = type("Dice", (), {"integers": lambda *_: next(thrown)})()
    monkeypatch.setattr(studio.styles, "_rng", dice)
    assert studio.seed(4) == 6, "nor for a class not met before"
    assert studio.roll() and studio.styles.seed(4) == 8
    studio.roll_after(studio.recipe("p"))
    assert studio.styles.seed(4) == 9
    studio.choose_generator(None)
    assert studio.marks(4) == Marks()


def test_a_recipe_freezes_what_is_painted(studio):
    studio.show(document())
    assert studio.recipe("p") is None
    stroke(studio, (20, 20), (20, 50))
    studio.choose_class(9)
    studio.choose_seed(55)
    studio.choose_blend(BlendSettings("alpha", 4, 1))
    studio.choose_grain(GrainSettings(0.5))
    stroke(studio, (50, 10))
    recipe = studio.recipe("p")
    assert (recipe.background, recipe.project) == (studio.document.record.sha256, "p")
    assert [(d.class_id, d.generator) for d in recipe.defects] == [(4, "ab" * 32), (9, "ab" * 32)]
    assert recipe.defects[1].seed == 55 and recipe.blend.mode == "alpha"
    assert recipe.grain.strength == 0.5
    again = np.zeros((60, 80), np.uint8)
    for defect in recipe.defects:
        mask = decode(defect.mask)
        area = again[defect.top : defect.top + mask.shape[0], defect.left :][:, : mask.shape[1]]
        area[mask] = defect.class_id
    np.testing.assert_array_equal(again, studio.document.plane.labels)
    assert studio.recipe("p") == recipe


def test_no_recipe_for_real_defects_or_without_generator_or_class(studio):
    studio.show(document(role=Role.DEFECT))
    stroke(studio, (20, 20))
    assert studio.recipe("p") is None
    studio.show(document(2))
    stroke(studio, (20, 20))
    studio.choose_generator(None)
    assert studio.recipe("p") is None
    studio.choose_generator(GENERATOR)
    studio.show_classes((DefectClass(9, 1, "hole"),))
    assert studio.recipe("p") is None, "the class painted belongs to no class of the item"


def test_edits_are_announced_counted_and_undone(studio):
    studio.show(document())
    boxes, edits = [], []
    studio.painted.connect(boxes.append)
    studio.edited.connect(lambda: edits.append(studio.document.revision))
    stroke(studio, (20, 20), (25, 40))
    assert studio.document.dirty and edits == [1] and len(boxes) == 2
    studio.clear()
    studio.history.undo()
    studio.history.undo()
    assert not studio.document.plane.labels.any() and edits == [1, 2, 3, 4]
    assert (studio.history.undo_text, studio.history.redo_text) == ("", "Stroke")


def test_undo_on_another_image_asks_for_it_and_is_done_when_it_is_there(studio):
    first, second, wanted = document(1), document(2), []
    studio.wanted.connect(wanted.append)
    studio.show(first)
    stroke(studio, (20, 20))
    stroke(studio, (40, 40))
    painted = first.plane.labels.copy()
    studio.show(second)
    studio.history.undo()
    studio.history.undo()
    assert wanted == [1, 1] and not second.plane.labels.any()
    again = document(1)
    again.plane.labels[:] = painted
    studio.show(again)
    assert not again.plane.labels.any() and again.dirty


def test_a_stroke_under_way_is_taken_back_by_another_image_and_by_undo(studio):
    first = document(1)
    studio.show(first)
    stroke(studio, (5, 5))
    studio.start_stroke(30, 30, erase=False)
    studio.history.undo()
    assert not studio.stroking and not first.plane.labels.any()
    studio.start_stroke(30, 30, erase=False)
    studio.show(document(2))
    assert not studio.stroking and not first.plane.labels.any()


def test_pick_takes_known_classes_inside_the_image_only(studio):
    studio.show(document())
    studio.choose_class(9)
    stroke(studio, (20, 20))
    studio.choose_class(4)
    for place in ((0, 0), (-3, 5), (70, 5), (5, 99)):
        studio.pick(*place)
        assert studio.class_id == 4
    studio.pick(20.5, 20.5)
    assert studio.class_id == 9


def test_the_brush_has_bounds_and_steps(studio):
    studio.tools.resize(0)
    assert studio.tools.size == 1
    studio.tools.step_size(1)
    assert studio.tools.size == 2
    studio.tools.resize(10**6)
    assert studio.tools.size == MAX_BRUSH
    studio.tools.step_size(-1)
    assert studio.tools.size == MAX_BRUSH - MAX_BRUSH // 8


def test_rolling_after_an_accepted_recipe_spares_locked_styles(studio):
    studio.show(document())
    stroke(studio, (20, 20))
    studio.choose_class(9)
    stroke(studio, (50, 50))
    studio.lock(True)
    recipe = studio.recipe("p")
    studio.roll_after(recipe)
    after = studio.recipe("p")
    assert recipe.defects[0].seed != after.defects[0].seed
    assert recipe.defects[1].seed == after.defects[1].seed
    assert not studio.roll()


@pytest.mark.parametrize(("split", "made"), [(None, True), (Split.VAL, True), (Split.TEST, False)])
def test_nothing_synthetic_is_made_on_a_test_image(studio, split, made):
    studio.show(document(split=split))
    stroke(studio, (20, 20), (25, 40))
    assert (studio.recipe("p") is not None) is made


def test_a_kind_that_fuses_by_itself_is_blended_by_alpha(studio):
    def of_kind(kind):
        return GeneratorRecord(1, 1, kind, kind, Path(), "0" * 64)

    modes = []
    for kind in ("dcdganc", "dst", "histmatch", "paste"):
        studio.choose_generator(of_kind(kind))
        modes.append(studio.blend.mode)
    assert modes == ["improved", "alpha", "alpha", "improved"]
    studio.choose_blend(replace(studio.blend, mode="poisson"))
    studio.choose_generator(of_kind("dcdganc"))
    assert studio.blend.mode == "poisson"  # the user's own choice stays
