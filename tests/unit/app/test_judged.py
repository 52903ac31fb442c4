"""Judgements read back: figures, curves, pictures; and what is missing or damaged, in words."""

import json

import numpy as np
import pytest

from defectstudio.app import judged
from defectstudio.app.judged import ALL_CLASSES, open_judged, read_evaluation
from defectstudio.domain.errors import ImageError, JobError
from defectstudio.domain.files import write_json
from defectstudio.domain.records import JobState, Role, Split
from defectstudio.imaging.masks import Box
from defectstudio.imaging.reading import write_png
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
        for number in range(3):
            path = tmp_path / f"{number}.png"
            write_png(path, rng.integers(110, 140, (40, 50, 3)).astype(np.uint8))
            label = np.zeros((40, 50), np.uint8)
            if number == 2:
                label[10:20, 10:30] = 1
            role = Role.DEFECT if number == 2 else Role.NORMAL
            new.append(NewImage(f"plate {number}", role, path, label=label))
        made.add_images(item.id, new)
        yield made


@pytest.fixture
def job(project):
    return leave_judgement(project)


def test_the_newest_finished_judgement_is_taken(project):
    assert judged.last_evaluation(project, "eye", Split.TEST) is None
    first = leave_judgement(project)
    second = leave_judgement(project)
    failed = project.add_job("evaluate", "eye on test")
    project.move_job(failed.id, JobState.FAILED)
    assert first.id < second.id == judged.last_evaluation(project, "eye", Split.TEST).id
    assert judged.last_evaluation(project, "eye", Split.VAL) is None


def test_figures_and_curves(job):
    found = read_evaluation(job)
    assert (found.kept, found.nearest(0.85), found.report.segmenter.card.made) == (1, 2, 2)
    assert [one.f1 is None for one in found.worst_first] == [False, True, True]
    rates = found.rates(ALL_CLASSES, 1)
    assert (rates.recall, rates.overlap) == (0.5, 0.5)
    assert rates.precision == pytest.approx(100 / 103) and 0 < rates.false_positive_rate < 0.01
    nothing = found.rates("scratch", 2)
    assert (nothing.precision, nothing.recall, nothing.overlap) == (None, 0.0, None)
    curves = found.curves(ALL_CLASSES)
    np.testing.assert_allclose(curves["roc"][1], [0, 0.5, 1])
    np.testing.assert_allclose(curves["pr"][1], [1, 100 / 103, 200 / 6000], atol=1e-6)
    np.testing.assert_allclose(curves["pro"][1], [0, 0.5, 1])
    assert found.curves("scratch")["pro"] is None


def test_a_picture_of_a_judgement(project, job):
    found = read_evaluation(job)
    picture = open_judged(project, found, found.worst_first[0])
    assert picture.record.name == "plate 2" and picture.levels[0].shape == (40, 50, 3)
    tally = picture.outcomes.tally(0.5)
    assert (tally.hits, tally.alarms, tally.misses) == (100, 1, 100)
    assert picture.outcomes.codes(0, Box(10, 10, 1, 2), 0.5).tolist() == [[1, 1]]


def test_a_report_of_an_older_version_is_told(job):
    file = job.folder / "report" / "evaluate.json"
    data = json.loads(file.read_text())
    del data["sweeps"]
    write_json(file, data)
    with pytest.raises(JobError, match=r"at sweeps.*or of an older version"):
        read_evaluation(job)


def test_damaged_files_are_told(project, job):
    found = read_evaluation(job)
    worst = found.worst_first[0]
    prediction = job.folder / "predictions" / worst.prediction
    write_png(prediction, np.zeros((40, 51), np.uint16))
    with pytest.raises(ImageError, match=r"51 x 40 of uint16, the label 50 x 40"):
        open_judged(project, found, worst)
    prediction.write_bytes(b"torn")
    with pytest.raises(ImageError):
        open_judged(project, found, worst)
    prediction.unlink()
    with pytest.raises(ImageError):
        open_judged(project, found, worst)
    file = job.folder / "report" / "evaluate.json"
    data = json.loads(file.read_text())
    data["sweeps"]["scratch"]["hits"].pop()
    write_json(file, data)
    with pytest.raises(JobError, match="curves are not whole"):
        read_evaluation(job)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(JobError, match="cannot be read"):
        read_evaluation(job)
    (job.folder / "job.json").unlink()
    with pytest.raises(JobError, match=r"job\.json: it cannot be read: No such file"):
        read_evaluation(job)


def test_probabilities_of_another_image_are_told(project, job):
    found = read_evaluation(job)
    good = next(one for one in found.report.by_image if not one.classes)
    spec = json.loads((job.folder / "job.json").read_text())
    for example in spec["examples"]:
        example["label"] = None
    write_json(job.folder / "job.json", spec)
    write_png(job.folder / "predictions" / good.prediction, np.zeros((9, 9), np.uint16))
    with pytest.raises(ImageError, match="9 x 9"):
        open_judged(project, read_evaluation(job), good)


def test_an_image_that_is_gone_is_told(project, job, tmp_path):
    spec = json.loads((job.folder / "job.json").read_text())
    spec["examples"] = []
    write_json(job.folder / "job.json", spec)
    found = read_evaluation(job)
    with pytest.raises(ImageError, match="no longer in the project"):
        open_judged(project, found, found.worst_first[0])


def test_a_project_that_was_moved_still_has_its_labels(project, job):
    spec = json.loads((job.folder / "job.json").read_text())
    for example in spec["examples"]:
        example["image"] = "/elsewhere/" + example["image"]
        example["label"] = example["label"] and "/elsewhere/" + example["label"]
    write_json(job.folder / "job.json", spec)
    found = read_evaluation(job)
    picture = open_judged(project, found, found.worst_first[0])
    assert picture.outcomes.tally(0.5).misses == 100
