"""Pythons that tests start."""

from __future__ import annotations

import os
from pathlib import Path


def importing_from(folder: Path) -> dict[str, str]:
    """The environment of one that imports from a folder first."""
    return {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{os.environ['PYTHONPATH']}"}
