"""Annotation files that are wrong: a clear word each, and nothing else is lost."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectstudio.domain.errors import ImageError, ImportSourceError
from defectstudio.domain.files import read_plain
from defectstudio.exchange.importing import check, scan
from defectstudio.exchange.plan import ImportPlan
from defectstudio.exchange.readers import annotated
from defectstudio.imaging.reading import write_png

SIZE = (8, 10)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for folder in ("", "images", "labels", "JPEGImages", "SegmentationClass"):
        (tmp_path / folder).mkdir(exist_ok=True)
    return tmp_path


def _image(path: Path, value: int = 3) -> None:
    write_png(path, np.full(SIZE, value, np.uint8))


def _coco(source: Path, annotation: dict[str, Any], **image: Any) -> ImportPlan:
    _image(source / "images" / "a.png")
    line = {"id": 1, "file_name": "a.png", "height": 8, "width": 10, **image}
    table = {
        "images": [line],
        "categories": [{"id": 1, "name": "crack"}],
        "annotations": [{"id": 5, "image_id": 1, "category_id": 1, **annotation}],
    }
    (source / "annotations.json").write_text(json.dumps(table))
    return scan(source, "coco")


SQUARE = [[1, 1, 4, 1, 4, 4, 1, 4]]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({}, "segmentation"),
        ({"segmentation": SQUARE, "category_id": 2}, "2"),
        ({"segmentation": SQUARE, "image_id": 9}, "unknown image 9"),
        ({"segmentation": [[1, 2, 3]]}, "no partner"),
        ({"segmentation": [["a", 2]]}, "no number"),
        ({"segmentation": {"size": [8, 10]}}, "counts"),
        ({"segmentation": 7}, "not as COCO's"),
    ],
)
def test_coco_annotations(source: Path, annotation: dict[str, Any], reason: str) -> None:
    plan = _coco(source, annotation)
    assert [entry.class_name for entry in plan.entries] == [None]
    [problem] = plan.problems
    assert reason in problem.reason
    assert problem.path == source / "annotations.json"
    assert problem.remedy


@pytest.mark.parametrize(
    ("segmentation", "reason"),
    [
        ([[1, 1, 2, 2]], "fewer than three"),
        ([[1, 1, 2, float("nan"), 3, 3]], "not finite"),
        ({"counts": [4, 5]}, "do not fill"),
        ({"counts": "~~~"}, "no compressed run-length"),
        ({"counts": [-4, 84]}, "do not fill"),
    ],
)
def test_coco_masks(source: Path, segmentation: Any, reason: str) -> None:
    [entry] = _coco(source, {"segmentation": segmentation}).entries
    assert entry.mask is not None
    with pytest.raises(ImageError, match=reason):
        entry.mask.read()
    problem = check(entry)
    assert problem is not None and reason in problem.reason


def test_coco_pictures_elsewhere_or_of_another_size(source: Path) -> None:
    for name, reason in (("../a.png", "leaves its folder"), ("/etc/passwd", "leaves its folder"),
                         ("b.png", "not there"), ("C:\\a.png", "leaves its folder")):  # fmt: skip
        plan = _coco(source, {"segmentation": SQUARE}, file_name=name)
        assert plan.entries == ()
        assert reason in plan.problems[0].reason
    [entry] = _coco(source, {"segmentation": SQUARE}, height=9).entries
    problem = check(entry)
    assert problem is not None and "10 x 9 pixels, its image 10 x 8" in problem.reason
    plan = _coco(source, {"segmentation": SQUARE}, height="x")
    assert "misses" in plan.problems[0].reason
    [entry] = _coco(source, {"segmentation": SQUARE}, height=10**9, width=10**9).entries
    assert entry.mask is not None
    with pytest.raises(ImageError, match="cannot be"):
        entry.mask.read()


def test_coco_tables(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = source / "annotations.json"
    for text, reason in (
        ('{"images": [], "annotations": [}', "no JSON"),
        ('["images", "annotations"]', "no object"),
        ('{"images": 3, "annotations": []}', "misses"),
        ("[" * 100_000 + '"images" "annotations"', "no JSON"),
    ):
        table.write_text(text)
        with pytest.raises(ImportSourceError, match=reason) as caught:
            scan(source, "coco")
        assert caught.value.subject == str(table)
    table.write_bytes(b'"images" "annotations" \xff')
    with pytest.raises(ImportSourceError, match="UTF-8"):
        scan(source, "coco")
    monkeypatch.setattr(annotated, "read_plain", partial(read_plain, most=3))
    with pytest.raises(ImportSourceError, match="more than 3 bytes"):
        scan(source, "coco")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 .1 .1 .5 .5", "line 1 is a box"),
        ("4 .1 .1 .5 .5 .1 .5", "unknown class 4"),
        ("x .1 .1 .5 .5 .1 .5", "unknown class x"),
        ("0 .1 .1 .5 .5 .1 1.5", "outside 0 to 1"),
        ("0 .1 .1 .5 nan .1 .5", "outside 0 to 1"),
        ("0 .1 .1 .5 .5 .1 .5 .7", "no partner"),
        ("0 .1 .1 .5 .5 .1 a", "no number"),
    ],
)
def test_yolo_lines(source: Path, line: str, reason: str) -> None:
    (source / "data.yaml").write_text("names: [crack]")
    for name in ("a", "b"):
        _image(source / "images" / f"{name}.png")
    (source / "labels" / "a.txt").write_text(line)
    (source / "labels" / "b.txt").write_text("\n0 .1 .1 .5 .1 .5 .5\n")
    plan = scan(source, "yolo")
    assert [(entry.name, entry.class_name) for entry in plan.entries] == [("b", "crack")]
    [problem] = plan.problems
    assert reason in problem.reason
    assert problem.path == source / "labels" / "a.txt"


@pytest.mark.parametrize("text", ["names: 3", "nc: 1", "names: [", "!!python/object:os.system x"])
def test_yolo_names(source: Path, text: str) -> None:
    _image(source / "images" / "a.png")
    (source / "data.yaml").write_text(text)
    with pytest.raises(ImportSourceError, match="names no classes"):
        scan(source, "yolo")


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"shape_type": "line", "points": [[1, 1], [2, 2]]}, "no area"),
        ({"shape_type": "point", "points": [[1, 1]]}, "two points"),
        ({"shape_type": "polygon"}, "points"),
        ({"shape_type": "mask", "points": [[1, 1], [2, 2]]}, "mask"),
        ({"shape_type": "rectangle", "points": [["a", 1], [2, 2]]}, "no number"),
        ("crack", "not as LabelMe's"),
    ],
)
def test_labelme_shapes(source: Path, shape: Any, reason: str) -> None:
    plan = _labelme(source, {"label": "crack", **shape} if isinstance(shape, dict) else shape)
    assert plan.entries == ()
    assert reason in plan.problems[0].reason


def _labelme(source: Path, shape: Any, **content: Any) -> ImportPlan:
    _image(source / "a.png")
    whole = {"imagePath": "a.png", "imageHeight": 8, "imageWidth": 10, "shapes": [shape], **content}
    (source / "a.json").write_text(json.dumps(whole))
    return scan(source, "labelme")


@pytest.mark.parametrize(
    ("points", "png", "reason"),
    [
        ([[1, 1], [2, 2]], "no base64", "cannot be decoded"),
        ([[1, 1], [2, 2]], "AAAA", "cannot be decoded"),
        ([[5, 5], [20, 20]], "", "leaves its image"),
        ([[5, 5], [2, 2]], "", "leaves its image"),
    ],
)
def test_labelme_masks(source: Path, points: list[list[int]], png: str, reason: str) -> None:
    shape = {"label": "crack", "shape_type": "mask", "points": points, "mask": png}
    [entry] = _labelme(source, shape).entries
    assert entry.mask is not None
    with pytest.raises(ImageError, match=reason):
        entry.mask.read()


def test_labelme_drawn_shapes_and_files_without(source: Path) -> None:
    square = {"label": "crack", "shape_type": "rectangle", "points": [[1, 2], [4, 5]]}
    [entry] = _labelme(source, square).entries
    assert entry.mask is not None
    expected = np.zeros(SIZE, bool)
    expected[2:6, 1:5] = True
    np.testing.assert_array_equal(entry.mask.read(), expected)
    circle = {"label": "crack", "shape_type": "circle", "points": [[4, 4], [4, 6]]}
    [entry] = _labelme(source, circle).entries
    assert entry.mask is not None
    assert entry.mask.read()[2:7, 2:7].sum() >= 13
    assert "leaves" in _labelme(source, square, imagePath="../b.png").problems[0].reason
    assert "misses" in _labelme(source, square, imageHeight=None).problems[0].reason
    _image(source / "good.png")
    names = [entry.name for entry in _labelme(source, square).entries]
    assert names == ["a", "good"]


def _cvat(
    source: Path, child: str, image: str = 'name="a.png" height="8" width="10"'
) -> ImportPlan:
    _image(source / "images" / "a.png")
    text = f"<annotations><image id='0' {image}>{child}</image></annotations>"
    (source / "annotations.xml").write_text(text)
    return scan(source, "cvat")


@pytest.mark.parametrize(
    ("child", "reason"),
    [
        ("<polyline label='c' points='1,1;2,2'/>", "no area"),
        ("<polygon label='c' points='1,1;2'/>", "no partner"),
        ("<mask label='c' rle='1' top='0' left='0' width='1'/>", "height"),
        ("<mask label='c' rle='1,x' top='0' left='0' width='1' height='1'/>", "wrong"),
        ("<polygon points='1,1;2,2;1,2'/>", "label"),
    ],
)
def test_cvat_shapes(source: Path, child: str, reason: str) -> None:
    plan = _cvat(source, child)
    assert plan.entries == ()
    assert reason in plan.problems[0].reason


def test_cvat_masks_boxes_and_ellipses(source: Path) -> None:
    for child, reason in (
        ("<mask label='c' rle='1, 2' top='0' left='0' width='2' height='2'/>", "do not fill"),
        ("<mask label='c' rle='0, 4' top='7' left='0' width='2' height='2'/>", "leaves its image"),
    ):
        [entry] = _cvat(source, child).entries
        assert entry.mask is not None
        with pytest.raises(ImageError, match=reason):
            entry.mask.read()
    expected = np.zeros(SIZE, bool)
    expected[2:5, 1:4] = True
    [entry] = _cvat(source, "<box label='c' xtl='1' ytl='2' xbr='4' ybr='5'/><tag/>").entries
    assert entry.mask is not None
    np.testing.assert_array_equal(entry.mask.read(), expected)
    [entry] = _cvat(source, "<ellipse label='c' cx='2.5' cy='3.5' rx='1.6' ry='1.6'/>").entries
    assert entry.mask is not None
    assert entry.mask.read()[3, 1:4].all()
    assert "not there" in _cvat(source, "", 'name="b.png"').problems[0].reason


def test_cvat_tables(source: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>'
    for text in ("<annotations>", bomb):
        (source / "annotations.xml").write_text(text)
        with pytest.raises(ImportSourceError, match="no XML that can be trusted"):
            scan(source, "cvat")


def test_voc_planes(source: Path) -> None:
    _image(source / "JPEGImages" / "a.png")
    _image(source / "JPEGImages" / "b.png")
    _image(source / "SegmentationClass" / "a.png", 15)
    plan = scan(source)
    assert plan.format == "voc"
    assert [(entry.name, entry.class_name) for entry in plan.entries] == [("a", "person")]
    assert "no plane of classes" in plan.problems[0].reason
    _image(source / "SegmentationClass" / "b.png", 77)
    assert [entry.class_name for entry in scan(source).entries] == ["person", "class 77"]
    (source / "labelmap.txt").write_text("# names\nbackground:0,0,0::\ncrack:9,200,7::\n")
    colour = np.zeros((*SIZE, 3), np.uint8)
    colour[2:4, 3:5] = 9, 200, 7
    write_png(source / "SegmentationClass" / "b.png", colour)
    [crack] = [entry for entry in scan(source).entries if entry.name == "b"]
    assert crack.class_name == "crack" and crack.mask is not None
    np.testing.assert_array_equal(crack.mask.read(), colour[..., 0] == 9)
    (source / "labelmap.txt").write_text("crack")
    with pytest.raises(ImportSourceError, match="is not name"):
        scan(source)
