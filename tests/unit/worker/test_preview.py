"""The preview worker's galleries, in this process."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from defectstudio.domain.events import Contents, Failed, StyleFound
from defectstudio.domain.files import to_json
from defectstudio.domain.recipe import ClassMix, Defect, Recipe, Style, StyleMix
from defectstudio.domain.specs import PreviewRequest
from defectstudio.imaging.masks import Box, encode
from defectstudio.imaging.reading import write_png
from defectstudio.synthesis.styles import NEARBY
from defectstudio.worker.preview import PreviewWorker

PLAIN = Style()


class Ear:
    """A channel that keeps what it is told."""

    def __init__(self):
        self.heard = []

    def emit(self, event):
        self.heard.append(event)

    def fail(self, error, request=0):
        self.heard.append(Failed(type(error).__name__, "user", str(error), request=request))


@pytest.fixture
def ask(tiny_generator, tmp_path):
    folder = tiny_generator()
    weights = json.loads((folder / "generator.json").read_text())["weights_sha256"]
    write_png(tmp_path / "b.png", np.full((60, 60, 3), 140, np.uint8))
    mask = encode(np.ones((20, 24), bool))
    ear = Ear()
    worker = PreviewWorker(ear)

    def send(want, style=PLAIN, **more):
        defects = tuple(Defect(c, 3, mask, 5, 6 + 2 * c, weights, style) for c in (1, 2))
        background, out = tmp_path / "b.png", tmp_path / f"{want}.bin"
        recipe = Recipe("b" * 64, defects)
        worker.answer(PreviewRequest(7, want, recipe, background, {weights: folder}, out, **more))
        return ear.heard[-1]

    return send


def test_a_gallery_has_one_content_a_seed_of_the_one_defect(ask):
    gallery = ask("gallery", defect=1, seeds=(3, 4, 5))
    assert isinstance(gallery, Contents)
    assert [(b["class_id"], b["seed"], b["left"]) for b in gallery.blocks] == [
        (2, 3, 10), (2, 4, 10), (2, 5, 10),
    ]  # fmt: skip
    alone = ask("contents").blocks[1]
    assert [alone[k] for k in ("height", "width", "channels")] == [20, 24, 3]


def test_a_sample_of_mixed_styles_and_classes_names_them_and_is_made_again(ask):
    style = Style(mix=StyleMix(8, 0.3, "fine"), towards=ClassMix(2, 0.4))
    plain, made = Path(ask("sample").folder), None
    first = (plain / "image.png").read_bytes()
    shutil.rmtree(plain)
    for _ in range(2):
        folder = Path(ask("sample", style).folder)
        stored = json.loads((folder / "recipe.json").read_text())["recipe"]["defects"][0]
        assert stored["style"] == json.loads(to_json(style))
        again = (folder / "image.png").read_bytes()
        assert again != first and made in (None, again)
        made = again
        shutil.rmtree(folder)


def test_a_gallery_of_a_defect_that_is_not_there_fails_and_says_so(ask):
    assert isinstance(ask("gallery", defect=9, seeds=(1,)), Failed)


def test_a_search_names_the_best_by_seeds_alone(ask):
    found = ask("search", seeds=(3, 4, 5))
    assert isinstance(found, StyleFound) and found.request == 7
    assert found.seed in (3, 4, 5) and found.second in {0, 3, 4, 5} - {found.seed}
    assert 0 <= found.score <= 1 and found.normal == []
    assert bool(found.second) == (found.amount == NEARBY) and found.amount in (0.0, NEARBY)


def test_a_real_defect_is_read_among_all_that_are_labeled(ask, monkeypatch):
    given = []
    monkeypatch.setattr(
        "defectstudio.worker.preview.read_style",
        lambda *args: given.append(args) or Style(normal=(0.5, -1.0)),
    )
    assert ask("reading", defect=1) == StyleFound(7, 3, normal=[0.5, -1.0])
    ((_generator, image, label, box, class_id),) = given
    assert (image.shape, box, class_id) == ((60, 60, 3), Box(5, 10, 20, 24), 2)
    assert (label[5:25, 10:34] == 2).all() and (label[5:25, 8:10] == 1).all()
    assert np.count_nonzero(label) == 20 * 26


def test_what_cannot_read_says_so(ask, monkeypatch):
    assert "holds no encoder" in ask("reading").reason
    monkeypatch.setattr("defectstudio.worker.preview.Dcdganc", type("Other", (), {}))
    failed = ask("reading")
    assert isinstance(failed, Failed) and "cannot read the look" in failed.reason
