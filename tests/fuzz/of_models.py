"""Recipes, settings, jobs and trained models: JSON and tensors that others may have written."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest.mock import patch

import torch
from filelock import FileLock

from defectstudio.app.keymap import key_map
from defectstudio.app.replaying import read_targets
from defectstudio.app.run_files import read_log, read_metrics
from defectstudio.app.settings import HOME, glance, load
from defectstudio.app.validation import read_settings, settings
from defectstudio.domain import events
from defectstudio.domain.files import to_json, write_json
from defectstudio.domain.generators import CARD, CONFIGS, WEIGHTS
from defectstudio.domain.recipe import Recipe
from defectstudio.domain.segmenters import CARD as SEGMENTER_CARD
from defectstudio.domain.segmenters import WEIGHTS as SEGMENTER_WEIGHTS
from defectstudio.domain.segmenters import SegmenterCard, SegmenterConfig
from defectstudio.domain.specs import JOB_FILE, LabeledFile, ReplaySpec, ReplayTarget, TrainSpec
from defectstudio.exchange.journal import Row
from defectstudio.exchange.manifest import MANIFEST, Manifest, changed, is_export, read_manifest
from defectstudio.imaging.masks import decode
from defectstudio.jobs.launching import ABOUT, LOCK, about
from defectstudio.jobs.run_folder import EVENTS_FILE, METRICS_FILE, last_word
from defectstudio.networks.dcdganc.model import build_generator, pack
from defectstudio.networks.dcdganc.prior import standard
from defectstudio.networks.features.registry import _foreign
from defectstudio.networks.segmenters.loading import load_segmenter
from defectstudio.networks.segmenters.registry import make_segmenter
from defectstudio.networks.weights import save_tensors
from defectstudio.project.models import GENERATORS
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.training.checkpoints import META, load_optimizer, load_state, save_state
from defectstudio.worker.__main__ import _read
from tests.fuzz.cases import Reader
from tests.fuzz.of_exchange import files_in
from tests.fuzz.of_projects import card_of, sample_in
from tests.fuzz.spoil import Files

CPU = torch.device("cpu")


def _text(name: str, *contents: str) -> Callable[[], list[Files]]:
    return lambda: [{name: text.encode()} for text in contents]


def _in_folder(make: Callable[[Path], None]) -> Callable[[], list[Files]]:
    def seeds() -> list[Files]:
        with tempfile.TemporaryDirectory() as name:
            make(Path(name))
            return [files_in(Path(name))]

    return seeds


def _export(folder: Path) -> None:
    sample_in(folder / "recipes", "1" * 64)
    for file in folder.glob("recipes/*.png"):
        file.unlink()
    rows = [
        Row(name, "tile", None, True, (1,), 7, 9, name * 64, f"{name}.png", (), recipe)
        for name, recipe in (("a", "recipes/recipe.json"), ("b", None))
    ]
    files = {"a.png": "0" * 64}
    write_json(folder / MANIFEST, Manifest("png", "us", {1: "crack"}, files, tuple(rows), ()))


def _recipe(folder: Path) -> None:
    sample_in(folder, "1" * 64)
    for file in folder.glob("*.png"):
        file.unlink()


def _replays(folder: Path) -> None:
    if is_export(folder):
        manifest = read_manifest(folder)
        changed(folder, manifest, manifest.files)
    for made in read_targets(folder).values():
        assert made.recipe.format == 1
        for defect in made.recipe.defects:
            decode(defect.mask)


def _settings_home(folder: Path) -> None:
    with patch.dict(os.environ, {HOME: str(folder)}):
        for found in (glance(), load().settings):
            key_map(found)
            _ = found.present


def _hyper(folder: Path) -> None:
    given = read_settings(str(folder / "config.json"), "dcdganc")
    settings(CONFIGS["dcdganc"], given)


def _run(folder: Path) -> None:
    for file in (EVENTS_FILE, METRICS_FILE):
        (folder / file).write_text("")
    lines = [events.Metrics(3, {"loss": 0.5}), events.Finished({"images": 3}),
             events.Failed("JobError", "user", "no"), events.Progress(1, 2)]  # fmt: skip
    (folder / EVENTS_FILE).write_text("".join(f"{events.encode(one)}\n" for one in lines))
    (folder / METRICS_FILE).write_text('{"step": 1, "values": {"loss": 0.5}}\n' * 2)
    (folder / "log.txt").write_text("info: begun\nnotice: x\n")


def _watched(folder: Path) -> None:
    for metrics in read_metrics(folder):
        assert isinstance(metrics.step, int)
        f"{metrics.step} {sum(metrics.values.values()):.3g}"
    read_log(folder)
    last = last_word(folder)
    if isinstance(last, events.Failed):
        (last.reason + last.subject + last.remedy).strip()
    if isinstance(last, events.Finished):
        last.summary.items()


def _about(folder: Path) -> None:
    with FileLock(folder / LOCK):  # it tells of one that holds it
        told = about(folder)
        assert told is None or isinstance(told, dict)


def _job(folder: Path) -> None:
    images = (LabeledFile(Path("a.png"), Path("b.png"), "0" * 64),)
    classes = {1: "crack"}
    config = CONFIGS["dcdganc"]()
    write_json(folder / JOB_FILE, TrainSpec(folder, "g", "i", classes, images, "train", config))


def _replay_job(folder: Path) -> None:
    sample_in(folder, "1" * 64)
    recipe = Recipe(**json.loads((folder / "recipe.json").read_text())["recipe"])
    for file in folder.iterdir():
        file.unlink()
    target = ReplayTarget("a", recipe, Path("b.png"), {"0" * 64: Path("g")})
    write_json(folder / JOB_FILE, ReplaySpec(folder, (target,)))


def _jobs() -> list[Files]:
    return [*_in_folder(_job)(), *_in_folder(_replay_job)()]


def _described(folder: Path) -> None:
    _read(folder / JOB_FILE)


def _state(folder: Path) -> None:
    tensors = {"net.weight": torch.ones(2, 3), "o.0.step": torch.tensor(3.0),
               "o.0.exp_avg": torch.zeros(2)}  # fmt: skip
    save_state(folder, 7, tensors, {"epoch": 1})


def _hashes_fit(files: Files) -> None:
    """A checkpoint that somebody made wrong on purpose has the right hash."""
    for name, card, key in ((META, META, "sha256"), (WEIGHTS, CARD, "weights_sha256"),
                            (SEGMENTER_WEIGHTS, SEGMENTER_CARD, "weights_sha256")):  # fmt: skip
        text = files.get(card)
        try:
            told = json.loads(text) if isinstance(text, bytes) else None
            data = files.get(told["file"] if name == META else name) if told else None
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(told, dict) and isinstance(data, bytes):
            told[key] = hashlib.sha256(data).hexdigest()
            files[card] = json.dumps(told).encode("utf-8", "surrogatepass")


def _resumed(folder: Path) -> None:
    state = load_state(folder)
    if state is not None:
        step, tensors, _ = state
        assert isinstance(step, int)
        optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(2))])
        load_optimizer("o", optimizer, tensors)


@cache
def _generator_files() -> Files:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        card = card_of(b"")
        torch.manual_seed(3)
        net = build_generator(card.config, 3, 1)  # type: ignore[arg-type]
        save_tensors(folder / WEIGHTS, pack(net, standard(1, 4)))
        write_json(folder / CARD, card_of((folder / WEIGHTS).read_bytes()))
        return files_in(folder)


@cache
def _segmenter_files() -> Files:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = SegmenterConfig(width=8, pretrained=False)
        net, encoder = make_segmenter(config, 1)
        digest = save_tensors(folder / SEGMENTER_WEIGHTS, net.state_dict())
        card = SegmenterCard(config, 3, {1: "crack"}, str(encoder), 0.5, 3, 0, (), digest, {})
        write_json(folder / SEGMENTER_CARD, card)
        return files_in(folder)


def _card(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"weights")
    write_json(folder / CARD, card_of(b"weights"))


def _cards(folder: Path) -> None:
    GENERATORS.read_card(folder)


def _generates(folder: Path) -> None:
    load_generator(folder, CPU)


def _segments(folder: Path) -> None:
    load_segmenter(folder, CPU)


def _pth() -> list[Files]:
    with tempfile.TemporaryDirectory() as name:
        made = []
        for number, legacy in enumerate((False, True)):
            path = Path(name) / f"{number}.pth"
            tensors = {"a.weight": torch.ones(2, 3), "a.bias": torch.zeros(3, dtype=torch.half)}
            torch.save(tensors, path, _use_new_zipfile_serialization=not legacy)
            made.append({"net.pth": path.read_bytes()})
        return made


def _foreign_weights(folder: Path) -> None:
    path = folder / "net.pth"
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    _foreign(path, digest[:8], "Fetch it again.")


_SETTINGS = (
    '{"recent": [{"id": "a", "path": "/a/b", "name": "b", "steps": ["open"]}], "keys": {"save":'
    ' ["Ctrl+S"], "open": []}, "preferences": {"theme": "dark", "threads": 3}, "format": 1}'
)

READERS = {
    "recipe": Reader(_in_folder(_recipe), _replays),
    "replay of an export": Reader(_in_folder(_export), _replays),
    "settings and keys": Reader(_text("settings.json", _SETTINGS), _settings_home, writes=True),
    "hyper-parameters": Reader(
        _text("config.json", to_json(CONFIGS["dcdganc"]()), '{"steps": 500}'), _hyper),
    "run folder": Reader(_in_folder(_run), _watched),
    "supervisor": Reader(_text(ABOUT, '{"pid": 1, "beat": 1.5}'), _about, writes=True),
    "job": Reader(_jobs, _described),
    "checkpoint": Reader(_in_folder(_state), _resumed, mend=_hashes_fit),
    "cards": Reader(_in_folder(_card), _cards, mend=_hashes_fit),
    "generator": Reader(lambda: [_generator_files()], _generates, mend=_hashes_fit, slow=True),
    "segmenter": Reader(lambda: [_segmenter_files()], _segments, mend=_hashes_fit, slow=True),
    "foreign weights": Reader(_pth, _foreign_weights),
}  # fmt: skip
