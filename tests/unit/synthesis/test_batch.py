"""Batches: from one seed, exact labels, honest refusals."""

import contextlib
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.errors import SettingError, UserError
from defectstudio.domain.recipe import Style
from defectstudio.domain.seed_marks import Marks
from defectstudio.domain.specs import (
    BackgroundFile,
    PlacementSettings,
    PlanRow,
    StyleSettings,
    SynthesizeSpec,
)
from defectstudio.imaging.masks import encode, warp
from defectstudio.imaging.reading import write_png
from defectstudio.imaging.shapes import parts, shapes_by_class
from defectstudio.synthesis import batch as batches
from defectstudio.synthesis.batch import MOST_COPIES, Batch
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.judging import Reject
from defectstudio.synthesis.render import render
from defectstudio.synthesis.styles import TRIES, best_of, successors


@pytest.fixture
def spec(tmp_path, tiny_files, tiny_generator):
    rng = np.random.default_rng(5)
    image = np.asarray(rng.integers(110, 140, (120, 140, 3)), np.uint8)
    write_png(tmp_path / "background.png", image)
    return SynthesizeSpec(
        run=tmp_path / "run",
        project="p",
        generator=tiny_generator(),
        class_ids=(1, 2),
        backgrounds=(BackgroundFile(tmp_path / "background.png", "b" * 64),),
        shapes=tiny_files,
        count=4,
        seed=11,
    )


def batch(spec):
    return Batch(spec, load_generator(spec.generator, torch.device("cpu")))


def background(spec):
    from defectstudio.imaging.reading import read_image

    return read_image(spec.backgrounds[0].image)


def test_a_sample_is_a_function_of_seed_and_index(spec):
    one, other = batch(spec), batch(spec)
    _ = other.make(0)
    first, again = one.make(3), other.make(3)
    assert first.recipe == again.recipe
    assert first.sample.image.tobytes() == again.sample.image.tobytes()
    assert batch(replace(spec, seed=12)).make(3).recipe != first.recipe


def test_samples_made_together_are_those_made_alone(spec, monkeypatch):
    """Also where the first try of some is not seen."""
    monkeypatch.setattr(batches, "_is_seen", lambda recipe, _: recipe.defects[0].seed % 2 == 0)
    alone, together = batch(spec), batch(spec)
    ones = [alone.make(index) for index in range(6)]
    assert {one.refused[batches.INVISIBLE] > 0 for one in ones} == {False, True}
    for one, other in zip(ones, together.make_all(range(6)), strict=True):
        assert (one.recipe, one.refused) == (other.recipe, other.refused)
        assert one.sample.image.tobytes() == other.sample.image.tobytes()


@pytest.mark.parametrize(
    ("bound", "value", "steps"),
    [
        ("TOGETHER", 3, "pcpppcccpc"),
        ("TOGETHER_SECONDS", 0.0, "pc" * 5),
        ("TOGETHER_BYTES", 120 * 140 * 3, "pcppccppcc"),
        ("TOGETHER_BYTES", 0, "pc" * 5),
    ],
)
def test_few_samples_are_made_together_where_they_are_slow_or_large(
    spec, monkeypatch, bound, value, steps
):
    done = []
    for step in (batches.place_contents, batches.compose):
        noted = lambda *a, own=step: done.append(own.__name__[0]) or own(*a)  # noqa: E731
        monkeypatch.setattr(batches, step.__name__, noted)
    monkeypatch.setattr(batches, "TOGETHER_SECONDS", 1e9)
    monkeypatch.setattr(batches, bound, value)
    assert len(list(batch(spec).make_all(range(5)))) == 5
    assert "".join(done) == steps


def test_a_sample_without_a_place_is_told_of_among_others(spec):
    large = replace(spec, placement=PlacementSettings(scale_min=20.0, scale_max=20.0, tries=2))
    with pytest.raises(batches.NoPlaceError, match="sample 3"):
        list(batch(large).make_all([3, 4]))


