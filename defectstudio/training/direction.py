"""Whether contents keep their direction, where the configuration leaves it to the surface."""

from __future__ import annotations

from dataclasses import replace

from defectstudio.domain.specs import TrainSpec
from defectstudio.imaging.grain import grain
from defectstudio.imaging.reading import read_image

LOOKED_AT = 16
"""Images, spread over the training split, at most, that are asked for a grain."""


def decided(spec: TrainSpec) -> tuple[TrainSpec, str]:
    """The specification with `oriented` on or off, and why, in words for the log."""
    if spec.config.oriented != "auto" or not spec.images:
        return spec, f"oriented is {spec.config.oriented}, as asked for"
    step = -(-len(spec.images) // LOOKED_AT)
    found = grain(read_image(file.image) for file in spec.images[::step])
    coherence = f"(coherence {found.coherence:.2f})"
    if found.oriented:
        why = f"contents keep their direction to a grain at {found.degrees:.0f} degrees {coherence}"
    else:
        why = f"contents are turned to all sides: the surface has no grain {coherence}"
    return replace(
        spec, config=replace(spec.config, oriented="on" if found.oriented else "off")
    ), why
