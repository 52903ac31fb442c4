"""Import of Pascal VOC segmentation: JPEGImages with SegmentationClass, names in labelmap.txt.

A palette or colour PNG of SegmentationClass is read by the colours of labelmap.txt (as CVAT and
Datumaro write them), a grey one by the order of its lines. Without that file the classes are the
twenty of Pascal VOC, by number. 255 is void and belongs to no mask.
Source: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.domain.records import Role
from defectstudio.exchange.marks import ColourInPlane, IndexInPlane, MaskSource
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.annotated import read_text
from defectstudio.exchange.readers.listing import images, one_a_stem
from defectstudio.imaging.reading import read_header, read_image, read_label
from defectstudio.imaging.types import planes

Colour = tuple[int, int, int]
_VOID = 255
_BACKGROUND = "background"
_MAP = "labelmap.txt"
_NAMES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)  # fmt: skip


def looks_like(source: Path) -> bool:
    """Whether there are JPEGImages and SegmentationClass."""
    return (source / "JPEGImages").is_dir() and (source / "SegmentationClass").is_dir()


def scan(source: Path) -> ImportPlan:
    """The entries of all pictures that have a plane of classes."""
    files, problems = images(source / "JPEGImages")
    found, wrong = images(source / "SegmentationClass")
    pictures, doubles = one_a_stem(files)
    labels, others = one_a_stem(found)
    problems += [*wrong, *doubles, *others]
    colours = _colours(source / _MAP) if (source / _MAP).is_file() else {}
    entries: list[ImportEntry] = []
    for stem, image in pictures.items():
        if stem not in labels:
            remedy = f"Add SegmentationClass/{stem}.png, or remove the picture."
            problems.append(ImportProblem(image, "it has no plane of classes", remedy))
            continue
        try:
            entries += _entries(stem, image, dict(_classes(labels[stem], colours)))
        except ImageError as error:
            problems.append(ImportProblem(labels[stem], error.reason, error.remedy))
    return ImportPlan("voc", tuple(entries), tuple(problems))


def _entries(stem: str, image: Path, classes: Mapping[str, MaskSource]) -> Iterator[ImportEntry]:
    if not classes:
        yield ImportEntry(stem, Role.NORMAL, None, image, None)
    for name, mask in classes.items():
        yield ImportEntry(stem, Role.DEFECT, name, image, mask)


def _colours(path: Path) -> dict[Colour, str]:
    """Colour -> class name, in the order of the lines "name:r,g,b:parts:actions"."""
    found: dict[Colour, str] = {}
    for line in read_text(path).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        try:
            name, colour, _, _ = line.rsplit(":", 3)
            red, green, blue = (int(value) for value in colour.split(","))
        except ValueError as error:
            raise ImportSourceError(
                f"the line {line!r} is not name:red,green,blue::", subject=path, remedy="Mend it."
            ) from error
        found[red, green, blue] = name.strip()
    return found


def _classes(path: Path, colours: Mapping[Colour, str]) -> Iterator[tuple[str, MaskSource]]:
    """The classes that a plane shows, and where."""
    try:
        index_plane = read_label(path)
    except ImageError:
        if not colours:
            raise
        index_plane = None
    header = read_header(path)
    if colours and (index_plane is None or header.channels == 3 or _coloured(path, colours)):
        yield from _by_colour(path, colours)
        return
    assert index_plane is not None, "an unreadable plane without colours was refused"
    order = [name for name in colours.values() if name != _BACKGROUND] or list(_NAMES)
    for index in np.unique(index_plane).tolist():
        if index not in (0, _VOID):
            name = order[index - 1] if index <= len(order) else f"class {index}"
            yield name, IndexInPlane(path, index)


def _coloured(path: Path, colours: Mapping[Colour, str]) -> bool:
    """Whether a picture of greys has only colours of the map: a palette all of whose used
    colours are grey."""
    shown = {(value,) * 3 for value in np.unique(read_image(path)).tolist()}
    return shown <= {*colours, (0, 0, 0)} and shown != {(0, 0, 0)}


def _by_colour(path: Path, colours: Mapping[Colour, str]) -> Iterator[tuple[str, MaskSource]]:
    picture = planes(read_image(path)).astype(np.uint32)
    channels = [picture[..., i if picture.shape[2] == 3 else 0] for i in range(3)]
    codes = np.unique(channels[0] << 16 | channels[1] << 8 | channels[2]).tolist()
    for code in codes:
        colour = (code >> 16, code >> 8 & 255, code & 255)
        name = colours.get(colour)
        if name is not None and name != _BACKGROUND:
            yield name, ColourInPlane(path, colour)