def test_classes_take_turns_and_labels_are_exact(spec):
    maker = batch(spec)
    for index in range(4):
        made = maker.make(index)
        classes = set(np.unique(made.sample.label)) - {0}
        assert classes == {1 + index % 2}
        outside = made.sample.painted == 0
        assert np.array_equal(made.sample.image[outside], background(spec)[outside])


def test_several_defects_a_sample_keep_their_gap(spec):
    placement = PlacementSettings(per_sample=3, scale_min=0.3, scale_max=0.4, gap=6)
    made = batch(replace(spec, placement=placement)).make(0)
    assert 2 <= len(made.recipe.defects) <= 3
    assert len(list(parts(made.sample.painted > 0))) == len(made.recipe.defects)


def test_a_painted_mask_is_used_as_it_is(spec):
    mask = np.zeros((120, 140), bool)
    mask[50:70, 60:90] = True
    made = batch(replace(spec, mask=encode(mask), class_ids=(2,))).make(0)
    assert np.array_equal(made.sample.painted == 2, mask)


def test_a_painted_mask_of_another_size_is_refused(spec):
    with pytest.raises(UserError, match="size of the background"):
        batch(replace(spec, mask=encode(np.ones((5, 5), bool)))).make(0)


def test_a_region_confines_the_defects(spec, tmp_path):
    region = np.zeros((120, 140), bool)
    region[60:, 70:] = True
    write_png(tmp_path / "region.png", region)
    confined = replace(
        spec,
        backgrounds=(replace(spec.backgrounds[0], region=tmp_path / "region.png"),),
        placement=PlacementSettings(scale_min=0.3, scale_max=0.5),
    )
    maker = batch(confined)
    for index in range(4):
        assert not (maker.make(index).sample.painted[~region]).any()


def test_an_impossible_placement_says_why(spec, tmp_path):
    write_png(tmp_path / "region.png", np.eye(120, 140, dtype=bool))
    confined = replace(
        spec, backgrounds=(replace(spec.backgrounds[0], region=tmp_path / "region.png"),)
    )
    with pytest.raises(UserError, match="found no place after 20 tries") as caught:
        batch(confined).make(0)
    sent = pickle.loads(pickle.dumps(caught.value))  # from a worker process to its owner
    assert (str(sent), sent.refused) == (str(caught.value), caught.value.refused)


def test_a_region_of_another_size_is_named(spec, tmp_path):
    write_png(tmp_path / "region.png", np.ones((5, 5), bool))
    confined = replace(
        spec, backgrounds=(replace(spec.backgrounds[0], region=tmp_path / "region.png"),)
    )
    with pytest.raises(UserError, match=r"region\.png"):
        batch(confined).make(0)


def test_constant_source_places_free_shapes(spec, tiny_generator):
    made = batch(replace(spec, generator=tiny_generator("constant"), shapes=())).make(0)
    defect = made.recipe.defects[0]
    assert (defect.mask.height, defect.mask.width) == (64, 64)
    assert (made.sample.label == 1).any()


def test_a_class_without_shapes_is_named(tiny_files):
    with pytest.raises(UserError, match="class 3 has no labeled defect"):
        shapes_by_class(tiny_files, [1, 3])


@pytest.mark.parametrize("source", ["mask", "constant"])
def test_style_and_contrast_are_in_every_recipe(spec, tiny_generator, source):
    styles = StyleSettings(truncation=0.5, contrast=20.0)
    wanted = replace(spec, generator=tiny_generator(source), styles=styles)
    made = batch(wanted).make(0)
    assert {(d.style, d.contrast) for d in made.recipe.defects} == {(Style(0.5), 20.0)}
    assert (made.sample.label == 1).any()


def test_the_best_of_several_is_made_again_by_its_seed(spec):
    wanted = replace(spec, styles=StyleSettings(best_of=3))
    one, again = batch(wanted).make(1), batch(wanted).make(1)
    assert one.recipe == again.recipe
    assert one.sample.image.tobytes() == again.sample.image.tobytes()


def test_when_all_of_several_are_rejects_the_place_is_tried_again(spec, monkeypatch):
    few = PlacementSettings(tries=2)
    found = batch(replace(spec, styles=StyleSettings(best_of=2), placement=few))
    monkeypatch.setattr("defectstudio.synthesis.judging.AGREEMENT", 1.1)
    with pytest.raises(UserError, match="its label is not the painted shape"):
        found.make(0)


