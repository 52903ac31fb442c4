"""An audit of four images whose flaws are known by their making."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.auditing import AuditSettings, AuditSpec, AuditTarget, Flaw, Ground
from defectstudio.domain.errors import ImageError
from defectstudio.domain.events import Finished, Stopped
from defectstudio.domain.files import write_json
from defectstudio.domain.recipe import Defect, EncodedMask, Recipe, SampleManifest
from defectstudio.evaluation.auditing import Auditor
from defectstudio.imaging.reading import write_png
from defectstudio.worker.audit import audit

PLATE = np.full((60, 80, 3), 100, np.uint8)


def box(image, top, left, side, value):
    made = image.copy()
    made[top : top + side, left : left + side] = value
    return made


@pytest.fixture
def targets(tmp_path):
    """real: true; bare: an empty label; good: a sample that is true; bad: one whose label lies
    beside its change and outside the region."""
    label = np.zeros((60, 80), np.uint8)
    recipe = tmp_path / "recipe.json"
    defect = Defect(1, 0, EncodedMask(1, 1, (0, 1)), 0, 0, "feed")
    write_json(recipe, SampleManifest(Recipe("b", (defect,)), "i", "l", "p"))
    write_png(tmp_path / "plate.png", PLATE)
    write_png(tmp_path / "region.png", np.arange(80)[None].repeat(60, 0) < 40)

    def add(name, image, plane, **more):
        write_png(tmp_path / f"{name}.png", image)
        write_png(tmp_path / f"{name}_label.png", plane)
        return AuditTarget(name, tmp_path / f"{name}.png", tmp_path / f"{name}_label.png", **more)

    sample = {
        "background": tmp_path / "plate.png",
        "region": tmp_path / "region.png",
        "recipe": recipe,
    }
    return (
        add("good", box(PLATE, 10, 10, 12, 140), box(label, 10, 10, 12, 1), sample=7, **sample),
        add("real", box(PLATE, 30, 10, 12, 60), box(label, 30, 10, 12, 1)),
        add("bare", PLATE, label),
        add("bad", box(PLATE, 10, 10, 12, 140), box(label, 40, 50, 12, 1), sample=8, **sample),
    )


@pytest.fixture
def spec(targets, tmp_path):
    grounds = (Ground("plate", tmp_path / "plate.png"),)
    return AuditSpec(tmp_path, "plates", {1: "dent"}, targets, grounds)


def test_an_audit_leaves_the_worst_first(spec, make_owner):
    owner = make_owner()
    audit(spec, owner)
    assert isinstance(owner.events[-1], Finished) and owner.events[-1].summary["findings"] == 2
    told = json.loads((spec.run / "report/audit.json").read_text())
    flaws = {one["name"]: [f["flaw"] for f in one["findings"]] for one in told["images"]}
    assert flaws == {
        "bare": [Flaw.EMPTY],
        "bad": [Flaw.OUTSIDE_REGION, Flaw.FAINT, Flaw.UNCHANGED, Flaw.HALO],
        "good": [],
        "real": [],
    }
    assert list(flaws)[:2] == ["bare", "bad"]
    assert [one["sample"] for one in told["images"]] == [None, 8, 7, None]
    # The real defect lies left, the made ones elsewhere.
    assert told["plan"] == [{"class_name": "dent", "count": 4, "backgrounds": []}]
    page = (spec.run / "report/audit.html").read_text("utf-8")
    assert "2 of 4 images have a finding; 1 of 3 cells" in page
    assert page.count("<img") == 2 and "100% of the labeled pixels" in page


def test_the_same_audit_is_the_same(spec, make_owner, tmp_path):
    files = [tmp_path / "report" / f"audit.{end}" for end in ("json", "html")]
    audit(spec, make_owner())
    first = [file.read_bytes() for file in files]
    audit(spec, make_owner())
    assert first == [file.read_bytes() for file in files]


def test_an_audit_stops_when_asked(spec, make_owner):
    owner = make_owner(patience=2)
    audit(spec, owner)
    assert isinstance(owner.events[-1], Stopped)
    assert not (spec.run / "report").exists()


def test_few_are_shown_where_few_are_wanted(spec, make_owner):
    audit(replace(spec, settings=AuditSettings(shown=1)), make_owner())
    page = (spec.run / "report/audit.html").read_text("utf-8")
    assert page.count("<img") == 1 and "1 more are in audit.json" in page


def test_a_sample_on_a_background_of_another_depth_is_not_compared(spec, tmp_path):
    write_png(tmp_path / "plate.png", PLATE.astype(np.uint16))
    found = Auditor(spec, torch.device("cpu")).audit(spec.targets[3])
    assert [one.flaw for one in found.findings] == [Flaw.OUTSIDE_REGION, Flaw.FAINT]


def test_labels_and_recipes_that_cannot_be_used_are_named(spec, tmp_path):
    auditor = Auditor(spec, torch.device("cpu"))
    write_png(tmp_path / "real_label.png", np.ones((5, 5), np.uint8))
    with pytest.raises(ImageError, match="the label has 5 x 5 pixels"):
        auditor.audit(spec.targets[1])
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(ImageError, match="recipe cannot be read"):
        auditor.audit(spec.targets[0])


def test_a_sample_that_shows_a_training_content_is_a_copy(spec, targets):
    class Guard:
        def near(self, index, contents, background):
            (content,) = contents
            assert (index, content.top, content.left) == (0, 10, 10)
            assert content.pixels == pytest.approx(140 / 255) and background.shape == PLATE.shape
            return np.array([0.25])

    class Knowing:
        guard = Guard()
        card = type("Card", (), {"classes": {1: "dent"}, "values": {1: 0.0}})

    auditor = Auditor(spec, torch.device("cpu"))
    auditor._loaded["feed"] = Knowing()
    (found,) = auditor.audit(targets[0]).findings
    assert (found.flaw, found.value, found.limit) == (Flaw.COPY, 0.25, 1)
    quiet = Auditor(replace(spec, settings=AuditSettings(guard=False)), torch.device("cpu"))
    quiet._loaded = auditor._loaded
    assert not quiet.audit(targets[0]).findings
