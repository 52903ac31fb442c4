"""Import of CVAT for images 1.1: annotations.xml with masks, polygons, boxes and ellipses.

Source: https://docs.cvat.ai/docs/manual/advanced/xml_format/
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import defusedxml
import defusedxml.ElementTree
import numpy as np

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.exchange.marks import CornerPolygon, RunsInBox, Shape, points_of
from defectstudio.exchange.plan import ImportEntry, ImportPlan, ImportProblem
from defectstudio.exchange.readers.annotated import (
    WRONG,
    Annotated,
    find_image,
    read_text,
    unique_stems,
)
from defectstudio.imaging.masks import Box

TABLE = "annotations.xml"
_REMEDY = "Draw it as a mask or a polygon."


def looks_like(source: Path) -> bool:
    """Whether there is a table."""
    return (source / TABLE).is_file()


def scan(source: Path) -> ImportPlan:
    """The entries of the table."""
    path = source / TABLE
    lines = list(_root(path).iter("image"))
    stems = unique_stems([line.get("name", "") for line in lines])
    entries: list[ImportEntry] = []
    problems: list[ImportProblem] = []
    for line, stem in zip(lines, stems, strict=True):
        try:
            found = _picture(source, path, line, stem)
        except ImageError as error:
            problems.append(ImportProblem(path, f"{stem}: {error.reason}", error.remedy))
            continue
        if isinstance(found, ImportProblem):
            problems.append(found)
        else:
            entries += found.entries()
    return ImportPlan("cvat", tuple(entries), tuple(problems))


def _root(path: Path) -> ET.Element:
    try:
        root: ET.Element = defusedxml.ElementTree.fromstring(read_text(path), forbid_dtd=True)
    except (ET.ParseError, defusedxml.DefusedXmlException, ValueError) as error:
        raise ImportSourceError(
            f"the file is no XML that can be trusted ({error})",
            subject=path,
            remedy="Export it again as CVAT for images 1.1.",
        ) from error
    return root


def _picture(source: Path, path: Path, line: ET.Element, stem: str) -> Annotated | ImportProblem:
    image = find_image(source.resolve(), line.get("name", ""), ("images", ""))
    if isinstance(image, ImportProblem):
        return image
    try:
        height, width = int(line.attrib["height"]), int(line.attrib["width"])
        picture = Annotated(path, image, stem, height, width)
        for child in line:
            if child.tag != "tag":
                picture.add(child.attrib["label"], _shape(child.tag, child.attrib))
    except WRONG as error:
        raise ImageError(f"an attribute is missing or wrong ({error})", remedy=_REMEDY) from error
    return picture


def _shape(kind: str, given: Mapping[str, str]) -> Shape:
    if kind == "mask":
        box = Box(*(int(given[key]) for key in ("top", "left", "height", "width")))
        return RunsInBox([int(run) for run in given["rle"].split(",")], box)
    if kind == "polygon":
        points = given["points"].replace(";", ",").split(",")
        return CornerPolygon(points_of(points))
    if kind == "box":
        x0, y0, x1, y1 = (float(given[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
        return CornerPolygon(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
    if kind == "ellipse":
        turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
        centre, radii = (
            np.array([float(given[key]) for key in keys]) for keys in (("cx", "cy"), ("rx", "ry"))
        )
        return CornerPolygon(centre + radii * np.column_stack([np.cos(turn), np.sin(turn)]))
    raise ImageError(f"a shape is a {kind}, which has no area", remedy=_REMEDY)
