"""Import of LabelMe files: NAME.json beside its picture; masks, polygons, rectangles and circles.

A picture without a file, or whose file has no shapes, counts as defect-free.
Source: https://github.com/wkentaro/labelme, labelme/utils/shape.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.domain.records import Role
from defectstudio.exchange.marks import PixelPolygon, PngInBox, Shape, points_of
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.annotated import (
    WRONG,
    Annotated,
    both_ends,
    find_image,
    read_json,
)
from defectstudio.exchange.readers.listing import images, one_a_stem
from defectstudio.imaging.masks import Box

_HEAD = 1 << 12
_REMEDY = "Draw it as a polygon or a mask."


def looks_like(source: Path) -> bool:
    """Whether a JSON file with shapes lies beside pictures."""
    return any(_is_ours(path) for path in source.glob("*.json"))


def scan(source: Path) -> ImportPlan:
    """The entries of all files and of the pictures that have none."""
    entries: list[ImportEntry] = []
    seen: set[str] = set()
    files, problems = images(source)
    for path in sorted(path for path in source.glob("*.json") if _is_ours(path)):
        try:
            found = _picture(source, path)
        except (ImageError, ImportSourceError) as error:
            problems.append(ImportProblem(path, error.reason, error.remedy))
            found = None
        if isinstance(found, Annotated):
            seen.add(found.image.name)
            entries += found.entries()
        elif found is not None:
            problems.append(found)
    taken = {path.stem for path in source.glob("*.json")}
    rest = [path for path in files if path.name not in seen and path.stem not in taken]
    unique, doubles = one_a_stem(rest)
    entries += [ImportEntry(s, Role.NORMAL, None, path, None) for s, path in unique.items()]
    return ImportPlan("labelme", tuple(entries), (*problems, *doubles))


def _is_ours(path: Path) -> bool:
    """By its words, since every other JSON may lie there too."""
    seen = both_ends(path, _HEAD)
    return (b'"imagePath"' in seen and b'"shapes"' in seen) or b'"shape_type"' in seen


def _picture(source: Path, path: Path) -> Annotated | ImportProblem:
    content = read_json(path)
    try:
        name = str(content["imagePath"]).replace("\\", "/")
        height, width = int(content["imageHeight"]), int(content["imageWidth"])
        shapes = list(content["shapes"])
    except WRONG as error:
        return ImportProblem(path, f"the file misses {error}", "Save it again in LabelMe.")
    image = find_image(source.resolve(), name, ("",))
    if isinstance(image, ImportProblem):
        return image
    picture = Annotated(path, image, path.stem, height, width)
    for shape in shapes:
        try:
            picture.add(str(shape["label"]), _shape(shape))
        except WRONG as error:
            return ImportProblem(path, f"a shape is not as LabelMe's ({error})", _REMEDY)
    return picture


def _shape(shape: Mapping[str, Any]) -> Shape:
    kind = shape.get("shape_type", "polygon")
    points = points_of(number for point in shape["points"] for number in point)
    if kind == "polygon":
        return PixelPolygon(points)
    if len(points) != 2:
        raise ImageError(f"a {kind} does not have two points", remedy=_REMEDY)
    if kind == "mask":
        left, top, right, bottom = (int(value) for value in points.ravel())
        return PngInBox(str(shape["mask"]), Box(top, left, bottom + 1 - top, right + 1 - left))
    if kind == "rectangle":
        (x0, y0), (x1, y1) = points
        return PixelPolygon(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
    if kind == "circle":
        turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
        radius = float(np.hypot(*(points[1] - points[0])))
        return PixelPolygon(points[0] + radius * np.column_stack([np.cos(turn), np.sin(turn)]))
    raise ImageError(f"a shape is a {kind}, which has no area", remedy=_REMEDY)
