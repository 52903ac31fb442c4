"""Build hook: a wheel carries resources/ and the compiled core of blending.

An editable install finds resources/ in the checkout, and gets the core beside its source.
"""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))  # hatchling loads this file alone.

import kernel_build
import wheel_tag

_PLACE = "defectstudio/imaging/kernel"


class BuildHook(BuildHookInterface[Any]):
    """Adds to a real wheel what is not there as a file of the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; version is "standard" or "editable"."""
        if version == "editable":
            kernel_build.build_or_tell(Path(self.root, _PLACE))
            return
        build_data["force_include"]["resources"] = "defectstudio/resources"
        # Never the one in the checkout: it may be of another source or machine.
        desk = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, desk, ignore_errors=True)
        built = kernel_build.build_or_tell(Path(desk))
        if built is not None:
            build_data["force_include"][str(built)] = f"{_PLACE}/{built.name}"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{wheel_tag.platform_of(built)}"
