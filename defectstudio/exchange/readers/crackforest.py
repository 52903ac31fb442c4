"""Import of CrackForest: image/NAME.jpg with groundTruth/NAME.mat, class 2 of its segmentation.

Source: https://github.com/cuilimeng/CrackForest-dataset
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from defectstudio.domain.errors import ImageError
from defectstudio.domain.records import Role
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.listing import images, one_a_stem
from defectstudio.imaging.reading import MAX_PIXELS
from defectstudio.imaging.types import Mask

_CLASS = "crack"
_CRACK = 2
_MOST = 1 << 28
"""Bytes of a file that is read at all."""


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
        if self.path.stat().st_size > _MOST:
            raise self._bad("is too large")
        try:
            found = scipy.io.loadmat(self.path, squeeze_me=True, struct_as_record=False)
            plane = np.asarray(found["groundTruth"].Segmentation)
        # Foreign bytes make loadmat raise what its parsers happen to raise.
        except Exception as error:
            raise self._bad("holds no groundTruth.Segmentation") from error
        if plane.ndim != 2 or plane.dtype.kind not in "uif" or plane.size > MAX_PIXELS:
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
