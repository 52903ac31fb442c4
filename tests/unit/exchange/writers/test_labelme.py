"""LabelMe exports, drawn as LabelMe draws its shapes."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image as PillowImage

from tests.unit.exchange.conftest import Exported
from tests.unit.exchange.planes import LABELS, NAMES, without_void


def _draw(label: np.ndarray, shape: dict[str, Any], value: int) -> None:
    if shape["shape_type"] == "polygon":
        cv2.fillPoly(label, [np.array(shape["points"], np.int32)], value)
        return
    (left, top), (right, bottom) = shape["points"]
    with PillowImage.open(io.BytesIO(base64.b64decode(shape["mask"]))) as picture:
        part = np.asarray(picture).astype(bool)
    label[top : bottom + 1, left : right + 1][part] = value


@pytest.mark.parametrize("format", ["labelme", "labelme-polygons"])
@given(label=LABELS)
@settings(deadline=None, max_examples=40)
def test_any_label_survives(exported: Exported, format: str, label: np.ndarray) -> None:
    out, _ = exported(format, label)
    content = json.loads((out / "größe.json").read_text(encoding="utf-8"))
    assert (content["imageHeight"], content["imageWidth"]) == label.shape
    assert (out / content["imagePath"]).is_file()
    assert content["imageData"] is None
    ids = {name: class_id for class_id, name in NAMES.items()}
    found = np.zeros_like(label)
    for shape in content["shapes"]:
        _draw(found, shape, ids[shape["label"]])
    np.testing.assert_array_equal(found, without_void(label))
