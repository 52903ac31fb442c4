from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def queue_here(supervisors: Any) -> Iterator[None]:
    """Queued jobs are worked off by threads of the test."""
    yield
