"""The handler of the protocols "enlarge" and "transfer": arms, equal steps, a report."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from defectstudio.domain.comparisons import (
    CompareEnlargeSpec,
    CompareStrategiesSpec,
    CompareTransferSpec,
    EnlargeSettings,
    EnlargingGenerator,
    ForecastSpec,
    Partition,
    StrategiesSettings,
    TransferSettings,
    TrialSettings,
)
from defectstudio.domain.errors import CheckpointError, UserError
from defectstudio.domain.events import Artifact, Finished, Log, Stopped
from defectstudio.domain.files import to_json, write_json
from defectstudio.domain.specs import Example
from defectstudio.domain.spread import SpreadSettings
from defectstudio.evaluation import retraining
from defectstudio.evaluation.enlarge import Enlarge
from defectstudio.evaluation.retraining import Retrainer
from defectstudio.evaluation.strategies import Strategies, passes
from defectstudio.evaluation.trials import Arm, Trials
from defectstudio.evaluation.zero_shot import ZeroShot
from defectstudio.imaging.reading import write_png
from defectstudio.networks.segmenters.encoders import make_encoder
from defectstudio.networks.weights import save_tensors
from defectstudio.synthesis.generators.loading import load_card
from defectstudio.worker.__main__ import _handle, _read
from defectstudio.worker.compare_trials import compare_trials
from defectstudio.worker.comparing import Steps
from defectstudio.worker.pools import make_pool

SMALL = {
    "repeats": 1, "count": 2, "steps": 2, "crop": 64, "batch": 2, "width": 8, "sheet": 1,
    "pretrained": False,
}  # fmt: skip
SETTINGS = EnlargeSettings(**SMALL)


def examples(folder, tiny_files, count):
    """The tiny labeled images, and as many grey ones without a defect."""
    rng = np.random.default_rng(5)
    made = [Example(f.image, f.label, f.sha256, f"part {n}") for n, f in enumerate(tiny_files)]
    for n in range(count):
        path = folder / f"normal{n}.png"
        write_png(path, rng.integers(110, 140, (120, 140, 3), dtype=np.uint8))
        made.append(Example(path, None, f"{n}" * 64, f"normal {n}"))
    return tuple(made)


@pytest.fixture
def spec(tmp_path, tiny_files, tiny_of_kind):
    every = examples(tmp_path, tiny_files, 2)
    return CompareEnlargeSpec(
        run=tmp_path / "run",
        project="p",
        item="tile",
        classes={1: "hole", 2: "scratch"},
        generators=(EnlargingGenerator("glue", tiny_of_kind("paste"), ("a" * 64,)),),
        partitions=(Partition(every, every[:2], every),),
        shares=(0.5,),
        cache=tmp_path / "cache",
        settings=SETTINGS,
    )


def test_a_job_file_becomes_a_report(spec, make_owner):
    spec.run.mkdir()
    (spec.run / "job.json").write_text(to_json(spec))
    read = _read(spec.run / "job.json")
    assert read == spec
    owner = make_owner()
    _handle(read, owner)
    paths = [e.path for e in owner.events if isinstance(e, Artifact)]
    assert paths == ["report/enlarge.json", "report/enlarge.html"]
    assert isinstance(owner.events[-1], Finished)
    said = next(e for e in owner.events if isinstance(e, Log))
    assert said.level == "notice" and "all 3 of them" in said.text
    arms = owner.events[-1].summary["arms"]
    assert [one["name"] for one in arms] == ["Raw, unet", "Augment, unet", "glue, unet"]
    assert "too few repeats" in arms[2]["sentence"]
    data = json.loads((spec.run / "report" / "enlarge.json").read_text())
    real = len(spec.partitions[0].training)
    made = [(one["arm"], one["real"], one["synthetic"]) for one in data["result"]]
    assert made == [("Raw", real, 0), ("Augment", real, 0), ("glue", real, 4)]
    for one in data["result"]:
        assert set(one["figures"]["classes"]) == {"hole", "scratch", "all classes"}
        assert 0 < one["threshold"] < 1 and one["encoder"].endswith("from scratch")
    page = (spec.run / "report" / "enlarge.html").read_text()
    assert set(data["likeness"]) == {"real", "glue"} and "beside real ones" in page
    assert set(data["paired"]) == {"Raw", "Augment", "glue"} and "Arm against arm" in page
    assert page.count("<img") == 1 and "glue has seen 1 images of the test split" in page


def test_a_forecast_tells_the_time_and_trains_nothing(spec, make_owner, tmp_path):
    asked = ForecastSpec(tmp_path / "ask", spec)
    asked.run.mkdir()
    (asked.run / "job.json").write_text(to_json(asked))
    owner = make_owner()
    _handle(_read(asked.run / "job.json"), owner)
    told = owner.events[-1].summary
    assert told["trainings"] == 3 and told["seconds"] > 0
    assert not spec.cache.exists() and not (asked.run / "report").exists()


@pytest.mark.usefixtures("one_thread")
def test_the_same_spec_gives_the_same_figures_and_ticks_as_often_as_said(spec, make_owner):
    found = []
    for processes in (1, 2):
        steps, spec = Steps(make_owner()), replace(spec, cache=spec.cache / str(processes))
        pool = make_pool(SpreadSettings(processes), steps)
        run = Enlarge(spec, torch.device("cpu"), steps.tick, print, pool)
        found.append(run.run())
        assert steps.done == run.total()
        assert set(run.panels[0].said) == {"Raw", "Augment", "glue"}
    assert found[0] == found[1]


def test_a_rerun_trains_only_what_is_new(spec, monkeypatch):
    trained = []
    real = Trials.train

    def counted(self, arm, config):
        trained.append((arm.name, config.seed))
        return real(self, arm, config)

    def run(spec):
        trained.clear()
        protocol = Enlarge(spec, torch.device("cpu"), lambda: None, print)
        return protocol.run(), protocol.panels

    monkeypatch.setattr(Trials, "train", counted)
    first, panels = run(spec)
    assert len(trained) == 3
    again, shown = run(replace(spec, settings=replace(SETTINGS, repeats=2)))
    assert trained == [("Raw", 1), ("Augment", 1), ("glue", 1)] and again[:3] == first
    for arm, said in panels[0].said.items():
        assert np.abs(shown[0].said[arm] - said).max() <= 0.5 / 255 + 1e-6
    run(replace(spec, settings=replace(SETTINGS, count=1)))
    assert trained == [("glue", 0)]
    for file in spec.cache.glob("*.json"):
        file.write_text("{")
    assert run(spec)[0] == first and len(trained) == 3
    for file in spec.cache.glob("*-0.png"):
        file.unlink()
    assert run(spec)[0] == first and len(trained) == 3


def test_shares_are_arms_of_the_same_samples(spec):
    protocol = Enlarge(replace(spec, shares=(0.25, 1.0)), torch.device("cpu"), lambda: None, print)
    arms = list(protocol.arms(0))
    assert [(one.name, one.share) for one in arms] == [
        ("Raw", 0.0), ("Augment", 0.0), ("glue 25%", 0.25), ("glue 100%", 1.0),
    ]  # fmt: skip
    assert [a.pixels.tobytes() for a in arms[2].scenes] == [
        b.pixels.tobytes() for b in arms[3].scenes
    ]
    for arm in arms:
        assert protocol.ground.trials[0]._config(arm, "unet", 0).synthetic_share == arm.share


def test_other_splits_have_generators_of_their_own(spec, tiny_files, make_owner, monkeypatch):
    own = spec.partitions[0]
    labeled = [one for one in own.training if one.label is not None]
    normal = [one for one in own.training if one.label is None]
    splits = (
        replace(own, training=(*labeled[:1], *normal), test=(*labeled[1:], *normal)),
        replace(own, training=(*labeled[1:], *normal), test=(*labeled[:1], *normal)),
    )
    several, ticks = replace(spec, partitions=splits), []
    protocol = Enlarge(several, torch.device("cpu"), lambda: ticks.append(1), print)
    found = protocol.run()
    assert len(ticks) == protocol.total()
    assert [(one.arm, one.partition) for one in found] == [
        (arm, number) for number in range(2) for arm in ("Raw", "Augment", "glue")
    ]
    (folder,) = (spec.cache / "generators").iterdir()
    card = load_card(folder)
    assert set(card.trained_on) == {one.sha256 for one in labeled[1:]}
    assert found[5].weights_sha256 == card.weights_sha256 != found[2].weights_sha256
    monkeypatch.setattr(retraining, "make_task", None)
    assert Enlarge(several, torch.device("cpu"), lambda: None, print).run() == found
    owner = make_owner()
    compare_trials(several, owner)
    assert "2 splits by part" in (spec.run / "report" / "enlarge.html").read_text()


def test_a_transfer_is_given_as_many_references_as_before(spec, tiny_of_kind, tmp_path):
    own = spec.partitions[0]
    labeled = [one for one in own.training if one.label is not None]

    def chosen(trained_on):
        folder = tiny_of_kind("histmatch")
        card = json.loads((folder / "generator.json").read_text())
        write_json(folder / "generator.json", {**card, "trained_on": trained_on})
        retrainer = Retrainer(tmp_path / "made", labeled, torch.device("cpu"), lambda: None)
        made = retrainer.folder("one", folder, spec.classes, own.training)
        return list(load_card(made).trained_on)

    assert chosen([labeled[1].sha256]) == [labeled[0].sha256]
    assert chosen(["9" * 64]) == [labeled[0].sha256]  # its reference is not among the few
    assert chosen([one.sha256 for one in labeled]) == [one.sha256 for one in labeled]


def test_another_encoder_file_of_the_same_name_is_another_training(spec, tmp_path):
    file, keys = tmp_path / "mine.safetensors", []
    settings = replace(SETTINGS, encoder="resnet18", encoder_weights=str(file))
    trials = Enlarge(
        replace(spec, settings=settings), torch.device("cpu"), lambda: None, print
    ).ground.trials[0]
    for seed in range(2):
        torch.manual_seed(seed)
        encoder, _ = make_encoder("resnet18", pretrained=False, weights="")
        save_tensors(file, encoder.net.state_dict())
        arm = Arm("Raw", (), (1,), [])
        keys += [trials._key(arm, trials._config(arm, "unet", 0)) for _ in range(2)]
    assert keys[0] == keys[1] != keys[2] == keys[3]


def test_an_encoder_file_that_is_missing_is_named(spec, tmp_path, make_owner):
    gone = replace(SETTINGS, encoder="resnet18", encoder_weights=str(tmp_path / "gone.safetensors"))
    with pytest.raises(CheckpointError, match="cannot be read"):
        compare_trials(replace(spec, settings=gone), make_owner())


def test_a_class_that_a_generator_does_not_make_is_said(spec, make_owner):
    owner = make_owner()
    more = replace(spec, classes={**spec.classes, 9: "burn"}, generators=spec.generators)
    compare_trials(more, owner)
    said = [e.text for e in owner.events if isinstance(e, Log)]
    assert "glue makes no burn: that class is not enlarged." in said


def test_a_generator_without_a_single_sample_is_refused(spec, tmp_path, make_owner):
    write_png(tmp_path / "s.png", np.full((6, 6, 3), 120, np.uint8))
    own = spec.partitions[0]
    labeled = tuple(one for one in own.training if one.label is not None)
    small = (*labeled, Example(tmp_path / "s.png", None, "c" * 64, "small"))
    with pytest.raises(UserError, match="no sample could be made"):
        compare_trials(replace(spec, partitions=(replace(own, training=small),)), make_owner())


def test_a_stop_leaves_no_report(spec, make_owner):
    owner = make_owner(patience=3)
    compare_trials(spec, owner)
    assert isinstance(owner.events[-1], Stopped) and not (spec.run / "report").exists()


def test_an_unknown_segmenter_is_refused(spec, make_owner):
    strange = replace(spec, settings=replace(SETTINGS, architectures="unet, pspnet"))
    with pytest.raises(UserError, match="no segmenter of this name"):
        compare_trials(strange, make_owner())


def test_strategies_stand_against_as_many_steps_on_the_same_few_images(spec, make_owner):
    own = spec.partitions[0]
    labeled = [one for one in own.training if one.label is not None]
    normal = [one for one in own.training if one.label is None]
    few = tuple(replace(own, training=(*labeled[:n], *normal)) for n in (1, 2))
    settings = {**SMALL, "steps": 100, "crop": 64, "batch": 2, "architectures": "unet"}
    strategies = CompareStrategiesSpec(
        run=spec.run,
        project="p",
        item="tile",
        classes=spec.classes,
        generators=spec.generators,
        partitions=few,
        real=(1, 2),
        cache=spec.cache,
        settings=StrategiesSettings(**settings),
    )
    spec.run.mkdir()
    (spec.run / "job.json").write_text(to_json(strategies))
    assert _read(spec.run / "job.json") == strategies
    protocol = Strategies(strategies, torch.device("cpu"), lambda: None, print)
    steps = [
        protocol.ground.trials[n]._config(arm, "unet", 0).steps
        for n in range(2)
        for arm in protocol.arms(n)
    ]
    assert steps == [1, 100, 100, 1, 100, 100]
    quick = replace(strategies, settings=replace(strategies.settings, steps=2))
    owner = make_owner()
    _handle(quick, owner)
    names = [one["name"] for one in owner.events[-1].summary["arms"]]
    assert names == [
        f"{n} real, {what}, unet"
        for n in (1, 2)
        for what in ("A: as many passes", "B: as many steps", "C: glue")
    ]
    data = json.loads((spec.run / "report" / "strategies.json").read_text())
    assert [one["real"] for one in data["result"]] == [3, 3, 3, 4, 4, 4]
    assert [one["synthetic"] for one in data["result"]] == [0, 0, 4, 0, 0, 4]
    # Each number of real images has a generator of its own, which saw no other.
    cards = [load_card(folder) for folder in (spec.cache / "generators").iterdir()]
    assert sorted(len(card.trained_on) for card in cards) == [1, 2]
    page = (spec.run / "report" / "strategies.html").read_text()
    assert "<th>1 real</th><th>2 real</th>" in page and "P2 reports" in page


def test_passes_are_those_of_the_paper():
    """120 epochs of 8 a batch: 40 images are 5 steps an epoch where B and C take 100."""
    assert passes(120 * 100, 40, 8) == 120 * 5
    assert passes(10, 1, 8) == 1


@pytest.fixture
def zero_shot(spec, tmp_path):
    """From the tiny defects to a grey product whose defects are dark squares of class 4."""
    target = []
    for n in range(3):
        image, label = np.full((90, 90, 3), 150, np.uint8), np.zeros((90, 90), np.uint8)
        image[20:40, 30:50], label[20:40, 30:50] = 20, 4
        write_png(tmp_path / f"t{n}.png", image)
        write_png(tmp_path / f"l{n}.png", label)
        target.append(Example(tmp_path / f"t{n}.png", tmp_path / f"l{n}.png", f"t{n}", f"t{n}"))
    normal = tuple(one for one in spec.partitions[0].training if one.label is None)
    return CompareTransferSpec(
        run=spec.run,
        project="p",
        item="pipe",
        classes={4: "dent"},
        source_name="tile",
        source_classes={1: "hole"},
        generators=spec.generators,
        source=spec.partitions[0].training,
        training=(*target[:2], *normal),
        test=(target[2], normal[0]),
        cache=spec.cache,
        settings=TransferSettings(**{**asdict(TrialSettings()), **SMALL, "source": "tile"}),
    )


def test_transfer_stands_between_the_source_images_and_the_target_images(zero_shot, make_owner):
    zero_shot.run.mkdir()
    (zero_shot.run / "job.json").write_text(to_json(zero_shot))
    read = _read(zero_shot.run / "job.json")
    assert read == zero_shot
    owner = make_owner()
    _handle(read, owner)
    arms = owner.events[-1].summary["arms"]
    assert [one["name"] for one in arms] == [
        "source images, unet", "glue, unet", "target images, unet",
    ]  # fmt: skip
    assert "to source images" in arms[1]["sentence"]
    data = json.loads((zero_shot.run / "report" / "transfer.json").read_text())
    real, made, bound = data["result"]
    assert (real["real"], real["synthetic"]) == (len(zero_shot.source), 0)
    assert (made["real"], made["synthetic"]) == (2, 2)  # normal images, and samples on them
    assert (bound["real"], bound["synthetic"]) == (4, 0)
    # No label of the target chooses a threshold.
    assert all(one["threshold"] == pytest.approx(0.5, abs=1e-3) for one in data["result"])
    assert set(real["figures"]["classes"]) == {"dent", "all classes"}
    page = (zero_shot.run / "report" / "transfer.html").read_text()
    assert "Do defects of tile teach pipe?" in page and page.count("<img") == 1


def test_altered_contents_are_other_samples(zero_shot):
    def scenes(**changes):
        spec = replace(zero_shot, settings=replace(zero_shot.settings, **changes))
        protocol = ZeroShot(spec, torch.device("cpu"), lambda: None, print)
        (generator,) = spec.generators
        return protocol.maker.scenes(generator)[0], protocol.maker.making.decides()

    own, whole = scenes()
    grey, plain = scenes(grey=True)
    cut, part = scenes(cut=0.5)
    assert len({str(one) for one in (whole, plain, part)}) == 3
    for one, other in ((own, grey), (own, cut)):
        assert any((a.pixels != b.pixels).any() for a, b in zip(one, other, strict=True))
