"""Which images of an import show the same physical part: from a table, or from likeness."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from defectstudio.app.import_survey import Picture
from defectstudio.domain.records import ImageRecord
from defectstudio.exchange.plan import GOOD
from defectstudio.imaging.grouping import near_duplicate_groups
from defectstudio.jobs.kinds import Progress


@dataclass(frozen=True)
class Grouping:
    """SHA-256 -> group. `found` is where the groups come from: "table" or "likeness"."""

    found: str
    groups: dict[str, str]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GroupReport:
    """The groups of an item's images. found: "table" or "likeness"; repeated: groups of more
    than one image; largest, largest_size: the name of the largest group and its images."""

    found: str
    images: int
    count: int
    repeated: int
    largest: str
    largest_size: int


def from_table(table: Mapping[tuple[str, str], str], pictures: Sequence[Picture]) -> Grouping:
    """Groups by (class, stem). A picture that is in two groups joins them; one that is in none
    is a part of its own."""
    groups: dict[str, str] = {}
    joined: dict[str, str] = {}
    notes: list[str] = []
    used = set()
    for picture in pictures:
        keys = {(entry.class_name or GOOD, entry.image.stem) for entry in picture.entries}
        names = sorted({_end(joined, table[key]) for key in keys & table.keys()})
        used |= keys & table.keys()
        for other in names[1:]:
            joined[other] = names[0]
            notes.append(f"The groups {names[0]} and {other} share an image and are joined.")
        groups[picture.sha256] = names[0] if names else _alone(picture.sha256)
        if not names:
            notes.append(f"{picture.name} is not in the table; it is a part of its own.")
    if len(used) < len(table):
        notes.append(f"{len(table) - len(used)} rows of the table name no image that is imported.")
    return Grouping("table", {sha: _end(joined, name) for sha, name in groups.items()}, notes)


def from_likeness(
    existing: Sequence[ImageRecord], pictures: Sequence[Picture], progress: Progress
) -> Grouping:
    """Groups of images that look like the same part photographed again.

    Images that are in the item already keep their groups, which a person may have corrected;
    new ones join them.
    """
    known = {image.sha256: image for image in existing}
    new = [picture for picture in pictures if picture.sha256 not in known]
    groups = {p.sha256: known[p.sha256].group for p in pictures if p.sha256 in known}
    notes: list[str] = []
    if new:
        files = [image.file for image in existing] + [picture.file for picture in new]
        numbers = near_duplicate_groups(files, progress=progress)
        clusters: dict[int, list[int]] = defaultdict(list)
        for index, number in enumerate(numbers):
            clusters[number].append(index)
        for members in clusters.values():
            old = [existing[index].group for index in members if index < len(existing)]
            fresh = [new[index - len(existing)] for index in members if index >= len(existing)]
            if not fresh:
                continue
            name = old[0] if old else _alone(fresh[0].sha256)
            groups |= {picture.sha256: name for picture in fresh}
            if len(set(old)) > 1:
                notes.append(
                    f"{fresh[0].name} looks like the groups {', '.join(sorted(set(old)))};"
                    f" it joins {name}."
                )
    return Grouping("likeness", groups, notes)


def group_report(grouping: Grouping, existing: Sequence[ImageRecord]) -> GroupReport:
    """The groups of all images of the item once the import is written."""
    parts = {image.sha256: image.group for image in existing} | grouping.groups
    sizes = Counter(parts.values())
    largest, size = sizes.most_common(1)[0] if sizes else ("", 0)
    repeated = sum(1 for count in sizes.values() if count > 1)
    return GroupReport(grouping.found, len(parts), len(sizes), repeated, largest, size)


def _end(joined: Mapping[str, str], name: str) -> str:
    while name in joined:
        name = joined[name]
    return name


def _alone(sha256: str) -> str:
    return f"image-{sha256[:12]}"
