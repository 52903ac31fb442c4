from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.errors import ExportError
from defectstudio.domain.files import sha256_file, write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.exchange.card import Audit, Facts, Maker, limits, read_facts, write_card
from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.exchange.manifest import changed, read_manifest
from defectstudio.imaging.reading import write_png

MAKER = Maker("mine", "dcdganc", "feed", 3, "train", ("crack",), "Shipped.")
FACTS = Facts(
    "plates", (MAKER,), Audit(2, 1, {"changed, but not labeled": 1}), {"rejected samples": 4}
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two good pictures of one part, one crack, and a made crack in the test split."""
    plate, label = np.full((20, 30), 9, np.uint8), np.zeros((20, 30), np.uint8)
    label[3:6, 3:6] = 1
    write_png(tmp_path / "plate.png", plate)
    write_png(tmp_path / "label.png", label)
    defects = tuple(Defect(1, n, EncodedMask(1, 1, (0, 1)), 0, 0, "feed") for n in (5, 8))
    recipe = Recipe("back", defects, versions={"numpy": "2"})
    write_json(tmp_path / "recipe.json", SampleManifest(recipe, "i", "l", "p"))

    def entry(name: str, label: bool, split: str | None, group: str, made: bool) -> ExportEntry:
        plane = tmp_path / "label.png" if label else None
        recipe = tmp_path / "recipe.json" if made else None
        return ExportEntry(name, tmp_path / "plate.png", plane, "plate", split, made, recipe, group)

    entries = (
        entry("a", False, "train", "one", False),
        entry("b", False, "train", "one", False),
        entry("card", True, None, "two", False),
        entry("made", True, "test", "three", True),
    )
    request = ExportRequest(entries, {1: "crack", 2: "dent"})
    export("png", request, tmp_path / "out", beside=lambda folder: write_card(folder, FACTS))
    return tmp_path / "out"


def test_a_card_says_what_an_export_holds(out):
    card = json.loads((out / "card.json").read_text("utf-8"))
    assert card["manifest_sha256"] == sha256_file(out / "manifest.json")
    assert "card.json" not in json.loads((out / "manifest.json").read_text())["files"]
    counts = card["counts"]
    assert (counts["images"], counts["real"], counts["made"]) == (4, 3, 1)
    assert counts["by_split"] == {"train": {"real": 2}, "none": {"real": 1}, "test": {"made": 1}}
    assert counts["by_class"]["crack"] == {"real": 1, "real none": 1, "made": 1, "made test": 1}
    assert counts["by_class"]["good"] == {"real": 2, "real train": 2}
    assert card["groups"] == {"parts": 3, "in_several_splits": 0}
    assert card["pictures"]["commonest"] == {"30 x 20": 4}
    assert card["pictures"]["kinds"] == {"8 bit, 1 channels": 4}
    samples = card["samples"]
    assert (samples["seeds"], samples["least_seed"], samples["largest_seed"]) == (2, 5, 8)
    assert (samples["generators"], samples["versions"]) == ({"feed": 1}, {"numpy 2": 1})
    assert read_facts(out) == FACTS


def test_a_card_tells_the_limits(out):
    told = list(limits(read_manifest(out), FACTS))
    assert told == [
        "4 rejected samples were left out.",
        "There are only 1 real images of crack.",
        "There are only 0 real images of dent.",
        "1 made samples are in the test split: judge on the real ones alone.",
        "1 images have no split.",
        "mine was trained on only 3 images.",
        "mine: Shipped.",
        "The audit found in 1 images: changed, but not labeled.",
        "The audit looked at 2 of 4 images (those with labels).",
        "Licence and terms of the sources are not stated.",
    ]
    page = (out / "card.html").read_text("utf-8")
    assert all(sentence in page for sentence in told)
    bare = list(limits(read_manifest(out), Facts("plates", terms="CC BY 4.0")))
    assert bare[-1].startswith("The labels were not audited")


def test_the_same_export_and_facts_make_the_same_card(out):
    files = [out / "card.json", out / "card.html"]
    before = [file.read_bytes() for file in files]
    write_card(out, FACTS)
    assert [file.read_bytes() for file in files] == before


def test_what_cannot_be_read_is_named(out):
    assert read_facts(out / "images") is None
    (out / "card.json").write_text("{}")
    with pytest.raises(ExportError, match="the card cannot be read"):
        read_facts(out)
    (out / "recipes/made.json").write_text("[]")
    with pytest.raises(ExportError, match="a recipe of the export cannot be read"):
        write_card(out, FACTS)
    assert changed(out, read_manifest(out), ["recipes/made.json", "images/a.png", "gone"]) == (
        "gone",
        "recipes/made.json",
    )
    (out / "manifest.json").write_text('{"images": [{"image": "../x"}]}')
    with pytest.raises(ExportError, match="no whole export"):
        write_card(out, FACTS)
