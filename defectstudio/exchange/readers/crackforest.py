"""Import of CrackForest: image/NAME.jpg with groundTruth/NAME.mat, class 2 of its segmentation.

Source: https://github.com/cuilimeng/CrackForest-dataset
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from defectstudio.domain.errors import ImageError
from defectstudio.domain.files import read_plain
from defectstudio.domain.records import Role
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.listing import images, one_a_stem
from defectstudio.exchange.readers.matfile import field
from defectstudio.imaging.reading import MAX_PIXELS
from defectstudio.imaging.types import Mask

_CLASS = "crack"
_CRACK = 2
_MOST = 1 << 28
"""Bytes of a file that is read at all, and of what it packs."""


@dataclass(frozen=True)
class Segmentation:
    """groundTruth.Segmentation of a MATLAB file, 1 background and 2 crack."""

    path: Path

    def size(self) -> tuple[int, int]:
        """By reading it: the format has no header for this."""
        height, width = self.read().shape
        return height, width

    def read(self) -> Mask:
        """Where it is crack. Raises ImageError when the file is another one."""
        try:
            plane = field(read_plain(self.path, _MOST), "groundTruth", "Segmentation", _MOST)
        except (OSError, ValueError) as error:
            raise self._bad("holds no groundTruth.Segmentation") from error
        if plane.ndim != 2 or not 0 < plane.size <= MAX_PIXELS:
            raise self._bad("holds no plane of classes")
        crack: Mask = plane == _CRACK
        return crack

    def _bad(self, reason: str) -> ImageError:
        return ImageError(
            f"the file {reason}", subject=self.path, remedy="Take it from the data set again."
        )


def looks_like(source: Path) -> bool:
    """Whether there are image and groundTruth with MATLAB files."""
    truth = source / "groundTruth"
    return (source / "image").is_dir() and truth.is_dir() and any(truth.glob("*.mat"))


def scan(source: Path) -> ImportPlan:
    """The entries of all pictures that have a file of truth."""
    files, problems = images(source / "image")
    pictures, doubles = one_a_stem(files)
    problems += doubles
    entries = []
    for stem, image in pictures.items():
        truth = source / "groundTruth" / f"{stem}.mat"
        if truth.is_file():
            entries.append(ImportEntry(stem, Role.DEFECT, _CLASS, image, Segmentation(truth)))
        else:
            problems.append(ImportProblem(image, "it has no mask", f"Add groundTruth/{stem}.mat."))
    return ImportPlan("crackforest", tuple(entries), tuple(problems))
