"""Import of COCO tables: segmentations as polygons or run lengths.

annotations.json, or any JSON files with images, annotations and categories in the folder or in
its folder "annotations". A table that stands beside its parts for splits is taken alone.
Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.exchange.marks import CornerPolygon, Runs, Shape, points_of
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.annotated import (
    WRONG,
    Annotated,
    both_ends,
    find_image,
    read_json,
    unique_stems,
)

_WHOLE = "annotations.json"
_HEAD = 1 << 16
_REMEDY = "Export the table again."


def looks_like(source: Path) -> bool:
    """Whether some table lists images and annotations."""
    return any(_is_table(path) for path in _json_files(source))


def scan(source: Path) -> ImportPlan:
    """The entries of all tables."""
    tables = [path for path in _json_files(source) if _is_table(path)]
    whole = [path for path in tables if path == source / _WHOLE]
    pictures: dict[Path, Annotated] = {}
    problems: list[ImportProblem] = []
    for table in whole or tables:
        for found in _table(source, table):
            if isinstance(found, ImportProblem):
                problems.append(found)
            elif found.image in pictures:
                for name, shapes in found.shapes.items():
                    pictures[found.image].add(name, *shapes)
            else:
                pictures[found.image] = found
    names = unique_stems([path.relative_to(source.resolve()).as_posix() for path in pictures])
    entries: list[ImportEntry] = []
    for name, picture in zip(names, pictures.values(), strict=True):
        picture.name = name
        entries += picture.entries()
    return ImportPlan("coco", tuple(entries), tuple(problems))


def _json_files(source: Path) -> list[Path]:
    return sorted(
        path for place in (source, source / "annotations") for path in place.glob("*.json")
    )


def _is_table(path: Path) -> bool:
    """By its words: a table may be too large to be read twice."""
    seen = both_ends(path, _HEAD)
    return b'"images"' in seen and (b'"annotations"' in seen or b'"categories"' in seen)


def _table(source: Path, path: Path) -> Iterator[Annotated | ImportProblem]:
    table = read_json(path)
    try:
        categories = {line["id"]: str(line["name"]) for line in table["categories"]}
        images = {line["id"]: line for line in table["images"]}
        annotations = list(table.get("annotations", []))
    except WRONG as error:
        raise ImportSourceError(
            f"the table misses {error}", subject=path, remedy=_REMEDY
        ) from error
    folders = ("", "images", path.stem.removeprefix("instances_"),
               f"images/{path.stem.removeprefix('instances_')}")  # fmt: skip
    pictures: dict[Any, Annotated] = {}
    for number, line in images.items():
        found = _picture(source, path, line, folders)
        if isinstance(found, ImportProblem):
            yield found
        else:
            pictures[number] = found
    for line in annotations:
        problem = _add(pictures, images, categories, line, path)
        if problem:
            yield problem
    yield from pictures.values()


def _picture(
    source: Path, path: Path, line: Mapping[str, Any], folders: tuple[str, ...]
) -> Annotated | ImportProblem:
    try:
        name, height, width = str(line["file_name"]), int(line["height"]), int(line["width"])
    except WRONG as error:
        return ImportProblem(path, f"an image of the table misses {error}", _REMEDY)
    image = find_image(source.resolve(), name, folders)
    if isinstance(image, ImportProblem):
        return image
    return Annotated(path, image, name, height, width)


def _add(
    pictures: Mapping[Any, Annotated],
    images: Mapping[Any, object],
    categories: Mapping[Any, str],
    line: Mapping[str, Any],
    path: Path,
) -> ImportProblem | None:
    """Give an annotation to its picture; the problem with it where that cannot be."""
    try:
        image, category = line["image_id"], categories[line["category_id"]]
        shapes = _shapes(line["segmentation"])
        known = image in images
    except ImageError as error:
        return ImportProblem(path, f"annotation {line.get('id')}: {error.reason}", error.remedy)
    except WRONG as error:
        return ImportProblem(path, f"an annotation is not as COCO's ({error})", _REMEDY)
    if not known:
        return ImportProblem(path, f"an annotation is of the unknown image {image}", _REMEDY)
    if image in pictures and shapes:
        pictures[image].add(category, *shapes)
    return None


def _shapes(segmentation: Any) -> list[Shape]:
    if isinstance(segmentation, dict):
        counts = segmentation["counts"]
        return [Runs(counts if isinstance(counts, str) else [int(count) for count in counts])]
    return [CornerPolygon(points_of(ring)) for ring in segmentation]
