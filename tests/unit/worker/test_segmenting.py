"""Handlers of segmenters: training and going on, judgement, predictions, ONNX."""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from defectstudio.domain.errors import CheckpointError, InternalError, JobError, UserError
from defectstudio.domain.events import Artifact, Finished, Log, Stopped
from defectstudio.domain.files import to_json, write_json
from defectstudio.domain.segmenters import CARD, WEIGHTS, SegmenterConfig
from defectstudio.domain.segmenting import (
    EvaluateSpec,
    ExportOnnxSpec,
    PredictSpec,
    TrainSegmenterSpec,
)
from defectstudio.domain.specs import Example
from defectstudio.domain.spread import SpreadSettings
from defectstudio.imaging.reading import read_image, read_label, write_png
from defectstudio.networks.segmenters.loading import load_segmenter
from defectstudio.worker import export_onnx
from defectstudio.worker.__main__ import _handle, _read

CPU = torch.device("cpu")
CONFIG = SegmenterConfig(
    pretrained=False, width=8, crop=64, batch=2, steps=4, checkpoint_every=2, preview_every=2,
    autocast="off",
)  # fmt: skip
CLASSES = {1: "hole", 2: "scratch"}


@pytest.fixture
def every(tmp_path, tiny_files):
    """The tiny labeled images and two grey ones without a defect."""
    rng = np.random.default_rng(5)
    made = [Example(f.image, f.label, f.sha256, f"part {n}") for n, f in enumerate(tiny_files)]
    for n in range(2):
        path = tmp_path / f"normal{n}.png"
        write_png(path, rng.integers(110, 140, (70, 100, 3), dtype=np.uint8))
        made.append(Example(path, None, f"{n + 7}" * 64, f"normal {n}"))
    return tuple(made)


@pytest.fixture
def spec(tmp_path, every, tiny_files):
    return TrainSegmenterSpec(
        run=tmp_path / "run",
        name="eye",
        item="tile",
        classes=CLASSES,
        training=every,
        validation=every[:2],
        samples=tiny_files[:1],
        config=CONFIG,
    )


@pytest.fixture
def through_file(make_owner):
    """handle(spec, patience) -> the owner of the spec read back from its job file."""

    def handle(spec, patience=10_000):
        spec.run.mkdir(parents=True, exist_ok=True)
        (spec.run / "job.json").write_text(to_json(spec))
        assert _read(spec.run / "job.json") == spec
        owner = make_owner(patience)
        _handle(spec, owner)
        return owner

    return handle


@pytest.fixture
def trained(spec, through_file):
    through_file(spec)
    return spec.run / "segmenter"


def judging(trained, every, tmp_path, **changes):
    spec = EvaluateSpec(
        run=tmp_path / "judged",
        item="tile",
        name="eye",
        segmenter=trained,
        classes=CLASSES,
        examples=every,
        split="test",
        seen=0,
    )
    return replace(spec, **changes)


def assert_between(said, threshold, where, pixels):
    """A level is some 1e-4 of a probability wide: of what lies as near to the threshold either is
    right."""
    probability = said / 65535
    sure = (where & (probability >= threshold + 2e-4)).sum()
    assert sure <= pixels <= (where & (probability >= threshold - 2e-4)).sum()


@pytest.mark.parametrize("multiclass", [False, True])
def test_a_training_leaves_a_segmenter_that_loads(spec, through_file, multiclass):
    owner = through_file(replace(spec, config=replace(CONFIG, multiclass=multiclass)))
    assert [e.path for e in owner.events if isinstance(e, Artifact)][-1] == "segmenter"
    assert isinstance(owner.events[-1], Finished) and (spec.run / "preview_0000004.png").exists()
    loaded = load_segmenter(spec.run / "segmenter", CPU)
    card = loaded.card
    assert (card.real, card.made, card.channels, card.classes) == (5, 1, 3, CLASSES)
    assert set(card.trained_on) == {one.sha256 for one in spec.training}
    assert 0 < card.threshold < 1
    logits = loaded.logits(np.full((50, 70), 128, np.uint8))
    assert logits.shape == (50, 70, 2 if multiclass else 1)


