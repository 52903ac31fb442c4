"""The first steps in a project, and which of them were taken."""

from __future__ import annotations

from pathlib import Path

from defectstudio.project.glimpse import glimpse

STEPS = ("open", "import", "label", "train", "make", "export")


def steps_taken(root: Path) -> tuple[str, ...]:
    """What was done so far in the project at `root`, which need not be open, in the order of
    STEPS. Raises ProjectError where it cannot be read."""
    found = glimpse(root)
    taken = {
        "open": True,
        "import": found.images,
        "label": found.labels,
        "train": found.generators,
        "make": found.samples,
        "export": found.exports,
    }
    return tuple(step for step in STEPS if taken[step])
