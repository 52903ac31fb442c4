"""Label planes of every kind, and what a format without void pixels holds of them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

LABELS = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=24),
    elements=st.sampled_from([0, 0, 1, 7, 254, 255]),
)
NAMES = {1: "Riß", 7: "hole: a & <more>", 254: "c"}


def without_void(label: np.ndarray) -> np.ndarray:
    """The label as a format without void pixels holds it."""
    return np.where(label == 255, 0, label)
