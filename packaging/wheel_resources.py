"""Build hook: a wheel carries resources/ as defectstudio/resources."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelResources(BuildHookInterface[Any]):
    """Adds the resources to a real wheel and leaves an editable install without a stale copy."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; version is "standard" or "editable"."""
        if version != "editable":
            build_data["force_include"]["resources"] = "defectstudio/resources"