def test_near_copies_are_drawn_again_and_counted_and_the_recipe_names_what_was_found(
    spec, monkeypatch
):
    def again(generator, defect, background, marks):
        return replace(defect, seed=successors(defect.seed, 3)[2]), 2

    plain = batch(replace(spec, styles=StyleSettings(guard=False)))
    assert plain.draw(0).recipe == batch(spec).draw(0).recipe  # it knows no training contents
    monkeypatch.setattr("defectstudio.synthesis.batch.drawn_again", again)
    guarded = batch(spec)
    drawn = guarded.draw(0)
    assert (drawn.refused, drawn.copies) == ({Reject.COPY.value: 2}, 2)
    own = [successors(defect.seed, 3)[2] for defect in plain.draw(0).recipe.defects]
    assert [defect.seed for defect in drawn.recipe.defects] == own
    made = guarded.make(0)
    assert made.refused[Reject.COPY.value] >= 2
    loaded = {guarded.generator.card.weights_sha256: guarded.generator}
    replayed = render(made.recipe, background(spec), loaded)
    assert replayed.image.tobytes() == made.sample.image.tobytes()
    assert Reject.COPY.value not in plain.make(0).refused


def test_a_shape_in_which_all_contents_are_near_copies_gives_way_to_another(spec, monkeypatch):
    first = batch(spec).draw(0).recipe.defects[0].mask
    near = {first}
    monkeypatch.setattr(
        "defectstudio.synthesis.batch.drawn_again",
        lambda _, defect, *__: (defect, TRIES * (not near or defect.mask in near)),
    )
    drawn = batch(spec).draw(0)
    assert drawn.recipe.defects[0].mask not in near
    assert drawn.copies == TRIES
    near.clear()  # now all are
    drawn = batch(spec).draw(0)
    assert MOST_COPIES < drawn.copies <= MOST_COPIES + TRIES * len(drawn.recipe.defects)


def test_a_free_shape_that_is_a_near_copy_is_tried_at_another_place_inside_the_region(
    spec, tiny_generator, tmp_path, monkeypatch
):
    region = np.zeros((120, 140), bool)
    region[10:110, 5:100] = True
    write_png(tmp_path / "region.png", region)
    free = replace(
        spec,
        generator=tiny_generator("constant"),
        shapes=(),
        backgrounds=(replace(spec.backgrounds[0], region=tmp_path / "region.png"),),
    )
    first = batch(free).draw(0).recipe.defects[0]
    near = {first.seed}
    monkeypatch.setattr(
        "defectstudio.synthesis.batch.near_copy", lambda _, defect, __: defect.seed in near
    )
    made = batch(free).make(0)
    assert made.recipe.defects[0].seed not in near
    assert made.refused[Reject.COPY.value] == 1
    assert not (made.sample.painted.astype(bool) & ~region).any()


def test_the_last_try_of_a_free_shape_is_taken_as_it_is(spec, tiny_generator, monkeypatch):
    free = replace(
        spec,
        generator=tiny_generator("constant"),
        shapes=(),
        placement=PlacementSettings(tries=3),
    )
    monkeypatch.setattr("defectstudio.synthesis.batch.near_copy", lambda *_: True)
    drawn = batch(free).draw(0)
    assert drawn.copies == 2


def test_on_an_oriented_surface_shapes_lean_a_little_at_most(spec, monkeypatch):
    angles = {}
    for oriented in ("off", "on"):
        found, seen = batch(spec), angles.setdefault(oriented, [])
        config = replace(found.generator.card.config, oriented=oriented)
        found.generator.card = replace(found.generator.card, config=config)
        monkeypatch.setattr(
            "defectstudio.imaging.shapes.warp",
            lambda mask, seen=seen, **how: seen.append(how["angle"]) or warp(mask, **how),
        )
        for index in range(6):
            found.draw(index)
    assert max(map(abs, angles["on"])) <= 10 < max(map(abs, angles["off"]))


