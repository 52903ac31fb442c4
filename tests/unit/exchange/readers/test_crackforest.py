"""CrackForest's MATLAB files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.io

from defectstudio.exchange.importing import check, scan
from defectstudio.imaging.reading import write_png


def test_cracks_and_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "groundTruth").mkdir()
    plane = np.ones((6, 9), np.uint16)
    plane[2, 3:8] = 2
    for name in ("a", "b", "c"):
        write_png(tmp_path / "image" / f"{name}.png", np.full((6, 9, 3), ord(name), np.uint8))
    truth = {"groundTruth": {"Segmentation": plane, "Boundaries": plane}}
    scipy.io.savemat(tmp_path / "groundTruth" / "a.mat", truth)
    (tmp_path / "groundTruth" / "b.mat").write_bytes(b"MATLAB 5.0 MAT-file, not quite")
    plan = scan(tmp_path)
    assert plan.format == "crackforest"
    good, broken = plan.entries
    assert good.mask is not None and good.class_name == "crack"
    np.testing.assert_array_equal(good.mask.read(), plane == 2)
    assert check(good) is None
    problem = check(broken)
    assert problem is not None and "no groundTruth" in problem.reason
    assert "has no mask" in plan.problems[0].reason
