"""All readers by name."""

from __future__ import annotations

from tests.fuzz import of_exchange, of_pictures

READERS = {**of_exchange.READERS, **of_pictures.READERS}