def test_a_stopped_training_goes_on_to_the_same_weights(spec, tmp_path, through_file):
    through_file(spec)
    other = replace(spec, run=tmp_path / "other")
    assert isinstance(through_file(other, patience=6).events[-1], Stopped)
    assert not (other.run / "segmenter").exists()
    through_file(replace(other, resume=True))
    whole, resumed = (load_segmenter(run / "segmenter", CPU) for run in (spec.run, other.run))
    assert whole.card.weights_sha256 == resumed.card.weights_sha256
    with pytest.raises(CheckpointError, match="other samples"):
        through_file(replace(other, resume=True, samples=()))


def test_what_is_no_segmenter_is_refused(trained):
    card = json.loads((trained / CARD).read_text())
    write_json(trained / CARD, {**card, "config": {**card["config"], "width": 16}})
    with pytest.raises(CheckpointError, match="do not fit"):
        load_segmenter(trained, CPU)
    (trained / WEIGHTS).write_bytes(b"others")
    with pytest.raises(CheckpointError, match="not those"):
        load_segmenter(trained, CPU)
    (trained / CARD).write_text("{")
    with pytest.raises(CheckpointError, match="no usable segmenter"):
        load_segmenter(trained, CPU)


def test_a_judgement_tells_figures_and_leaves_probabilities(trained, every, tmp_path, through_file):
    spec = judging(trained, every, tmp_path, seen=2)
    owner = through_file(spec)
    assert "mean F1 of the classes" in owner.events[-1].summary["sentence"]
    data = json.loads((spec.run / "report" / "evaluate.json").read_text())
    assert set(data["figures"]["classes"]) == {"hole", "scratch", "all classes"}
    threshold = load_segmenter(trained, CPU).card.threshold
    for row, example in zip(data["by_image"], every, strict=True):
        said = read_image(spec.run / "predictions" / row["prediction"])
        truth = read_label(example.label) > 0 if example.label else np.zeros(said.shape, bool)
        assert said.dtype == np.uint16
        assert_between(said, threshold, truth, row["hits"])
        assert_between(said, threshold, ~truth, row["false_alarms"])
        assert row["peak"] == pytest.approx(said.max() / 65535, abs=1e-5)
    pooled = data["sweeps"]["all classes"]
    at_kept = int(np.argmin(np.abs(np.array(data["thresholds"]) - threshold)))
    assert data["thresholds"][at_kept] == pytest.approx(threshold)
    assert pooled["hits"][at_kept] == sum(row["hits"] for row in data["by_image"])
    assert pooled["false_alarms"][at_kept] == sum(row["false_alarms"] for row in data["by_image"])
    page = (spec.run / "report" / "evaluate.html").read_text()
    assert page.count("<svg") == 3 and page.count("<img") == 1 and "parts of 2 of these" in page


def test_good_images_alone_give_no_figure_but_a_clear_word(trained, every, tmp_path, through_file):
    owner = through_file(judging(trained, every[3:], tmp_path))
    assert "none of which shows a labeled defect" in owner.events[-1].summary["sentence"]


@pytest.mark.usefixtures("one_thread")
def test_several_processes_judge_as_one_does(trained, every, tmp_path, through_file):
    alone = judging(trained, every, tmp_path)
    shared = replace(alone, run=tmp_path / "shared", spread=SpreadSettings(processes=2))
    for spec in (alone, shared):
        assert isinstance(through_file(spec).events[-1], Finished)
    one, other = (
        json.loads((r.run / "report" / "evaluate.json").read_text()) for r in (alone, shared)
    )
    assert one == other
    for image in (alone.run / "predictions").iterdir():
        assert image.read_bytes() == (shared.run / "predictions" / image.name).read_bytes()


def test_a_judgement_can_be_stopped(trained, every, tmp_path, through_file):
    spec = judging(trained, every, tmp_path)
    assert isinstance(through_file(spec, patience=3).events[-1], Stopped)
    assert not (spec.run / "report").exists()


@pytest.fixture
def new_pictures(tmp_path):
    """A colour one, a grey 16-bit one, and a torn one."""
    folder = tmp_path / "new"
    rng = np.random.default_rng(1)
    write_png(folder / "a.png", rng.integers(0, 255, (40, 50, 3), np.uint8))
    write_png(folder / "b.png", rng.integers(0, 65535, (33, 64), np.uint16))
    (folder / "torn.png").write_bytes(b"no picture")
    return tuple(sorted(folder.iterdir()))


