"""Metrics and logs of a run, also when they were cut off."""

import numpy as np
import pytest

from defectstudio.app.run_files import (
    last_picture,
    level_of_line,
    read_log,
    read_metrics,
    report_page,
)
from defectstudio.domain.errors import ImageError
from defectstudio.domain.events import Metrics
from defectstudio.domain.files import to_json
from defectstudio.imaging.reading import write_png


def test_metrics_are_read_in_order_and_later_ones_count(tmp_path):
    lines = [
        to_json(Metrics(step, {"loss": value}))
        for step, value in ((1, 3.0), (2, 2.0), (3, 9.0), (2, 1.5))
    ]
    broken = [
        '{"step": 4, "val',
        "[]",
        '{"step": 5, "values": 3}',
        '{"step": 6, "values": {"a": "x"}}',
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines + broken), encoding="utf-8")
    assert read_metrics(tmp_path) == [
        Metrics(1, {"loss": 3.0}), Metrics(2, {"loss": 1.5}), Metrics(3, {"loss": 9.0})
    ]  # fmt: skip


def test_the_end_of_a_long_log_is_read(tmp_path):
    (tmp_path / "log.txt").write_bytes(b"x" * 100_000 + b"\nlast \xff line")
    log = read_log(tmp_path)
    assert log.endswith("last � line") and len(log) < 70_000


def test_a_run_without_files_has_none(tmp_path):
    assert read_metrics(tmp_path) == [] and read_log(tmp_path) == ""


def test_lines_have_levels():
    lines = ["warning: x", "notice: x: y", "info: x", "Traceback (most recent call last):", ""]
    levels = ["warning", "notice", "info", "output", "output"]
    assert [level_of_line(line) for line in lines] == levels


def test_the_page_of_a_report(tmp_path):
    assert report_page(tmp_path) is None
    (tmp_path / "report").mkdir()
    for name in ("enlarge.json", "enlarge.html"):
        (tmp_path / "report" / name).touch()
    assert report_page(tmp_path).name == "enlarge.html"


def test_the_last_picture_of_a_training_counts(tmp_path):
    assert last_picture(tmp_path) is None
    for step in (5, 100, 20):
        write_png(tmp_path / f"preview_{step:07d}.png", np.full((4, 5, 3), step, np.uint8))
    assert (last_picture(tmp_path) == 100).all()
    (tmp_path / "preview_0000200.png").write_bytes(b"no picture")
    with pytest.raises(ImageError):
        last_picture(tmp_path)
