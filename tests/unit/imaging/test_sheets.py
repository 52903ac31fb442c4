"""Contact sheets."""

from __future__ import annotations

import numpy as np

from defectstudio.imaging.sheets import contact_sheet


def _flat(height: int, width: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_pictures_stand_in_their_places() -> None:
    sheet = contact_sheet([[_flat(64, 64, 100), _flat(16, 8, 200)], [_flat(4, 2, 50)]], 32)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (4 + 2 * 36, 4 + 2 * 36, 3)
    assert (sheet[4:36, 4:36] == 100).all()
    assert (sheet[4:36, 48:64] == 200).all()
    assert (sheet[40:72, 12:28] == 50).all()
    assert (sheet[40:, 40:] == sheet[0, 0]).all()


def test_enlarged_pixels_keep_their_edges() -> None:
    dot = _flat(2, 2, 0)
    dot[0, 0] = 255
    sheet = contact_sheet([[dot]], 32)
    assert set(np.unique(sheet[4:36, 4:36])) == {0, 255}


def test_captions_stand_above_their_rows() -> None:
    rows = [[_flat(8, 8, 100)], [_flat(8, 8, 100)]]
    plain = contact_sheet(rows, 64)
    sheet = contact_sheet(rows, 64, ["Öl", "scratch"])
    assert sheet.shape == (plain.shape[0] + 36, plain.shape[1], 3)
    for top in (4, 4 + 18 + 68):
        assert sheet[top : top + 18].max() > 150
        assert (sheet[top + 18 : top + 18 + 64, 4:68] == 100).all()


def test_no_pictures_give_an_empty_sheet() -> None:
    assert contact_sheet([], 32).size > 0
