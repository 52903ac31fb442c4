"""The worker's entry: events, stops, failures."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock

from defectstudio.domain import events
from defectstudio.domain.errors import InternalError, JobError
from defectstudio.domain.events import (
    Artifact,
    Contents,
    Failed,
    Finished,
    Log,
    Metrics,
    SampleMade,
    Started,
    Stopped,
    decode,
)
from defectstudio.domain.files import to_json, write_json
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.recipe import Defect, Recipe
from defectstudio.domain.specs import (
    BackgroundFile,
    PlanRow,
    PreviewRequest,
    ReplaySpec,
    SynthesizeSpec,
    TrainSpec,
)
from defectstudio.imaging.masks import encode
from defectstudio.imaging.placement import Refusal
from defectstudio.imaging.reading import pixel_sha256, read_image, write_png
from defectstudio.synthesis.generators.loading import load_card
from defectstudio.worker import __main__ as entry
from defectstudio.worker.__main__ import _read
from defectstudio.worker.channel import Channel

CONFIG = DcdgancConfig(
    width_g=8, width_d=8, width_e=8, nz=4, batch=2, scales=1, projected=False, steps=3,
    checkpoint_every=2, preview_every=3,
)  # fmt: skip


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "defectstudio.worker", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process, said=None):
    out, err = process.communicate(said, timeout=120)
    return process.returncode, [decode(line) for line in out.splitlines()], err


class Ear(Channel):
    """Hears the events in this process; no owner is there to say anything."""

    def __init__(self):
        self.events, self._why = [], ""

    def emit(self, event):
        self.events.append(decode(events.encode(event)))


def run(spec):
    """Status, events and why it failed: the worker's entry without a process, which would have to
    import torch again. Stops, previews and the integration tests have one."""
    spec.run.mkdir(parents=True, exist_ok=True)
    write_json(spec.run / "job.json", spec)
    ear = Ear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry, "Channel", lambda: ear)
        status = entry.main([str(spec.run / "job.json")])
    return status, ear.events, [one.details for one in ear.events if isinstance(one, Failed)]


@pytest.fixture
def training(tmp_path, tiny_files):
    return TrainSpec(
        run=tmp_path / "train",
        name="g",
        item="i",
        classes={1: "hole", 2: "scratch"},
        images=tiny_files,
        split="train",
        config=CONFIG,
        device="cpu",
    )


def test_train_then_synthesize_twice_then_resume(training, tmp_path):
    status, events, err = run(training)
    assert status == 0, err
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert {e.role for e in events if isinstance(e, Artifact)} == {
        "checkpoint", "preview", "generator",
    }  # fmt: skip
    card = json.loads((training.run / "generator" / "generator.json").read_text())
    assert card["trained_on"] == [file.sha256 for file in training.images]

    write_png(tmp_path / "b.png", np.full((100, 100, 3), 128, np.uint8))
    spec = SynthesizeSpec(
        run=tmp_path / "s1",
        project="p",
        generator=training.run / "generator",
        class_ids=(1, 2),
        backgrounds=(BackgroundFile(tmp_path / "b.png", "b" * 64),),
        shapes=training.images,
        count=3,
        seed=1,
        device="cpu",
    )
    for folder in ("s1", "s2"):
        status, events, err = run(replace(spec, run=tmp_path / folder))
        assert status == 0, err
        assert events[-1].summary["samples"] == 3
    made = [sorted((tmp_path / s).glob("chunks/*/*/*.*")) for s in ("s1", "s2")]
    assert len(made[0]) == 3 * len(("image.png", "label.png", "painted.png", "recipe.json"))
    for one, other in zip(*made, strict=True):
        assert one.relative_to(tmp_path / "s1") == other.relative_to(tmp_path / "s2")
        assert one.read_bytes() == other.read_bytes()

    more = replace(training, config=replace(CONFIG, steps=4), resume=True)
    status, events, err = run(more)
    assert status == 0, err
    assert [e.step for e in events if type(e).__name__ == "Metrics"] == [4]

    other = replace(more, config=replace(CONFIG, batch=3, steps=4))
    status, events, _ = run(other)
    assert status == 1
    assert "other config" in events[-1].reason


def test_a_trial_makes_samples_of_the_batch_and_tells_what_was_refused(
    tiny_files, tiny_generator, tmp_path
):
    write_png(tmp_path / "b.png", np.full((100, 100, 3), 128, np.uint8))
    nowhere = np.zeros((100, 100), bool)
    nowhere[3:5, 3:5] = True
    write_png(tmp_path / "region.png", nowhere)
    open_one = BackgroundFile(tmp_path / "b.png", "b" * 64)
    narrow = replace(open_one, region=tmp_path / "region.png")
    plan = (PlanRow(1, 3, (0,)), PlanRow(2, 3, (1,)))
    spec = SynthesizeSpec(
        tmp_path / "trial", "p", tiny_generator(), (1, 2), (open_one, narrow), tiny_files,
        count=6, seed=4, plan=plan, only=(1, 4),
    )  # fmt: skip
    status, events, err = run(spec)
    assert status == 0, err
    first, second = events[-1].summary["tried"]
    assert (first["index"], first["class_id"]) == (1, 1)
    assert second["refused"] == {Refusal.OUTSIDE_REGION.value: 20}
    assert [one.name for one in (tmp_path / "trial" / "samples").iterdir()] == ["000001"]
    whole = replace(spec, run=tmp_path / "whole", only=(), count=3, plan=plan[:1])
    status, _, err = run(whole)
    assert status == 0, err
    (other,) = (tmp_path / "whole").glob("chunks/*/0000001-*/image.png")
    one = tmp_path / "trial" / "samples" / "000001" / "image.png"
    assert one.read_bytes() == other.read_bytes()


def test_a_training_keeps_the_direction_of_a_surface_that_has_one(tiny_spec, tmp_path):
    rng = np.random.default_rng(3)
    spec = tiny_spec("paste")
    height, width = read_image(spec.images[0].image).shape[:2]
    lines = np.repeat(rng.integers(90, 160, (height, 1), dtype=np.uint8), width, axis=1)
    files = [replace(file, image=tmp_path / f"ground{n}.png") for n, file in enumerate(spec.images)]
    for file in files:
        write_png(file.image, lines)
    status, events, err = run(replace(spec, images=tuple(files), device="cpu"))
    assert status == 0, err
    assert any(isinstance(e, Log) and "grain at 0 degrees" in e.text for e in events)
    assert load_card(spec.run / "generator").config.keeps_direction


@pytest.mark.parametrize("kind", ["cyclegan", "dst", "paste"])
def test_other_kinds_are_trained_and_sampled_alike(tiny_spec, tiny_normals, tmp_path, kind):
    steps = {} if kind == "paste" else {"steps": 2}
    spec = replace(tiny_spec(kind, **steps), device="cpu")
    status, events, err = run(spec)
    assert status == 0, err
    card = json.loads((spec.run / "generator" / "generator.json").read_text())
    assert card["config"]["kind"] == kind
    seen = [file.sha256 for file in (*spec.images, *spec.normals)]
    assert card["trained_on"] == seen
    folder = spec.run / "generator"
    batch = SynthesizeSpec(
        tmp_path / "s", "p", folder, (1, 2), tiny_normals, spec.images, count=2, seed=1
    )
    status, events, err = run(batch)
    assert status == 0, err
    assert events[-1].summary["samples"] == 2


@pytest.mark.parametrize(("said", "why"), [("cancel\n", "cancelled"), ("", "interrupted")])
def test_a_polite_stop_leaves_a_checkpoint(training, said, why):
    training.run.mkdir(parents=True)
    long = replace(training, config=replace(CONFIG, steps=100_000))
    write_json(training.run / "job.json", long)
    process = start(training.run / "job.json")
    while not isinstance(decode(process.stdout.readline()), Metrics):
        pass
    status, events, err = finish(process, said)
    assert status == 0, err
    assert isinstance(events[-1], Stopped)
    assert events[-1].why == why
    assert (training.run / "checkpoint" / "state.json").exists()


def test_a_failure_is_told_with_its_remedy(training):
    status, events, _ = run(replace(training, classes={9: "nothing"}))
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].fault == "user"
    assert events[-1].remedy


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    ],
)
def test_lack_of_memory_is_told_with_what_to_do(error):
    sent = []
    Channel.fail(SimpleNamespace(emit=sent.append), error)
    (failed,) = sent
    assert (failed.fault, failed.kind) == ("user", "OutOfMemory")
    assert "smaller batch" in failed.remedy and "another device" in failed.remedy


def test_other_faults_of_torch_are_ours():
    sent = []
    Channel.fail(SimpleNamespace(emit=sent.append), RuntimeError("shape mismatch"))
    assert (sent[0].fault, sent[0].remedy) == ("ours", "")


def test_a_job_of_another_folder_is_not_done(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    for run in (elsewhere, tmp_path / "\0"):
        write_json(tmp_path / "job.json", ReplaySpec(run, ()))
        with pytest.raises(JobError, match="another folder"):
            _read(tmp_path / "job.json")
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(JobError, match="not valid"):
            _read(path)
    assert not elsewhere.exists()


def test_a_broken_job_file_is_named(tmp_path):
    (tmp_path / "job.json").write_text("{}")
    status, events, _ = finish(start(tmp_path / "job.json"), "")
    assert status == 1
    assert "job.json" in events[-1].subject


def test_preview_answers_and_agrees_with_the_sample(tiny_generator, tmp_path):
    folder = tiny_generator()
    weights = json.loads((folder / "generator.json").read_text())["weights_sha256"]
    background = np.random.default_rng(0).normal(140, 4, (60, 60, 3)).astype(np.uint8)
    write_png(tmp_path / "b.png", background)
    mask = np.zeros((20, 20), bool)
    mask[2:18, 3:17] = True
    recipe = Recipe("b" * 64, (Defect(1, 3, encode(mask), 5, 6, weights),))

    def request(number, want, out):
        return to_json(
            PreviewRequest(
                number, want, recipe, tmp_path / "b.png", {weights: folder}, tmp_path / out
            )
        )

    process = start("--preview")
    answers = []
    for line in (
        request(1, "contents", "a.bin"),
        request(2, "sample", "sample"),
        "not a request",
    ):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        while not answers or isinstance(answers[-1], Started):
            answers.append(decode(process.stdout.readline()))
        answers.append(Started("", 0))
    _, rest, err = finish(process, "")
    kinds = [type(a) for a in [*answers, *rest] if not isinstance(a, Started)]
    assert kinds == [Contents, SampleMade, Failed], err

    from defectstudio.imaging.compose import PlacedContent, compose

    contents = next(a for a in answers if isinstance(a, Contents))
    (block,) = contents.blocks
    data = (tmp_path / "a.bin").read_bytes()
    h, w, c = block["height"], block["width"], block["channels"]
    pixels = np.frombuffer(data, np.float32, h * w * c, block["pixels_offset"]).reshape(h, w, c)
    raw = np.frombuffer(data, np.uint8, h * w, block["mask_offset"]).reshape(h, w) > 0
    place = block["top"], block["left"]
    placed = PlacedContent(block["class_id"], pixels, raw, *place, block["seed"])
    window = compose(background, [placed], recipe.blend, recipe.grain, recipe.refine)
    worker = read_image(tmp_path / "sample" / "image.png")
    assert pixel_sha256(window.image) == pixel_sha256(worker)


def test_describe_tells_versions():
    done = subprocess.run(
        [sys.executable, "-m", "defectstudio.worker", "--describe"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"torch", "numpy", "cpu", "cuda", "threads"} <= set(json.loads(done.stdout))


def test_noise_on_stdout_cannot_be_an_event():
    code = (
        "from defectstudio.worker.channel import Channel\n"
        "from defectstudio.domain.events import Log\n"
        "import os\n"
        "channel = Channel(); print('noise'); os.write(1, b'more noise')\n"
        "channel.emit(Log('word'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, input="", check=True
    )
    assert [decode(line).text for line in done.stdout.splitlines()] == ["word"]
    assert "noise" in done.stderr
    with pytest.raises(InternalError):
        decode("noise")


def test_a_worker_whose_owner_left_while_it_waited_writes_nothing(training):
    """Else it would put its step 0 over the checkpoint of the worker that went on."""
    training.run.mkdir(parents=True)
    write_json(training.run / "job.json", training)
    with FileLock(training.run / "run.lock"):
        process = start(training.run / "job.json")
        process.stdin.close()
        time.sleep(3)
    out = process.stdout.read()
    process.stdout.close()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert decode(out.splitlines()[-1]) == Stopped("interrupted", 0)
    assert not (training.run / "checkpoint").exists()


def test_a_canvas_that_the_generator_cannot_draw_is_refused(training):
    status, events, _ = run(replace(training, config=replace(CONFIG, height=100)))
    assert status == 1
    assert (events[-1].fault, events[-1].subject) == ("user", "height")
    assert "112" in events[-1].remedy


def test_a_run_cannot_be_shortened(training):
    assert run(training)[0] == 0
    status, events, _ = run(replace(training, config=replace(CONFIG, steps=2), resume=True))
    assert status == 1
    assert "3 steps already" in events[-1].reason
