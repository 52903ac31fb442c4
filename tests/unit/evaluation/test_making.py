"""Made defects for a training set."""

import numpy as np
import pytest

from defectstudio.evaluation.making import as_people_label
from defectstudio.imaging.compose import Composite


@pytest.mark.parametrize(("visible", "labeled"), [(10, 16), (4, 4)])
def test_a_sample_is_labeled_as_painted_unless_little_of_it_is_seen(visible, labeled):
    painted, label = np.zeros((2, 8, 8), np.uint8)
    painted[2:6, 2:6] = 3
    label.flat[np.flatnonzero(painted)[:visible]] = 3
    scene = as_people_label(Composite(np.full((8, 8), 90, np.uint8), label, painted, ()))
    assert scene.synthetic and len(scene.places[3]) == labeled
