"""Resources are found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from defectstudio.domain import resources
from defectstudio.domain.errors import InternalError


def _layout(root: Path, *, inside: bool) -> Path:
    package = root / "defectstudio"
    shipped = (package if inside else root) / "resources" / "icons"
    shipped.mkdir(parents=True)
    (shipped / "brush.svg").write_text("<svg/>", encoding="utf-8")
    return package


@pytest.mark.parametrize("inside", [True, False])
def test_finds_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    package = _layout(tmp_path, inside=inside)
    package.mkdir(exist_ok=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    found = resources.resource("icons", "brush.svg")
    assert found.read_text(encoding="utf-8") == "<svg/>"
    assert found.is_relative_to(package if inside else tmp_path / "resources")


def test_a_missing_file_is_our_fault() -> None:
    with pytest.raises(InternalError, match="no-such-file"):
        resources.resource("no-such-file")


def test_this_installation_has_its_resources() -> None:
    assert resources.resource().is_dir()
