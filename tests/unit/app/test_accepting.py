"""Predictions accepted as labels, part by part."""

from dataclasses import replace

import numpy as np
import pytest

from defectstudio.app.accepting import FoundPart, accept_prediction, found_parts, part_picture
from defectstudio.app.judged import open_judged, read_evaluation
from defectstudio.domain.errors import ImageError, ProjectError
from defectstudio.domain.records import JobState, Role
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import read_label, write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from tests.unit.app.judged_files import leave_judgement


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "plates", "plate") as made:
        item = made.items()[0]
        made.add_class(item.id, "scratch")
        made.add_class(item.id, "hole")
        rng = np.random.default_rng(8)
        new = []
        for number in range(2):
            path = tmp_path / f"{number}.png"
            write_png(path, rng.integers(110, 140, (40, 50, 3)).astype(np.uint8))
            label = np.zeros((40, 50), np.uint8)
            if number == 1:
                label[10:20, 10:30] = 1
            role = Role.DEFECT if number == 1 else Role.NORMAL
            new.append(NewImage(f"plate {number}", role, path, label=label))
        made.add_images(item.id, new)
        yield made


@pytest.fixture
def found(project):
    return read_evaluation(leave_judgement(project))


@pytest.fixture
def picture(project, found):
    """Of the defect, a scratch of 10 x 20 pixels: its left half is found, and the corner pixel."""
    return open_judged(project, found, found.worst_first[0])


def test_a_part_is_of_the_class_that_is_labeled_there_or_of_the_given_one(picture):
    large, small = found_parts(picture, 0.5, 2)
    assert (large.pixels, large.box, large.class_id) == (100, Box(10, 10, 10, 10), 1)
    assert (small.pixels, small.box, small.class_id) == (1, Box(0, 0, 1, 1), 2)
    assert found_parts(picture, 0.99, 2) == []


def test_a_segmenter_that_tells_classes_apart_is_believed(project, found):
    worst = found.worst_first[0]
    kinds = np.ones((40, 50), np.uint8)
    kinds[:, 12:] = 2
    folder = found.job.folder / "predictions"
    write_png(folder / "kinds.png", kinds)
    told = replace(worst, kinds="kinds.png")
    parts = found_parts(open_judged(project, found, told), 0.5, 1)
    assert [(part.class_id, part.pixels) for part in parts] == [(2, 80), (1, 20), (1, 1)]
    write_png(folder / "kinds.png", kinds[1:])
    with pytest.raises(ImageError, match="another size"):
        open_judged(project, found, told)


def test_parts_become_the_label_each_of_its_class_and_some_are_left_out(project, found, picture):
    large, small = found_parts(picture, 0.5, 1)
    accept_prediction(project, picture, [replace(large, class_id=2), small])
    record = project.image(picture.record.id)
    label = read_label(record.label_file)
    assert record.class_ids == (1, 2) and label[0, 0] == 1 and (label == 2).sum() == 100
    again = open_judged(project, found, found.worst_first[0])
    assert again.outcomes.tally(0.5).misses == 100, "the judgement goes by the label it saw"
    none = [replace(one, class_id=0) for one in (large, small)]
    accept_prediction(project, picture, [large, none[1]])
    assert read_label(project.image(record.id).label_file)[0, 0] == 0
    with pytest.raises(ProjectError, match="nothing that was found"):
        accept_prediction(project, picture, none)


def test_a_prediction_makes_no_background_of_a_running_batch_a_defect(project, found):
    normal = {one.sha256 for one in project.images(role=Role.NORMAL)}
    image = next(one for one in found.worst_first if one.sha256 in normal)
    picture = open_judged(project, found, image)
    parts = found_parts(picture, 0.0, 2)
    batch = project.add_job("synthesize", "3 with g")
    with pytest.raises(ProjectError, match="a batch runs"):
        accept_prediction(project, picture, parts)
    project.move_job(batch.id, JobState.CANCELLED)
    accept_prediction(project, picture, parts)
    assert project.image(picture.record.id).role is Role.DEFECT


def test_a_part_is_drawn_with_its_rim_in_its_surroundings():
    levels = np.full((30, 40), 77, np.uint8)
    drawn = part_picture(levels, FoundPart(Box(0, 10, 9, 12), np.ones((9, 12), bool), 1))
    assert drawn.shape == (16, 24, 3), "cut off at the image's border"
    rim = (drawn != 77).any(axis=2)
    assert rim[:9, 6:18].sum() == 2 * 9 + 2 * 10 == rim.sum()
    assert (part_picture(np.dstack([levels] * 3), FoundPart(Box(0, 10, 9, 12),
            np.ones((9, 12), bool), 1)) == drawn).all()  # fmt: skip
