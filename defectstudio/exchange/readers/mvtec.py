"""Import of one item in the MVTec AD layouts.

train/good, test/good, test/<class>/NNN.png and ground_truth/<class>/NNN_mask.png; or of AD 2
train/good, validation/good, test_public/good, test_public/bad and test_public/ground_truth/bad.
The layouts' parts say nothing of our splits and are not kept; good images are named after them.
Source: https://www.mvtec.com/company/research/datasets/mvtec-ad
"""

from __future__ import annotations

from pathlib import Path

from defectstudio.exchange.plan import GOOD, ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.listing import folders, images, normal_entries, paired_entries

_TESTS = (("test", "ground_truth"), ("test_public", "test_public/ground_truth"))
"""Where defective images are, and where their masks are."""


def looks_like(source: Path) -> bool:
    """Whether `source` is one item: train/good, or test with ground_truth."""
    return (source / "train" / GOOD).is_dir() or any(
        (source / test).is_dir() and (source / truth).is_dir() for test, truth in _TESTS
    )


def scan(source: Path) -> ImportPlan:
    """The entries of one item; a folder of another layout gives an empty plan."""
    entries: list[ImportEntry] = []
    problems: list[ImportProblem] = []
    for part in ("train", "validation", "test", "test_public"):
        if (source / part / GOOD).is_dir():
            files, wrong = images(source / part / GOOD)
            found, doubles = normal_entries(files, prefix=f"{part}_")
            entries += found
            problems += wrong + doubles
    for test, truth in _TESTS:
        for child in folders(source / test) if (source / test).is_dir() else []:
            if child.name not in (GOOD, "ground_truth"):
                found, wrong = _defects(child, source / truth / child.name)
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
