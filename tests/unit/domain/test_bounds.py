"""Bounds said once hold wherever pydantic validates."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.bounds import PixelsByClass, pixels_by_id
from defectstudio.domain.errors import SettingError
from defectstudio.domain.generators import DcdgancConfig

CONFIG = TypeAdapter(DcdgancConfig)


def test_defaults_are_legal():
    assert CONFIG.validate_python({}) == DcdgancConfig()


@pytest.mark.parametrize(
    ("field", "value"),
    [("height", 63), ("height", 257), ("learning_rate", 0.0), ("source", "x"), ("batch", 1.5)],
)
def test_out_of_bounds_is_refused(field, value):
    with pytest.raises(ValidationError, match=field):
        CONFIG.validate_python({field: value})


def test_limits_are_inclusive():
    assert CONFIG.validate_python({"height": 64, "width": 256}).width == 256


@pytest.mark.parametrize("text", ["", "color:3", "Color : 3, deep cut:0", "a:b:32"])
def test_pixels_by_class_allow(text):
    assert TypeAdapter(Annotated[str, PixelsByClass(0, 32)]).validate_python(text) == text


@pytest.mark.parametrize("text", ["color", "color:", ":3", "color:-1", "color:33", "color:1.5"])
def test_pixels_by_class_refuse(text):
    with pytest.raises(ValidationError, match="0 to 32 pixels"):
        TypeAdapter(Annotated[str, PixelsByClass(0, 32)]).validate_python(text)


def test_pixels_are_found_by_class_id():
    classes = {4: "Color", 7: "deep cut"}
    assert pixels_by_id("color:3, deep cut:1", classes) == {4: 3, 7: 1}
    assert pixels_by_id("", classes) == {}
    with pytest.raises(SettingError, match="Color, deep cut"):
        pixels_by_id("dent:1", classes)
