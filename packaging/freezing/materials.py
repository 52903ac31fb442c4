"""The bill of materials: what the application was put together from, as CycloneDX.

Not what lies in the environment of the build, but what was taken from it: every file that
PyInstaller took is traced to the distribution, or the system's package, that brought it.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name

NAME = "defectstudio"
_LICENCE = "Apache-2.0"
_UNKNOWN = "not stated, see its files"
_PREFIX = "License :: "


def write(desk: Path, version: str, out: Path) -> Path:
    """The bill of desk/dist by the list that the build left; the file in `out`."""
    sources = [Path(name) for name in json.loads((desk / "sources.json").read_text("utf-8"))]
    bill = describe(sources, version)
    file = out / f"{NAME}-{version}.cdx.json"
    beside = file.with_name(file.name + ".part")
    beside.write_text(JsonV1Dot6(bill).output_as_string(indent=1), encoding="utf-8")
    return beside.replace(file)


def describe(sources: Iterable[Path], version: str) -> Bom:
    """The bill of an application made of these files."""
    whole = Component(
        name=NAME,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=f"pkg:pypi/{NAME}@{version}",
        licenses=[LicenseFactory().make_from_string(_LICENCE)],
    )
    parts = [_python(), *map(_library, distributions_of(sources)), *_of_the_system(sources)]
    bill = Bom(components=parts)
    bill.metadata.component = whole
    bill.register_dependency(whole, parts)
    return bill


def distributions_of(sources: Iterable[Path]) -> list[Distribution]:
    """The installed distributions that any of the files belongs to, by name; but our own."""
    wanted = {str(path.resolve()) for path in sources}
    found: dict[str, Distribution] = {}
    for one in importlib.metadata.distributions():
        root = Path(str(one.locate_file(""))).resolve()
        if any(os.path.normpath(root / file) in wanted for file in one.files or ()):
            found[str(canonicalize_name(one.metadata["Name"]))] = one
    found.pop(NAME, None)
    return [found[name] for name in sorted(found)]


def licence_of(one: Distribution) -> str:
    """What a distribution says of its licence: an expression, a name, or its classifiers."""
    about = one.metadata.json
    for field in ("license_expression", "license"):
        told = str(about.get(field, "")).strip()
        # Some put the whole text there.
        if told and "\n" not in told and told != "UNKNOWN":
            return told
    classed = [
        line.rpartition(" :: ")[2]
        for line in one.metadata.get_all("Classifier", [])
        if line.startswith(_PREFIX)
    ]
    return " and ".join(classed) or _headline(one)


def _headline(one: Distribution) -> str:
    """How the text of the licence begins."""
    for file in one.files or ():
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            lines = file.read_text().split("\n")
            return next((line.strip() for line in lines if line.strip()), _UNKNOWN)
    return _UNKNOWN


def _library(one: Distribution) -> Component:
    name, version = canonicalize_name(one.metadata["Name"]), one.version
    link = PackageURL("pypi", name=name, version=version)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=link,
        bom_ref=link.to_string(),
        description=str(one.metadata.json.get("summary", "")),
        licenses=[LicenseFactory().make_from_string(licence_of(one))],
    )


def _python() -> Component:
    version = platform.python_version()
    link = PackageURL("generic", name="cpython", version=version)
    return Component(
        name="CPython",
        version=version,
        type=ComponentType.PLATFORM,
        purl=link,
        bom_ref=link.to_string(),
        licenses=[LicenseFactory().make_from_string("Python-2.0")],
    )


def _of_the_system(sources: Iterable[Path]) -> list[Component]:
    """Debian's packages that libraries were taken from; none on another system."""
    resolved = [path.resolve() for path in sources if path.is_absolute()]
    files = [str(path) for path in resolved if path.is_relative_to("/usr/lib")]
    if not files:
        return []
    try:
        # Packages from before /lib became a link to /usr/lib name the file there.
        told = _said("dpkg-query", "--search", *files, *(one.removeprefix("/usr") for one in files))
    except FileNotFoundError:
        return []
    packages = sorted({line.split(":")[0] for line in told.splitlines() if ": /" in line})
    form = "${Package}\t${Version}\n"
    versions = _said("dpkg-query", "--show", f"--showformat={form}", *packages) if packages else ""
    return [_of_debian(*line.split("\t")) for line in versions.splitlines()]


def _of_debian(name: str, version: str) -> Component:
    link = PackageURL("deb", "debian", name, version)
    where = f"see /usr/share/doc/{name}/copyright"
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=link,
        bom_ref=link.to_string(),
        licenses=[LicenseFactory().make_from_string(where)],
    )


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
