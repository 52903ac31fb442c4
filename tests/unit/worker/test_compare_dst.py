"""The handler of the protocol "dst": an untrained network is histogram match."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from defectstudio.domain.comparisons import CompareDstSpec, DstSettings, TransferredGenerator
from defectstudio.domain.errors import UserError
from defectstudio.domain.events import Artifact, Finished, Stopped
from defectstudio.domain.files import to_json
from defectstudio.domain.specs import BackgroundFile
from defectstudio.evaluation.dst import Transfer
from defectstudio.imaging.reading import write_png
from defectstudio.training.references import cut_references
from defectstudio.worker.__main__ import _handle, _read
from defectstudio.worker.compare_dst import compare_dst

CPU = torch.device("cpu")


@pytest.fixture
def spec(tmp_path, tiny_files, tiny_of_kind):
    rng = np.random.default_rng(5)
    write_png(tmp_path / "b.png", rng.integers(110, 140, (120, 140, 3), dtype=np.uint8))
    return CompareDstSpec(
        run=tmp_path / "run",
        project="p",
        item="tile",
        generators=(TransferredGenerator("net", tiny_of_kind("dst"), tiny_files),),
        shapes=tiny_files,
        backgrounds=(BackgroundFile(tmp_path / "b.png", "b" * 64),),
        background_split="test",
        settings=DstSettings(count=2, sheet=1),
    )


def test_a_job_file_becomes_a_report(spec, make_owner):
    spec.run.mkdir()
    (spec.run / "job.json").write_text(to_json(spec))
    read = _read(spec.run / "job.json")
    assert read == spec
    owner = make_owner()
    _handle(read, owner)
    paths = [e.path for e in owner.events if isinstance(e, Artifact)]
    assert paths == ["report/dst.json", "report/dst.html"]
    assert isinstance(owner.events[-1], Finished)
    arms = owner.events[-1].summary["arms"]
    assert [one["name"] for one in arms] == ["net, hole", "net, scratch"]
    assert "DST 0% nearer" in arms[0]["sentence"] and "flatters" in arms[0]["sentence"]
    assert arms[0]["figures"] == {"efficientnet-lite0 DST": pytest.approx(1, abs=0.02)}

    data = json.loads((spec.run / "report" / "dst.json").read_text())
    assert data["references"] == {"net": [file.sha256 for file in spec.generators[0].references]}
    hole = data["result"][0]
    assert hole["placements"] == 2
    (judged,) = hole["judged"]  # the training's own network is the second one as well
    assert judged["own"] and judged["features"] == "efficientnet-lite0"
    assert judged["ratio_hist"] == {"DST": pytest.approx(1, abs=0.02)}  # it adds nothing yet
    match, surface = judged["distances"]["histogram match"], judged["distances"]["surface"]
    assert sum(match["hist"].values()) < sum(surface["hist"].values())
    assert set(surface["gram_surface"].values()) == {0.0}
    for arm in ("histogram match", "DST"):
        assert hole["labels"][arm]["outside_region"] == 0
        assert hole["rim"][arm] > 0 and hole["seconds"][arm] > 0
    page = (spec.run / "report" / "dst.html").read_text()
    assert page.count("<img") == 2 and "histogram match, DST" in page


def test_refined_contents_stand_beside_those_of_the_network(spec, make_owner):
    wanted = replace(spec.settings, count=1, polish=8)
    compare_dst(replace(spec, settings=wanted), make_owner())
    hole = json.loads((spec.run / "report" / "dst.json").read_text())["result"][0]
    ratios = hole["judged"][0]["ratio_hist"]
    assert list(ratios) == ["DST", "DST refined"] and ratios["DST refined"] < 0.95 * ratios["DST"]
    assert hole["labels"]["DST refined"]["outside_region"] == 0
    page = (spec.run / "report" / "dst.html").read_text()
    assert "histogram match, DST, DST refined" in page and "net, hole: DST refined" in page


def test_two_networks_judge_each_by_its_own_layers(spec, vgg16_file, make_owner):
    wanted = replace(spec.settings, count=1, features="vgg16-hed", feature_weights=vgg16_file)
    owner = make_owner()
    compare_dst(replace(spec, settings=wanted), owner)
    hole = json.loads((spec.run / "report" / "dst.json").read_text())["result"][0]
    first, second = hole["judged"]
    assert [first["features"], second["features"]] == ["vgg16-hed", "efficientnet-lite0"]
    assert [first["own"], second["own"]] == [False, True]
    assert "relu4_1" in first["distances"]["DST"]["hist"]
    assert "stride4" in second["distances"]["DST"]["hist"]
    page = (spec.run / "report" / "dst.html").read_text()
    assert "By vgg16-hed." in page and "By efficientnet-lite0." in page
    assert "vgg16-hed; DST" in owner.events[-1].summary["arms"][0]["sentence"].replace(")", "")
    alone = replace(wanted, second="none")
    compare_dst(replace(spec, settings=alone), make_owner())
    hole = json.loads((spec.run / "report" / "dst.json").read_text())["result"][0]
    assert [one["features"] for one in hole["judged"]] == ["vgg16-hed"]


def test_a_stop_leaves_no_report(spec, make_owner):
    owner = make_owner(patience=2)
    compare_dst(spec, owner)
    assert owner.events[-1] == Stopped("cancelled", 2)
    assert not (spec.run / "report").exists()


def test_backgrounds_that_are_too_small_are_said(spec, tmp_path, make_owner):
    write_png(tmp_path / "s.png", np.full((6, 6, 3), 120, np.uint8))
    small = (BackgroundFile(tmp_path / "s.png", "c" * 64),)
    owner = make_owner()
    with pytest.raises(UserError, match="larger normal images"):
        compare_dst(replace(spec, backgrounds=small), owner)


def test_references_are_shown_and_judged_as_the_images_are(spec, tiny_files, tiny_of_kind):
    """Finished images are absolute, whatever tone their contents were made in."""
    known = replace(spec.generators[0], folder=tiny_of_kind("dst", tone="relative"))
    transfer = Transfer(replace(spec, generators=(known,)), CPU, lambda: None, lambda _: None)
    transfer.run(transfer.load())
    absolute = [one.pixels for one in cut_references(tiny_files, [1, 2], "absolute")]
    for row in transfer.rows:
        assert any(np.array_equal(row.pictures[0], pixels) for pixels in absolute)


def test_references_whose_labels_changed_are_refused(spec, tiny_files, make_owner):
    fewer = replace(spec.generators[0], references=tiny_files[:2])
    with pytest.raises(UserError, match="train the generator again"):
        compare_dst(replace(spec, generators=(fewer,)), make_owner())


def test_a_background_that_was_trained_on_is_said(spec, tiny_normals, make_owner):
    owner = make_owner()
    compare_dst(replace(spec, backgrounds=(*spec.backgrounds, *tiny_normals)), owner)
    assert "was trained on" not in (spec.run / "report" / "dst.html").read_text()
    folder = spec.generators[0].folder
    card = json.loads((folder / "generator.json").read_text())
    card["trained_on"] = [file.sha256 for file in tiny_normals]
    (folder / "generator.json").write_text(json.dumps(card))
    compare_dst(replace(spec, backgrounds=(*spec.backgrounds, *tiny_normals)), owner)
    page = (spec.run / "report" / "dst.html").read_text()
    assert "net was trained on 3 of these normal images" in page
