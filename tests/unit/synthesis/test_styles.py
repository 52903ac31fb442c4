"""Styles read, judged, searched and shown."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from defectstudio.domain.errors import CheckpointError, ImageError, RecipeError
from defectstudio.domain.files import to_json
from defectstudio.domain.recipe import SEEDS, ClassMix, Defect, Recipe, Style, StyleMix
from defectstudio.domain.seed_marks import Marks
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.masks import Box, encode
from defectstudio.metrics.canvases import on_canvas
from defectstudio.synthesis import style_sheets
from defectstudio.synthesis.generators.content import Content
from defectstudio.synthesis.guard import Guard
from defectstudio.synthesis.judging import Reject, Score, judge
from defectstudio.synthesis.known import Known
from defectstudio.synthesis.known import look as shown_as
from defectstudio.synthesis.record import Record, look
from defectstudio.synthesis.render import place_contents, render
from defectstudio.synthesis.styles import (
    TRIES,
    best_of,
    drawn_again,
    read_style,
    search,
    successors,
)

DARK = (0.05, 0.45)
MASK = np.ones((24, 24), bool)
BACKGROUND = np.random.default_rng(1).normal(128, 3, (90, 100, 3)).astype(np.uint8)


def recipe(**changes):
    return Recipe("b" * 64, (Defect(1, 3, encode(MASK), 30, 40, "w" * 64, **changes),))


@pytest.mark.parametrize("tone", DARK)
def test_a_style_read_from_a_content_draws_it_again(trained_generator, tone):
    image = np.full((60, 60), round(tone * 255), np.uint8)
    label = np.zeros((60, 60), np.uint8)
    label[10:34, 20:44] = 1
    style = read_style(trained_generator, image, label, Box(10, 20, 24, 24), 1)
    made = trained_generator.styled(1, [0], style, MASK)[0].pixels
    errors = [abs(float(made.mean()) - known) for known in DARK]
    assert DARK[int(np.argmin(errors))] == tone


def test_a_box_without_the_class_has_no_style(trained_generator):
    plane = np.zeros((30, 30), np.uint8)
    with pytest.raises(ImageError, match="0 pixels"):
        read_style(trained_generator, plane, plane, Box(0, 0, 9, 9), 1)
    with pytest.raises(CheckpointError, match="class 7"):
        read_style(trained_generator, plane, plane, Box(0, 0, 9, 9), 7)


def test_a_recipe_with_a_style_and_a_contrast_is_made_again(trained_generator):
    loaded = {"w" * 64: trained_generator}
    style = Style(0.7, StyleMix(5, 0.4, "fine"), towards=ClassMix(2, 0.3))
    made = recipe(style=style, contrast=12.0)
    stored = TypeAdapter(Recipe).validate_json(to_json(made))
    assert stored == made
    one, again = (render(each, BACKGROUND, loaded) for each in (made, stored))
    assert one.label[one.label > 0].max() == 1, "the label stays the defect's own"
    assert one.image.tobytes() == again.image.tobytes()
    plain = render(recipe(), BACKGROUND, loaded)
    assert not np.array_equal(one.image, plain.image)
    assert np.array_equal(one.painted, plain.painted)


def test_a_recipe_of_older_versions_means_no_second_class():
    plain = json.loads(to_json(recipe(style=Style(0.7))))
    del plain["defects"][0]["style"]["towards"]
    assert TypeAdapter(Recipe).validate_python(plain) == recipe(style=Style(0.7))


def test_a_generator_without_styles_says_so(trained_generator):
    class Plain:
        card, fills_mask = trained_generator.card, True
        generate = staticmethod(trained_generator.generate)

    with pytest.raises(RecipeError, match="no styles"):
        place_contents(recipe(style=Style(0.5)), BACKGROUND, {"w" * 64: Plain()})
    assert len(best_of(Plain(), recipe(), 0, [1, 2], BACKGROUND)) == 2


def test_the_best_comes_first_and_rejects_last(trained_generator):
    found = best_of(trained_generator, recipe(), 0, range(6), BACKGROUND)
    assert sorted(one.defect.seed for one in found) == list(range(6))
    ranks = [(one.reject is None, one.score.total) for one in found]
    assert ranks == sorted(ranks, reverse=True)
    again = best_of(trained_generator, recipe(), 0, range(6), BACKGROUND)
    assert [one.defect for one in again] == [one.defect for one in found]


def test_the_search_is_never_worse_than_the_best_seed_and_names_seeds(trained_generator):
    seeds = range(4)
    first = best_of(trained_generator, recipe(), 0, seeds, BACKGROUND)[0]
    found = search(trained_generator, recipe(), 0, seeds, BACKGROUND)
    assert len(found) == 7
    assert found[0].rank >= first.rank
    assert {one.defect.style.mix.seed for one in found if one.defect.style.mix} < set(seeds)
    with pytest.raises(RecipeError, match="a mix"):
        search(trained_generator, recipe(style=Style(mix=StyleMix(1))), 0, seeds, BACKGROUND)


def placed(level, mask=MASK):
    pixels = np.full((24, 24, 3), level, np.float32)
    return PlacedContent(1, pixels, mask, 30, 40, 0)


def rejected(generator, content, background=BACKGROUND):
    plan = recipe()
    return judge(generator, plan.defects[0], content, background, plan).reject


def test_each_failing_content_has_its_reason(trained_generator, monkeypatch):
    flat = np.full((90, 100, 3), 128, np.uint8)
    monkeypatch.setattr(trained_generator, "record", None)
    assert rejected(trained_generator, placed(128 / 255), flat) is Reject.INVISIBLE
    half = placed(128 / 255)
    half.pixels[:10, :10] = 0.9
    assert rejected(trained_generator, half, flat) is Reject.OFF_LABEL
    plan = replace(recipe(), blend=replace(recipe().blend, mode="alpha"))
    hard = judge(trained_generator, plan.defects[0], placed(1.0), flat, plan)
    assert hard.reject is Reject.SEAM
    assert (hard.score.realism, hard.score.contrast) == (None, 1.0)
    assert rejected(trained_generator, placed(0.8)) is None


def test_copies_and_strangers_are_told_by_the_training_contents(trained_generator, monkeypatch):
    levels = np.array([0.1, 0.2, 0.3, 0.4])
    looks = np.stack([look(placed(level).pixels, MASK) for level in levels])
    record = Record(looks, np.zeros(4, np.int64), np.full(4, -100, np.float32))
    monkeypatch.setattr(trained_generator, "record", record)
    assert rejected(trained_generator, placed(0.2)) is Reject.COPY
    assert rejected(trained_generator, placed(0.95)) is Reject.STRANGER
    plan = recipe()
    other = judge(trained_generator, plan.defects[0], placed(0.55), BACKGROUND, plan)
    assert (other.reject, other.score.realism) == (None, 1.0)


SPOTS = np.kron(np.random.default_rng(5).random((6, 6, 3)), np.ones((4, 4, 1)))


@pytest.fixture
def copying(trained_generator, monkeypatch):
    """copying(seeds) -> a generator that knows one training content and draws it for those seeds,
    for the others noise that is their own; and how often it drew."""
    canvas, mask = on_canvas(SPOTS.astype(np.float32), MASK, shown_as(3))
    stored = np.rint(canvas * 255).astype(np.uint8)[None]
    known = Known(stored, mask[None], np.array([0]), np.array([(0.5, np.nan)] * 2, np.float32))
    drawn = []

    def make(seeds):
        def one(seed):
            drawn.append(seed)
            noise = np.random.default_rng(seed).random(SPOTS.shape)
            amount = 1.0 if seed in seeds else 0.0
            pixels = amount * SPOTS + (1 - amount) * noise
            return Content(pixels.astype(np.float32), MASK.copy())

        def generate(class_id, seed, mask, surface):
            return one(seed)

        def styled(class_id, seeds, style, mask):
            return [one(seed) for seed in seeds]

        monkeypatch.setattr(trained_generator, "generate", generate)
        monkeypatch.setattr(trained_generator, "styled", styled)
        monkeypatch.setattr(trained_generator, "guard", Guard(known, "", torch.device("cpu")))
        return trained_generator, drawn

    return make


def test_a_generator_that_returns_a_training_content_is_drawn_again(copying):
    defect = recipe().defects[0]
    chain = successors(defect.seed, TRIES)
    assert chain[0] == defect.seed
    assert chain[:3] == successors(defect.seed, 3)
    generator, drawn = copying(set(chain[:2]))
    found = drawn_again(generator, defect, BACKGROUND)
    assert found == (replace(defect, seed=chain[2]), 2)
    assert drawn == chain[:3]
    assert drawn_again(generator, defect, BACKGROUND) == found


def test_one_that_copies_always_is_drawn_so_often_and_no_more(copying, monkeypatch):
    class Everything:
        def __contains__(self, seed):
            return True

    defect = recipe().defects[0]
    generator, drawn = copying(Everything())
    distances = {seed: n / TRIES for n, seed in enumerate(successors(defect.seed, TRIES))}
    distances[successors(defect.seed, TRIES)[4]] = 0.99
    monkeypatch.setattr(
        generator.guard, "near", lambda _, placed, __: np.array([distances[placed[0].seed]])
    )
    found, copies = drawn_again(generator, defect, BACKGROUND)
    assert (len(drawn), copies) == (TRIES, TRIES)
    assert found.seed == successors(defect.seed, TRIES)[4]


def test_a_generator_that_knows_no_training_contents_draws_once(trained_generator):
    defect = recipe().defects[0]
    assert trained_generator.guard is None
    assert drawn_again(trained_generator, defect, BACKGROUND) == (defect, 0)


def test_of_several_the_near_copies_are_rejects_with_their_reason(copying):
    generator, _ = copying({1, 4})
    found = best_of(generator, recipe(), 0, range(6), BACKGROUND)
    assert {one.defect.seed for one in found if one.reject is Reject.COPY} == {1, 4}
    assert [one.defect.seed for one in found[-2:]] in ([1, 4], [4, 1])


def test_a_score_fails_with_its_worst_part():
    assert Score(None, 1.0, 1.0, 1.0).total == 1.0
    assert Score(0.0, 1.0, 1.0, 1.0).total == 0.0
    assert Score(0.5, 0.5, 0.5, 0.5).total == pytest.approx(0.5)


def test_sheets_show_what_is_controlled(trained_generator):
    g, line = trained_generator, style_sheets.TILE + 4
    two = style_sheets.diversity(g, range(3), MASK, columns=2)
    assert two.shape == (4 + 4 * (line + 18), 4 + 2 * line, 3)
    assert style_sheets.classes(g, (1, 2), [0, 1], MASK).shape == (4 + 2 * line, 4 + 11 * line, 3)
    plain, code = (style_sheets.classes(g, (1, 2), [0], MASK, code_only=c) for c in (False, True))
    assert not np.array_equal(plain, code)
    assert style_sheets.styles(g, 1, [(0, 1)], MASK).shape == (4 + line, 4 + 11 * line, 3)
    assert style_sheets.mixing(g, 1, [0, 1], [2, 3, 4], MASK).shape[1] == 4 + 3 * line
    assert style_sheets.truncation(g, 1, [0, 1], [0], MASK).shape[0] == 4 + 2 * (line + 18)


def test_a_band_lies_in_the_middle_of_a_black_canvas(trained_generator):
    sheet = style_sheets.on_canvas(trained_generator, 2, [0], np.ones((64, 256), bool), (256, 256))
    assert sheet.shape == (264, 264, 3)
    inside = sheet[4:260, 4:260]
    assert (inside[:96] == 0).all() and (inside[160:] == 0).all()
    assert inside[96:160].mean() > 60


def test_without_marks_successors_are_plain_throws_of_the_seeds_dice():
    plain = np.random.default_rng(9).integers(SEEDS, size=7).tolist()
    assert successors(9, 8) == [9, *plain]
    assert successors(9, 1) == [9]
    assert plain[1] not in successors(9, 8, Marks(banned=(plain[1],)))
    assert sorted(successors(5, 9, Marks((5, 6)))) == [5, 6]