@pytest.mark.parametrize("threshold", [0.0, 1.0, None])
def test_predictions_are_masks_probabilities_and_overlays(
    trained, new_pictures, tmp_path, through_file, threshold
):
    names = ("a", "deep/b", "torn")
    spec = PredictSpec(tmp_path / "out", trained, new_pictures, names, threshold)
    owner = through_file(spec)
    summary = owner.events[-1].summary
    shown = {0.0: 2, 1.0: 0}.get(threshold, summary["with_defects"])
    assert summary == {"images": 3, "with_defects": shown, "failed": 1}
    assert ["torn.png" in e.text for e in owner.events if isinstance(e, Log)] == [True]
    data = json.loads((spec.run / "predictions" / "predictions.json").read_text())
    kept = load_segmenter(trained, CPU).card.threshold if threshold is None else threshold
    assert data["threshold"] == kept
    for row, size in zip(data["images"], ((40, 50), (33, 64)), strict=False):
        folder = spec.run / "predictions"
        mask = read_label(folder / "masks" / f"{row['name']}.png")
        said = read_image(folder / "probabilities" / f"{row['name']}.png")
        over = read_image(folder / "overlays" / f"{row['name']}.png")
        assert mask.shape == said.shape == size and over.shape == (*size, 3)
        assert int((mask > 0).sum()) == row["pixels"]
        assert_between(said, kept, np.ones_like(mask, bool), row["pixels"])
        assert len(row["boxes"]) == row["defects"]
    assert "error" in data["images"][2]


def test_a_class_a_pixel_where_the_segmenter_tells_them(spec, new_pictures, tmp_path, through_file):
    through_file(replace(spec, config=replace(CONFIG, multiclass=True)))
    wanted = PredictSpec(tmp_path / "out", spec.run / "segmenter", new_pictures[:1], ("a",), 0.0)
    through_file(wanted)
    mask = read_label(wanted.run / "predictions" / "masks" / "a.png")
    assert set(np.unique(mask)) <= set(CLASSES)
    example = Example(new_pictures[0], None, "9" * 64, "part")
    judged = judging(wanted.segmenter, (example,), tmp_path)
    through_file(judged)
    (row,) = json.loads((judged.run / "report" / "evaluate.json").read_text())["by_image"]
    np.testing.assert_array_equal(read_label(judged.run / "predictions" / row["kinds"]), mask)


def test_predictions_can_be_stopped(trained, new_pictures, tmp_path, through_file):
    spec = PredictSpec(tmp_path / "out", trained, new_pictures[:2], ("a", "b"))
    assert isinstance(through_file(spec, patience=1).events[-1], Stopped)
    assert not (spec.run / "predictions" / "predictions.json").exists()


def test_onnx_gives_the_same_probabilities(trained, tmp_path, through_file):
    spec = ExportOnnxSpec(tmp_path / "onnx", trained)
    owner = through_file(spec)
    assert owner.events[-1].summary["largest_difference"] < 1e-5
    session = onnxruntime.InferenceSession(
        str(spec.run / "segmenter.onnx"), providers=["CPUExecutionProvider"]
    )
    image = np.random.default_rng(0).random((1, 3, 64, 96), np.float32)
    (said,) = session.run(None, {"image": image})
    loaded = load_segmenter(trained, CPU)
    logits = loaded.net(torch.from_numpy(image)).detach().numpy()
    assert np.abs(said - 1 / (1 + np.exp(-logits))).max() < 1e-5
    told = session.get_modelmeta().custom_metadata_map
    assert float(told["threshold"]) == loaded.card.threshold
    assert json.loads(told["classes"]) == {"1": "hole", "2": "scratch"}


def test_an_export_that_differs_or_cannot_be_made_leaves_no_file(
    trained, tmp_path, monkeypatch, through_file
):
    spec = ExportOnnxSpec(tmp_path / "onnx", trained)
    monkeypatch.setattr(export_onnx, "_largest_difference", lambda *_: float("nan"))
    with pytest.raises(InternalError, match="off the segmenter"):
        through_file(spec)
    monkeypatch.setattr(export_onnx, "NEEDED", ("onnx", "no_such_module"))
    with pytest.raises(UserError, match="no_such_module is not installed"):
        through_file(spec)
    assert not (spec.run / "segmenter.onnx").exists()


def test_a_job_of_no_known_kind_is_refused(tmp_path):
    (tmp_path / "job.json").write_text('{"kind": "dance", "run": "x"}')
    with pytest.raises(JobError, match="not valid"):
        _read(tmp_path / "job.json")
