"""Import of plain folders.

Layouts, mixed freely, one class a folder:

    <class>/images/* with <class>/masks/*     masks of the same stem, or stem_mask
    <class>/* or <class>/Imgs/*               image and mask of the same stem side by side
    good/images/* or good/*                   defect-free images; so ok, gut, io, 良品 and others
    <class>/images/* or <class>/*, no mask    defects that are still to be painted
    images/* with masks/*, or pairs alone     one class, named as the source folder
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from defectstudio.exchange.plan import GOOD, ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers import pairs
from defectstudio.exchange.readers.listing import (
    folders,
    images,
    normal_entries,
    paired_entries,
    unmasked_entries,
)

_NORMAL = frozenset(
    {
        *(GOOD, "normal", "ok", "pass", "defect-free", "defect_free", "no_defect"),
        *("gut", "io", "i.o.", "fehlerfrei"),
        *("良品", "正常", "合格", "无缺陷"),
    }
)
"""Names of folders of defect-free images, in the languages of the window."""
_IMAGES = frozenset({"images", "imgs", "image"})
_MASKS = frozenset({"masks", "mask"})

_Found = tuple[list[ImportEntry], list[ImportProblem]]


def looks_like(source: Path) -> bool:
    """Whether the folder has classes with pictures in folders of their own."""
    return any(_child(child, _IMAGES) for child in folders(source))


def scan(source: Path) -> ImportPlan:
    """The entries of all class folders below `source`; sources with none give an empty plan."""
    entries, problems = _class_folder(source, source.resolve().name)
    taken = {(entry.class_name, entry.name) for entry in entries}
    # The folder of good images first: its names are the ones that tables of groups use.
    for child in sorted(folders(source), key=lambda folder: folder.name.lower() not in _NORMAL):
        if child.name.lower() in _IMAGES | _MASKS:
            continue
        found, wrong = _class_folder(child, child.name, may_lack_masks=True)
        for entry in found:
            # Defect-free images may come from several folders of pairs under one name.
            doubled = (entry.class_name, entry.name) in taken
            named = replace(entry, name=f"{child.name}_{entry.name}") if doubled else entry
            taken.add((named.class_name, named.name))
            entries.append(named)
        problems += wrong
    return ImportPlan("folder", tuple(entries), tuple(problems))


def _class_folder(folder: Path, name: str, *, may_lack_masks: bool = False) -> _Found:
    """may_lack_masks: where no picture has a mask, all show the class and are to be painted."""
    pictures = _child(folder, _IMAGES)
    masks = _child(folder, _MASKS)
    files, problems = images(pictures or folder)
    if name.lower() in _NORMAL:
        entries, doubles = normal_entries(files)
    elif pictures and masks:
        mask_files, wrong = images(masks)
        problems += wrong
        entries, doubles = paired_entries(name, files, mask_files)
    else:
        entries, doubles = pairs.entries(name, files)
        if may_lack_masks and not entries and len({path.stem for path in files}) == len(files):
            entries, doubles = unmasked_entries(name, files), []
    return entries, problems + doubles


def _child(folder: Path, names: frozenset[str]) -> Path | None:
    return next((child for child in folders(folder) if child.name.lower() in names), None)
