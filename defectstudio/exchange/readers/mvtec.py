"""Import of one item in the MVTec AD layout.

train/good, test/good, test/<class>/NNN.png and ground_truth/<class>/NNN_mask.png. The layout's
train and test say nothing of our splits and are not kept; good images are named after both.
Source: https://www.mvtec.com/company/research/datasets/mvtec-ad
"""

from __future__ import annotations

from pathlib import Path

from defectstudio.exchange.plan import GOOD, ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.listing import folders, images, normal_entries, paired_entries


def looks_like(source: Path) -> bool:
    """Whether `source` is one item: train/good, or test with ground_truth."""
    return (source / "train" / GOOD).is_dir() or (
        (source / "test").is_dir() and (source / "ground_truth").is_dir()
    )


def scan(source: Path) -> ImportPlan:
    """The entries of one item; a folder of another layout gives an empty plan."""
    entries: list[ImportEntry] = []
    problems: list[ImportProblem] = []
    for part in ("train", "test"):
        if (source / part / GOOD).is_dir():
            files, wrong = images(source / part / GOOD)
            found, doubles = normal_entries(files, prefix=f"{part}_")
            entries += found
            problems += wrong + doubles
    test = source / "test"
    for child in folders(test) if test.is_dir() else []:
        if child.name != GOOD:
            found, wrong = _defects(child, source / "ground_truth" / child.name)
            entries += found
            problems += wrong
    return ImportPlan("mvtec", tuple(entries), tuple(problems))


def _defects(folder: Path, masks: Path) -> tuple[list[ImportEntry], list[ImportProblem]]:
    files, problems = images(folder)
    mask_files: list[Path] = []
    if masks.is_dir():
        mask_files, wrong = images(masks)
        problems += wrong
    entries, unpaired = paired_entries(folder.name, files, mask_files)
    return entries, problems + unpaired
