"""Whether an order would make anything new."""

from dataclasses import replace

import numpy as np
import pytest

from defectstudio.app.batch_again import unmade_seed
from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.synthesis import KIND, spec_of
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.domain.records import JobState
from defectstudio.domain.specs import JOB_FILE, BackgroundFile
from defectstudio.imaging.reading import pixel_sha256, write_png
from defectstudio.project.samples import NewSample
from tests.unit.app.test_batch_plan import SIZE, project  # noqa: F401 - a fixture

ORDER = BatchOrder("g", item="tile", count=1, seed=4)


def begun(project, order, change=lambda spec: spec):  # noqa: F811
    job = project.add_job(KIND, "1 with g")
    write_json(job.folder / JOB_FILE, change(replace(spec_of(project, order), run=job.folder)))
    return project.move_job(job.id, JobState.QUEUED)


def ended(project, job):  # noqa: F811
    for state in (JobState.STARTING, JobState.RUNNING, JobState.DONE):
        project.move_job(job.id, state)


def leave_sample(project, job, folder):  # noqa: F811
    image, label = np.full(SIZE, 99, np.uint8), np.zeros(SIZE, np.uint8)
    label[5:7, 1:4] = 1
    background = project.images(1)[1].sha256
    defect = Defect(1, job.id, EncodedMask(1, 1, (0, 1)), 0, 0, "0" * 64)
    hashes = (pixel_sha256(image), pixel_sha256(label), pixel_sha256(label))
    for name, pixels in (("image", image), ("label", label), ("painted", label)):
        write_png(folder / f"{name}.png", pixels)
    write_json(folder / "recipe.json", SampleManifest(Recipe(background, (defect,)), *hashes))
    project.accept_samples(1, [NewSample.in_folder(folder)], job.id)


def test_what_is_there_or_under_way_is_not_made_again(project, tmp_path):  # noqa: F811
    assert unmade_seed(project, ORDER) == 4
    job = begun(project, ORDER)
    assert unmade_seed(project, ORDER) == 5, "it is under way"
    begun(project, replace(ORDER, seed=5))
    assert unmade_seed(project, ORDER) == 6
    assert unmade_seed(project, replace(ORDER, seed=9)) == 9
    assert unmade_seed(project, replace(ORDER, count=2)) == 4, "another plan"
    ended(project, job)
    assert unmade_seed(project, ORDER) == 4, "its sample was removed"
    leave_sample(project, job, tmp_path / "sample")
    assert unmade_seed(project, ORDER) == 6
    [sample] = project.samples()
    project.remove_sample(sample.id)
    assert unmade_seed(project, ORDER) == 4


def in_region(spec):
    return replace(
        spec,
        backgrounds=tuple(BackgroundFile(b.image, b.sha256, b.image) for b in spec.backgrounds),
    )


@pytest.mark.parametrize("change", [in_region, lambda spec: replace(spec, only=(0,))])
def test_dry_runs_and_painted_regions_say_nothing(project, change):  # noqa: F811
    begun(project, ORDER, change)
    assert unmade_seed(project, ORDER) == 4


def test_a_lost_description_and_a_failure_say_nothing(project):  # noqa: F811
    job = begun(project, ORDER)
    (job.folder / JOB_FILE).unlink()
    failed = begun(project, ORDER)
    project.move_job(failed.id, JobState.FAILED, "no")
    assert unmade_seed(project, ORDER) == 4