def test_the_best_of_favourites_is_a_favourite(spec, monkeypatch):
    compared = []

    def first(generator, recipe, number, seeds, background):
        compared.append(seeds)
        return best_of(generator, recipe, number, seeds[:1], background)

    monkeypatch.setattr("defectstudio.synthesis.batch.best_of", first)
    spec = replace(spec, marks={1: Marks((5, 6))}, styles=StyleSettings(best_of=8))
    with contextlib.suppress(UserError):
        batch(spec).draw(0)
    assert compared and all(sorted(seeds) == [5, 6] for seeds in compared[:3])


@pytest.mark.parametrize("source", ["mask", "constant"])
def test_a_class_with_favourites_is_drawn_from_these_alone(spec, tiny_generator, source):
    spec = replace(spec, generator=tiny_generator(source), marks={1: Marks((5, 6), (7,))})
    spec = replace(spec, placement=PlacementSettings(3))
    made = batch(spec)
    seeds = {d.seed for index in (0, 2, 4) for d in made.draw(index).recipe.defects}
    assert seeds and seeds <= {5, 6}
    assert {d.seed for d in made.draw(1).recipe.defects}.isdisjoint({5, 6})


def test_a_banned_seed_is_never_drawn_and_the_others_stay(spec):
    plain = batch(spec).draw(0).recipe.defects[0]
    banned = replace(spec, marks={1: Marks(banned=(plain.seed,))})
    seeds = [batch(banned).draw(index).recipe.defects[0].seed for index in (0, 2)]
    assert plain.seed not in seeds
    assert seeds[1] == batch(spec).draw(2).recipe.defects[0].seed


def test_free_shapes_have_no_best(spec, tiny_generator):
    wanted = replace(spec, generator=tiny_generator("constant"), styles=StyleSettings(best_of=2))
    with pytest.raises(SettingError, match="shapes of its own"):
        batch(wanted)


def test_a_plan_says_which_class_on_which_background(spec, tmp_path):
    files = []
    for number in range(3):
        path = tmp_path / f"ground-{number}.png"
        write_png(path, np.full((120, 140, 3), 100 + number, np.uint8))
        files.append(BackgroundFile(path, f"{number}" * 64))
    plan = (PlanRow(2, 2, (1,)), PlanRow(1, 3, (0, 2)), PlanRow(2, 1))
    maker = batch(replace(spec, backgrounds=tuple(files), plan=plan, count=6))
    assert [maker.class_of(index) for index in range(6)] == [2, 2, 1, 1, 1, 2]
    made = [maker.make(index).recipe for index in range(6)]
    assert [recipe.defects[0].class_id for recipe in made] == [2, 2, 1, 1, 1, 2]
    grounds = [recipe.background[0] for recipe in made]
    assert grounds[:2] == ["1", "1"] and set(grounds[2:5]) <= {"0", "2"}


def test_a_plan_of_one_row_makes_what_the_class_alone_makes(spec):
    planned = replace(spec, class_ids=(2,), plan=(PlanRow(2, 4),))
    alone = batch(replace(spec, class_ids=(2,)))
    assert batch(planned).make(3).recipe == alone.make(3).recipe


def test_defects_of_a_border_lie_at_borders_where_no_region_says_otherwise(spec, tmp_path):
    label = np.zeros((96, 96), np.uint8)
    label[:5, 30:60] = 1
    write_png(tmp_path / "cut.png", label)
    cut = replace(spec.shapes[0], label=tmp_path / "cut.png")
    held = replace(spec, shapes=(cut,), class_ids=(1,))
    write_png(tmp_path / "region.png", np.ones((120, 140), bool))
    ground = (replace(spec.backgrounds[0], region=tmp_path / "region.png"),)
    free = [
        replace(held, placement=PlacementSettings(stay_at_edge=False)),
        replace(held, backgrounds=ground),
    ]

    def at_border(wanted):
        painted = [batch(wanted).make(index).sample.painted > 0 for index in range(4)]
        return [bool(one[[0, -1]].any()) for one in painted]

    assert all(at_border(held))
    assert not any(at_border(free[0]) + at_border(free[1]))
