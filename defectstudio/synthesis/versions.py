"""What a byte-for-byte replay depends on besides the recipe."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import cv2
import numpy as np
import torch

import defectstudio
from defectstudio.imaging.kernel import loading

REFINING = "2"
"""How contents are refined at their place. 1: steps of a hundredth of the full range, the mask in
one piece; 2: of three thousandths, masks above 512 px in tiles. Recipes of 1 do not name it."""


def versions() -> dict[str, str]:
    """Versions of the product and of what makes pixels: libraries, instructions, our own code."""
    return {
        "defectstudio": defectstudio.__version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        **{name: _installed(name) for name in ("scipy", "scikit-image", "imagecodecs")},
        "refining": REFINING,
        "blending": "compiled" if loading.library() else "NumPy",
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }


@cache
def _installed(name: str) -> str:
    """Read from a file, which every recipe would wait for."""
    return version(name)
