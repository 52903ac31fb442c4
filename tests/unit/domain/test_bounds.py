"""Bounds said once hold wherever pydantic validates."""

import pytest
from pydantic import TypeAdapter, ValidationError

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
