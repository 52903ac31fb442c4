"""The bill of materials, against the schema of CycloneDX and the libraries installed here."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import numpy
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from freezing import materials


@pytest.fixture(scope="module")
def bill(tmp_path_factory):
    desk = tmp_path_factory.mktemp("desk")
    sources = [numpy.__file__, yaml.__file__, __file__]
    (desk / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    return materials.write(desk, "1.2", desk).read_text(encoding="utf-8")


def test_it_is_what_the_schema_demands(bill):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None


def test_it_names_what_files_were_taken_from_and_nothing_else(bill):
    told = json.loads(bill)
    assert told["metadata"]["component"]["name"] == "defectstudio"
    assert told["metadata"]["component"]["version"] == "1.2"
    found = {one["name"]: one["version"] for one in told["components"]}
    assert found.keys() == {"CPython", "numpy", "pyyaml"}
    assert found["numpy"] == numpy.__version__


def test_every_part_has_an_address_and_a_licence(bill):
    for one in json.loads(bill)["components"]:
        assert one["purl"].endswith(f"@{one['version']}")
        assert one["licenses"]


def test_all_are_parts_of_the_application(bill):
    told = json.loads(bill)
    (whole,) = (one for one in told["dependencies"] if one["ref"] == "pkg:pypi/defectstudio@1.2")
    assert set(whole["dependsOn"]) == {one["bom-ref"] for one in told["components"]}


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: BSD-3-Clause\nLicense: whatever\n", "BSD-3-Clause"),
        ("License: MIT\n", "MIT"),
        (
            "License: all of\n        it\nClassifier: License :: OSI Approved :: MIT License\n",
            "MIT License",
        ),
        ("License: UNKNOWN\n", "not stated, see its files"),
        ("", "not stated, see its files"),
    ],
)
def test_a_licence_is_read_wherever_it_is_told(tmp_path, metadata, licence):
    folder = tmp_path / "one-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: one\nVersion: 1.0\n{metadata}")
    assert materials.licence_of(importlib.metadata.PathDistribution(folder)) == licence


def test_a_licence_that_is_told_nowhere_else_is_read_from_its_text(tmp_path):
    folder = tmp_path / "one-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
    (folder / "LICENSE.txt").write_text("\n   Apache License\n  Version 2.0\n")
    (folder / "RECORD").write_text("one-1.0.dist-info/LICENSE.txt,,\n")
    assert materials.licence_of(importlib.metadata.PathDistribution(folder)) == "Apache License"


def test_libraries_of_the_system_are_named_by_their_package(monkeypatch):
    said = {
        "--search": "libssl3:amd64: /usr/lib/x/libssl.so.3\nno path found\n",
        "--show": "libssl3\t3.0.1\n",
    }
    monkeypatch.setattr(materials, "_said", lambda *words: said[words[1]])
    bill = materials.describe([Path("/usr/lib/x/libssl.so.3")], "1")
    (one,) = (part for part in bill.components if part.name == "libssl3")
    assert str(one.purl) == "pkg:deb/debian/libssl3@3.0.1"


def test_without_debians_tools_they_are_left_out(monkeypatch):
    def absent(*words):
        raise FileNotFoundError(words[0])

    monkeypatch.setattr(materials, "_said", absent)
    bill = materials.describe([Path("/usr/lib/x/libssl.so.3")], "1")
    assert {part.name for part in bill.components} == {"CPython"}
