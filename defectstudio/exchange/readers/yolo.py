"""Import of YOLO segmentation: images and labels in parallel folders, names in data.yaml.

An image without a file of labels, or with an empty one, is defect-free.
Source: https://docs.ultralytics.com/datasets/segment/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.exchange.marks import PixelPolygon, points_of
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.annotated import WRONG, Annotated, read_text, unique_stems
from defectstudio.exchange.readers.listing import SUFFIXES
from defectstudio.imaging.reading import read_header

_DIGITS = 20
"""No class has a number of more."""
_TABLES = ("data.yaml", "data.yml", "dataset.yaml")


def looks_like(source: Path) -> bool:
    """Whether there are data.yaml, images and labels."""
    return any((source / name).is_file() for name in _TABLES) and bool(_images(source))


def scan(source: Path) -> ImportPlan:
    """The entries of all splits; a folder of another layout gives an empty plan."""
    table = next((source / name for name in _TABLES if (source / name).is_file()), None)
    if table is None:
        return ImportPlan("yolo", (), ())
    names = _names(table)
    entries: list[ImportEntry] = []
    problems: list[ImportProblem] = []
    images = _images(source)
    stems = unique_stems([path.relative_to(source).as_posix() for path in images])
    for image, stem in zip(images, stems, strict=True):
        try:
            header = read_header(image)
            label = _label_of(source, image)
            picture = Annotated(label, image, stem, header.height, header.width)
            for class_name, polygon in _polygons(label, names, picture):
                picture.add(class_name, polygon)
        except (ImageError, ImportSourceError) as error:
            problems.append(ImportProblem(Path(error.subject or image), error.reason, error.remedy))
        else:
            entries += picture.entries()
    return ImportPlan("yolo", tuple(entries), tuple(problems))


def _images(source: Path) -> list[Path]:
    """Pictures below a folder "images", which lies beside one named "labels"."""
    return sorted(
        path
        for place in (source, *(child for child in source.iterdir() if child.is_dir()))
        if (place / "images").is_dir() and (place / "labels").is_dir()
        for path in (place / "images").rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )


def _label_of(source: Path, image: Path) -> Path:
    parts = list(image.relative_to(source).with_suffix(".txt").parts)
    parts[parts.index("images")] = "labels"
    return source.joinpath(*parts)


def _names(table: Path) -> Mapping[int, str]:
    try:
        found = yaml.safe_load(read_text(table))["names"]
        pairs = found.items() if isinstance(found, dict) else enumerate(found)
        return {int(number): str(name) for number, name in pairs}
    except (yaml.YAMLError, RecursionError, *WRONG) as error:
        raise ImportSourceError(
            "the file names no classes", subject=table, remedy="Give it a list: names: [crack]."
        ) from error


def _polygons(
    label: Path, names: Mapping[int, str], picture: Annotated
) -> Iterator[tuple[str, PixelPolygon]]:
    if not label.is_file():
        return
    for number, line in enumerate(read_text(label).splitlines(), start=1):
        if not line.strip():
            continue
        class_name, *points = line.split()
        if len(points) == 4:
            raise _bad(label, number, "is a box, not a polygon")
        known = len(class_name) < _DIGITS and class_name.isdecimal() and int(class_name) in names
        if not known:
            raise _bad(label, number, f"is of the unknown class {class_name[:_DIGITS]}")
        try:
            share = points_of(points)
        except ImageError as error:
            raise _bad(label, number, f"is wrong: {error.reason}") from error
        if not ((share >= 0) & (share <= 1)).all():
            raise _bad(label, number, "has points outside 0 to 1")
        yield names[int(class_name)], PixelPolygon(share * [picture.width, picture.height])


def _bad(label: Path, number: int, reason: str) -> ImageError:
    return ImageError(
        f"line {number} {reason}", subject=label, remedy="Mend the line, or export it again."
    )
