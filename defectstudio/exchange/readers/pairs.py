"""Import of folders where an image and its mask lie side by side under one stem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from defectstudio.domain.errors import ImageError
from defectstudio.domain.records import Role
from defectstudio.exchange.marks import MaskFile
from defectstudio.exchange.plan import ImportEntry, ImportProblem
from defectstudio.imaging.reading import read_mask

_ENDINGS = ("_mask", "-mask")


def entries(
    class_name: str, files: Sequence[Path]
) -> tuple[list[ImportEntry], list[ImportProblem]]:
    """Pairs of one class: `stem.jpg` + `stem.png` (the PNG is the mask) or `stem` + `stem_mask`.

    Where the mask is empty the image is defect-free, as in the original magnetic tile folders;
    so masks are read here.
    """
    found: list[ImportEntry] = []
    problems: list[ImportProblem] = []
    for stem, same in _by_stem(files).items():
        pair = _pair(same)
        if pair is None:
            problems += [_unpaired(path, stem, len(same)) for path in same]
            continue
        image, mask = pair
        if _is_empty(mask):
            found.append(ImportEntry(stem, Role.NORMAL, None, image, None))
        else:
            found.append(ImportEntry(stem, Role.DEFECT, class_name, image, MaskFile(mask)))
    return found, problems


def _by_stem(files: Sequence[Path]) -> dict[str, list[Path]]:
    by_stem: dict[str, list[Path]] = defaultdict(list)
    stems = {path.stem for path in files}
    for path in files:
        stem = path.stem
        for ending in _ENDINGS:
            if stem.endswith(ending) and stem.removesuffix(ending) in stems:
                stem = stem.removesuffix(ending)
        by_stem[stem].append(path)
    return by_stem


def _pair(same: list[Path]) -> tuple[Path, Path] | None:
    if len(same) != 2:
        return None
    marked = [path.stem.endswith(_ENDINGS) for path in same]
    if same[0].stem == same[1].stem:
        marked = [path.suffix.lower() == ".png" for path in same]
    if marked[0] == marked[1]:
        return None
    return (same[1], same[0]) if marked[0] else (same[0], same[1])


def _unpaired(path: Path, stem: str, count: int) -> ImportProblem:
    if count == 1:
        reason, remedy = "it has no mask", (
            f"Add a mask named {stem}.png or {stem}_mask.png beside it, "
            "or move the image to the folder good."
        )  # fmt: skip
    else:
        reason, remedy = (
            f"which of the {count} files named {stem} is the mask cannot be told",
            f"Keep the image and one mask named {stem}_mask.png.",
        )
    return ImportProblem(path, reason, remedy)


def _is_empty(mask: Path) -> bool:
    try:
        return not read_mask(mask).any()
    except ImageError:
        return False
