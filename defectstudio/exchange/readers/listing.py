"""Which files of a folder are images, and which mask belongs to which image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from defectstudio.domain.records import Role
from defectstudio.exchange.marks import MaskFile
from defectstudio.exchange.plan import ImportEntry, ImportProblem

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".webp", ".tif", ".tiff"})
_NOTES = frozenset(
    {".txt", ".md", ".csv", ".json", ".xml", ".yaml", ".yml", ".db", ".ini", ".html", ".pdf", ""}
)
_MASK_ENDINGS = ("", "_mask", "-mask")


def folders(folder: Path) -> list[Path]:
    """Subfolders by name, hidden ones left out."""
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def images(folder: Path) -> tuple[list[Path], list[ImportProblem]]:
    """Files with a known picture suffix, by name, and the foreign files among them.

    Hidden files and notes (text, tables) are passed over in silence.
    """
    found, problems = [], []
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.lower()
        if path.name.startswith(".") or path.is_dir() or suffix in _NOTES:
            continue
        if suffix in SUFFIXES:
            found.append(path)
        else:
            problems.append(
                ImportProblem(
                    path,
                    f"{suffix} is not a supported picture format",
                    "Convert it to PNG or TIFF.",
                )
            )
    return found, problems


def normal_entries(
    paths: Sequence[Path], prefix: str = ""
) -> tuple[list[ImportEntry], list[ImportProblem]]:
    """One entry a stem for defect-free images; further files of a stem are problems."""
    unique, problems = one_a_stem(paths)
    entries = [
        ImportEntry(prefix + stem, Role.NORMAL, None, path, None) for stem, path in unique.items()
    ]
    return entries, problems


def unmasked_entries(class_name: str, paths: Sequence[Path]) -> list[ImportEntry]:
    """Defects of a class that nobody marked yet. The stems are unique."""
    return [ImportEntry(path.stem, Role.DEFECT, class_name, path, None) for path in paths]


def paired_entries(
    class_name: str, image_files: Sequence[Path], mask_files: Sequence[Path]
) -> tuple[list[ImportEntry], list[ImportProblem]]:
    """Entries of a class, its masks in a folder of their own: `stem`, `stem_mask`, `stem-mask`."""
    entries: list[ImportEntry] = []
    pictures, problems = one_a_stem(image_files)
    masks, doubles = one_a_stem(mask_files)
    problems += doubles
    for stem, image in pictures.items():
        mask = next((masks.pop(stem + end) for end in _MASK_ENDINGS if stem + end in masks), None)
        if mask is None:
            problems.append(
                ImportProblem(
                    image,
                    "it has no mask",
                    f"Add a mask named {stem}.png, or move the image to the folder good.",
                )
            )
        else:
            entries.append(ImportEntry(stem, Role.DEFECT, class_name, image, MaskFile(mask)))
    problems += [
        ImportProblem(mask, "the mask has no image", "Add the image, or remove the mask.")
        for mask in masks.values()
    ]
    return entries, problems


def one_a_stem(paths: Iterable[Path]) -> tuple[dict[str, Path], list[ImportProblem]]:
    """The files by stem; where several share one, none is taken and each is a problem."""
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        by_stem[path.stem].append(path)
    unique = {stem: same[0] for stem, same in by_stem.items() if len(same) == 1}
    problems = [
        ImportProblem(
            path,
            f"{len(same)} files are named {stem}",
            "Keep one of them, or give them different names.",
        )
        for stem, same in by_stem.items()
        if len(same) > 1
        for path in same
    ]
    return unique, problems
