"""Generators from folders: clear words when something is wrong, old cards still read."""

import json
from functools import partial

import pytest
import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.files import read_plain
from defectstudio.domain.generators import CARD, WEIGHTS
from defectstudio.synthesis.generators.loading import load_card, load_generator

CPU = torch.device("cpu")


def test_changed_weights_are_refused(tiny_generator):
    folder = tiny_generator()
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(CheckpointError, match="not those of its card"):
        load_generator(folder, CPU)


def test_a_missing_large_broken_or_newer_card_is_refused(tiny_generator, tmp_path):
    with pytest.raises(CheckpointError, match=r"card cannot be read \(No such file"):
        load_generator(tmp_path, CPU)
    folder = tiny_generator()
    with pytest.MonkeyPatch.context() as patch:
        few = partial(read_plain, most=9)
        patch.setattr("defectstudio.synthesis.generators.loading.read_plain", few)
        with pytest.raises(CheckpointError, match=r"card cannot be read .*more than 9 bytes"):
            load_generator(folder, CPU)
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "format": 2}))
    with pytest.raises(CheckpointError, match="update DefectStudio"):
        load_generator(folder, CPU)
    (folder / CARD).write_text("{")
    with pytest.raises(CheckpointError, match="not valid"):
        load_generator(folder, CPU)


def test_weights_of_another_network_are_refused(tiny_generator):
    folder, other = tiny_generator(channels=3), tiny_generator(channels=1)
    card = json.loads((folder / CARD).read_text())
    digest = json.loads((other / CARD).read_text())["weights_sha256"]
    (folder / WEIGHTS).write_bytes((other / WEIGHTS).read_bytes())
    (folder / CARD).write_text(json.dumps({**card, "weights_sha256": digest}))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_generator(folder, CPU)


def test_a_card_from_before_there_were_kinds_is_one_of_dcdganc(tiny_generator):
    folder = tiny_generator()
    card = json.loads((folder / CARD).read_text())
    del card["config"]["kind"]
    card["config"]["autocast"] = True
    (folder / CARD).write_text(json.dumps({**card, "kind": "dcdganc"}))
    found = load_card(folder)
    assert (found.kind, found.config.kind, found.config.autocast) == ("dcdganc", "dcdganc", "on")
    assert load_generator(folder, CPU).fills_mask


def test_a_card_from_before_there_was_a_projected_discriminator_learned_from_no_network(
    tiny_generator,
):
    folder = tiny_generator()
    card = json.loads((folder / CARD).read_text())
    for later in ("projected", "combined", "dilate"):
        del card["config"][later]
    (folder / CARD).write_text(json.dumps(card))
    assert load_card(folder).config.learned_from == ""


def test_an_unknown_kind_is_refused(tiny_generator):
    folder = tiny_generator()
    card = json.loads((folder / CARD).read_text())
    card["config"]["kind"] = "later"
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match="later"):
        load_generator(folder, CPU)
