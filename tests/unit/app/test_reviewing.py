"""Reviews: what part of a sample is looked at, who made it, and undo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.history import History
from defectstudio.app.reviewing import UNKNOWN, Making, ReviewCommand, close_up, makings
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import GeneratorRecord, Review, SampleRecord

UNDECIDED, ACCEPTED, REJECTED = Review


@given(
    height=st.integers(1, 300), width=st.integers(1, 300),
    place=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)), size=st.integers(1, 80),
)  # fmt: skip
def test_a_close_up_lies_in_the_image_and_holds_the_defects(height, width, place, size):
    label = np.zeros((height, width), np.uint8)
    top, left = int(place[0] * height), int(place[1] * width)
    label[top : top + size, left : left + size] = 3
    box = close_up(label)
    assert box.top >= 0 and box.left >= 0 and box.bottom <= height and box.right <= width
    assert (label[box.slices] > 0).sum() == (label > 0).sum()
    assert box.height >= min(height, 96) and box.width >= min(width, 96)


def test_without_a_label_all_is_shown():
    assert close_up(np.zeros((30, 40), np.uint8)).shape == (30, 40)


def test_what_was_said_is_taken_back_and_said_again():
    reviews = {1: UNDECIDED, 2: ACCEPTED, 3: UNDECIDED}
    history = History()
    command = ReviewCommand({1: UNDECIDED, 2: ACCEPTED}, REJECTED, reviews.update)
    command.redo()
    history.push(command)
    assert reviews == {1: REJECTED, 2: REJECTED, 3: UNDECIDED}
    assert history.undo_text == "Reject 2 samples" and history.cost > 0
    history.undo()
    assert reviews == {1: UNDECIDED, 2: ACCEPTED, 3: UNDECIDED}
    history.redo()
    assert reviews[1] is REJECTED
    assert ReviewCommand({1: REJECTED}, ACCEPTED, reviews.update).text == "Accept sample"


class Generators:
    """As much of a project as knows generators."""

    def generators(self):
        return [GeneratorRecord(1, 1, "first", "dcdganc", None, "a" * 64)]


@pytest.fixture
def sample(tmp_path):
    def make(number, *weights):
        defects = tuple(
            Defect(1, 10 * number + n, EncodedMask(1, 1, (0, 1)), 0, 0, one)
            for n, one in enumerate(weights)
        )
        path = tmp_path / f"{number}.json"
        write_json(path, SampleManifest(Recipe("b", defects), "i", "l", "p"))
        return SampleRecord(number, 1, path, "", path, "", path, path, (1,), 1, None)

    return make


def test_how_samples_were_made(sample):
    known, foreign = sample(1, "a" * 64, "a" * 64), sample(2, "b" * 64)
    broken = sample(3)
    broken.recipe_file.write_text("{")
    assert makings(Generators(), [known, foreign, broken]) == {
        1: Making(("first",), (10, 11)),
        2: Making((UNKNOWN,), (20,)),
        3: Making((UNKNOWN,), ()),
    }
