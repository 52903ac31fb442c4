"""The window of an item's images is kept; what is damaged or does not fit is none."""

from dataclasses import replace

import pytest

from defectstudio.app.display import Window
from defectstudio.app.windows import FILE, Windows, keep_window, read_windows
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import ImageRecord, Role

IMAGE = ImageRecord(7, 2, "plate", Role.NORMAL, None, "", 9, 9, 1, 16, "", None, (), None)


def test_images_of_the_item_and_depth_share_it_until_it_is_taken_back(tmp_path):
    keep_window(tmp_path, IMAGE, Window(100, 4000))
    keep_window(tmp_path, replace(IMAGE, item_id=3), Window(5, 60))
    kept = read_windows(tmp_path)
    assert kept.of(replace(IMAGE, id=8)) == Window(100, 4000)
    assert kept.of(replace(IMAGE, item_id=3)) == Window(5, 60)
    assert kept.of(replace(IMAGE, depth=8)) is None and kept.of(replace(IMAGE, item_id=4)) is None
    keep_window(tmp_path, IMAGE, None)
    assert read_windows(tmp_path).of(IMAGE) is None
    assert read_windows(tmp_path).of(replace(IMAGE, item_id=3)) == Window(5, 60)


@pytest.mark.parametrize("window", [Window(5, 5), Window(-1, 5), Window(0, 1 << 16)])
def test_what_cannot_be_shown_is_none(window):
    assert Windows({2: {16: window}}).of(IMAGE) is None


@pytest.mark.parametrize("text", ["", "[]", '{"windows": {"2": {"16": 3}}, "format": 1}'])
def test_a_damaged_file_is_none_and_is_mended(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert read_windows(tmp_path) == Windows()
    keep_window(tmp_path, IMAGE, Window(1, 2))
    assert read_windows(tmp_path).of(IMAGE) == Window(1, 2)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(ProjectError, match="cannot be kept") as caught:
        keep_window(tmp_path, IMAGE, Window(1, 2))
    assert caught.value.remedy
