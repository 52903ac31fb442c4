from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import ImageRecord, Split
from defectstudio.imaging.reading import read_label
from defectstudio.project.datasets import DatasetEntry
from defectstudio.project.images import NewImage
from defectstudio.project.project import Project
from defectstudio.project.samples import NewSample


def _entry(image: ImageRecord) -> DatasetEntry:
    return DatasetEntry(
        "tile", image.name, image.group, image.split, False, image.file, image.sha256,
        image.label_file, None,
    )  # fmt: skip


def test_a_dataset_keeps_what_it_was_frozen_with(
    project: Project, new_image: Callable[..., NewImage], new_sample: Callable[..., NewSample]
) -> None:
    project.add_images(1, [new_image(1, 1, "p"), new_image(2)])
    project.set_splits({1: Split.TRAIN})
    project.accept_samples(1, [new_sample(project.image(2).sha256)])
    [sample] = project.samples()
    entries = [_entry(image) for image in project.images()]
    entries.append(
        DatasetEntry(
            "tile",
            "sample",
            project.image(2).group,
            None,
            True,
            sample.file,
            sample.sha256,
            sample.label_file,
            sample.recipe_file,
        )
    )
    dataset = project.freeze_dataset("first", entries)
    project.save_label(1, np.zeros((12, 16), np.uint8))
    project.set_groups({1: "other"})
    project.remove_sample(sample.id)
    assert project.datasets() == [dataset]
    assert project.dataset_entries(dataset.id) == entries
    assert entries[0].label_file is not None
    assert read_label(entries[0].label_file).max() == 1
    assert entries[2].recipe_file is not None
    assert entries[2].recipe_file.exists()


def test_names_may_repeat(project: Project) -> None:
    numbers = [project.freeze_dataset("same", []).id for _ in range(2)]
    assert numbers == [1, 2]
    assert project.dataset_entries(9) == []


def test_a_torn_group_is_refused(project: Project, new_image: Callable[..., NewImage]) -> None:
    project.add_images(1, [new_image(1, 0, "p"), new_image(2, 0, "p")])
    one, other = (_entry(image) for image in project.images())
    with pytest.raises(ProjectError, match="two splits"):
        project.freeze_dataset("torn", [one, replace(other, split=Split.TEST)])
    assert project.datasets() == []
