from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.errors import ImageError, ProjectError
from defectstudio.domain.records import Review
from defectstudio.imaging.reading import write_png
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample, read_manifest


@pytest.fixture
def background(project: Project, new_image: Callable[..., NewImage]) -> str:
    """The SHA-256 of the project's one image."""
    project.add_images(1, [new_image(1)])
    return project.image(1).sha256


def test_an_accepted_sample(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    new = new_sample(background, 1, 2)
    job = project.add_job("synthesize", "s")
    assert project.accept_samples(1, [new], job.id) == [1]
    [sample] = project.samples()
    assert (sample.item_id, sample.background_id, sample.job_id) == (1, 1, job.id)
    assert sample.class_ids == (2,)
    pairs = [
        (sample.file, new.image),
        (sample.label_file, new.label),
        (sample.painted_file, new.painted),
        (sample.recipe_file, new.recipe),
    ]
    for stored, source in pairs:
        assert stored.read_bytes() == source.read_bytes()
        assert stored.is_relative_to(project.root / "files")
    assert (sample.file.stem, sample.label_file.stem) == (sample.sha256, sample.label_sha256)
    assert read_manifest(sample.recipe_file).recipe.background == background


def test_a_sample_is_accepted_once(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    samples = [new_sample(background, seed) for seed in range(3)]
    assert project.accept_samples(1, samples[:2]) == [1, 2]
    assert project.accept_samples(1, samples) == [1, 2, 3]


def test_a_sample_taken_back_can_be_accepted_again(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    new = new_sample(background)
    project.accept_samples(1, [new])
    project.remove_sample(1)
    assert project.samples(1) == []
    with pytest.raises(ProjectError, match="no sample with the number 1"):
        project.remove_sample(1)
    assert project.accept_samples(1, [new]) == [2]


def test_one_wrong_sample_and_none_is_accepted(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    good, changed = new_sample(background, 1), new_sample(background, 2)
    write_png(changed.image, np.zeros((12, 16, 3), np.uint8))
    with pytest.raises(ProjectError, match="not what its recipe says"):
        project.accept_samples(1, [good, changed])
    assert project.samples() == []


def test_samples_of_what_the_project_does_not_have(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    with pytest.raises(ProjectError, match="background is no image of the item"):
        project.accept_samples(1, [new_sample("f" * 64)])
    with pytest.raises(ProjectError, match="no class with the number 9"):
        project.accept_samples(1, [new_sample(background, 0, 9)])
    with pytest.raises(ProjectError, match="no item with the number 2"):
        project.accept_samples(2, [new_sample(background)])
    assert project.samples() == []


def test_files_that_are_missing_or_damaged(
    project: Project, background: str, new_sample: Callable[..., NewSample], tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match="recipe cannot be read"):
        project.accept_samples(1, [NewSample.in_folder(tmp_path / "nowhere")])
    broken = new_sample(background, 1)
    broken.recipe.write_text('{"recipe": 5}')
    with pytest.raises(ProjectError, match="recipe cannot be read"):
        project.accept_samples(1, [broken])
    imageless = new_sample(background, 2)
    imageless.image.unlink()
    with pytest.raises(ImageError):
        project.accept_samples(1, [imageless])


def test_a_manifest_of_an_older_version_is_read(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    new = new_sample(background)
    said = json.loads(new.recipe.read_text())
    del said["fits"], said["recipe"]["grain"]
    new.recipe.write_text(json.dumps(said))

    assert read_manifest(new.recipe).fits == ()
    assert project.accept_samples(1, [new]) == [1]


def test_lists_by_item(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    project.add_item("lid")
    project.accept_samples(1, [new_sample(background)])
    assert [len(project.samples(item)) for item in (None, 1, 2)] == [1, 1, 0]


def test_what_is_said_of_samples_is_kept(
    project: Project, background: str, new_sample: Callable[..., NewSample]
) -> None:
    project.accept_samples(1, [new_sample(background, seed) for seed in range(2)])
    project.accept_samples(1, [new_sample(background, 2)], review=Review.ACCEPTED)
    undecided, accepted, rejected = Review
    assert [one.review for one in project.samples()] == [undecided, undecided, accepted]
    project.set_reviews({1: rejected, 3: undecided})
    assert [one.review for one in project.samples()] == [rejected, undecided, undecided]
    assert [one.usable for one in project.samples()] == [False, True, True]
    with pytest.raises(ProjectError, match="number 9"):
        project.set_reviews({2: accepted, 9: accepted})
    assert project.samples()[1].review is undecided
