"""The commands offer what there is."""

from __future__ import annotations

from typing import get_args

from defectstudio.cli.projects import ExportFormat, ImportFormat
from defectstudio.exchange.formats import WRITERS
from defectstudio.exchange.importing import AUTO, READERS


def test_every_format_can_be_asked_for() -> None:
    assert get_args(ExportFormat) == tuple(WRITERS)
    assert get_args(ImportFormat) == (AUTO, *READERS)
