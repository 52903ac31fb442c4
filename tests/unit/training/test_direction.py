"""Whether a training keeps the direction of contents, where the surface decides."""

from dataclasses import replace

import pytest

from defectstudio.training.direction import decided


@pytest.mark.parametrize("wanted", ["on", "off"])
def test_what_is_asked_for_is_not_decided(tiny_spec, wanted):
    spec = tiny_spec("paste", oriented=wanted)
    assert decided(spec) == (spec, f"oriented is {wanted}, as asked for")


def test_without_a_grain_contents_are_turned_to_all_sides(tiny_spec):
    spec = tiny_spec("dcdganc")
    found, why = decided(spec)
    assert found == replace(spec, config=replace(spec.config, oriented="off"))
    assert "no grain" in why
