"""All readers by name."""

from __future__ import annotations

from tests.fuzz import of_exchange, of_models, of_pictures, of_projects

READERS = {
    **of_exchange.READERS,
    **of_pictures.READERS,
    **of_projects.READERS,
    **of_models.READERS,
}
