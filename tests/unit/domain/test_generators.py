"""Kinds of generators: one configuration each, found again by its kind."""

import json
from dataclasses import fields, replace
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.files import to_json
from defectstudio.domain.generators import (
    CONFIGS,
    PRESETS,
    DcdgancConfig,
    GeneratorCard,
    GeneratorConfig,
    Kind,
)
from defectstudio.domain.transfer import REACH, DstConfig, HistmatchConfig

CONFIG = TypeAdapter(GeneratorConfig)


def test_every_kind_has_a_configuration():
    assert tuple(CONFIGS) == get_args(Kind)


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_configuration_is_found_again_by_its_kind(kind):
    config = CONFIGS[kind](kind=kind, seed=7)
    found = CONFIG.validate_json(to_json(config))
    assert (type(found), found, found.kind) == (CONFIGS[kind], config, kind)
    assert CONFIG.validate_python(config) == config


@pytest.mark.parametrize(("then", "now"), [(True, "on"), (False, "off")])
def test_configurations_from_before_there_were_kinds(then, now):
    old = {"source": "constant", "autocast": then, "oriented": then}
    assert CONFIG.validate_python(old) == DcdgancConfig(
        source="constant", autocast=now, oriented=now
    )


def test_bounds_hold_by_kind():
    with pytest.raises(ValidationError, match="blocks"):
        CONFIG.validate_python({"kind": "cyclegan", "blocks": 99})
    with pytest.raises(ValidationError, match="later"):
        CONFIG.validate_python({"kind": "later"})


def test_a_card_says_its_kind():
    card = GeneratorCard(DcdgancConfig(kind="adain"), 3, {}, {}, 0, (), "train", "", {})
    assert card.kind == "adain"
    assert not replace(card, config=DcdgancConfig(source="constant")).config.fills_mask


@pytest.mark.parametrize(("kind", "name", "then"), [("dcdganc", "projected", False),
                                                    ("dcdganc", "lambda_cls", 0.0),
                                                    ("dcdganc", "shrink", 0.0),
                                                    ("dst", "decay", 0.0),
                                                    ("paste", "oriented", "off")])  # fmt: skip
def test_a_card_from_before_a_setting_means_what_was_done_then(kind, name, then):
    card = GeneratorCard(CONFIGS[kind](), 3, {}, {}, 0, (), "train", "", {})
    data = json.loads(to_json(card))
    written = TypeAdapter(GeneratorCard).validate_python(data)
    del data["config"][name]
    old = TypeAdapter(GeneratorCard).validate_python(data)
    assert getattr(old.config, name) == then != getattr(written.config, name)


def test_presets_name_fields_and_the_paper_differs_from_the_default():
    for known in PRESETS.values():
        for kind, preset in known.items():
            assert set(preset) <= {field.name for field in fields(CONFIGS[kind])}
    assert all(preset == {} for preset in PRESETS["recommended"].values())
    assert DstConfig(**PRESETS["paper"]["dst"]).w_content == 1e5
    paper = DcdgancConfig(**PRESETS["paper"]["dcdganc"])
    assert (paper.source, paper.height, paper.batch, paper.ema) == ("constant", 256, 20, 0.0)
    assert CONFIG.validate_python(paper) == paper


def test_what_works_from_references_fuses_by_itself():
    assert {kind for kind, config in CONFIGS.items() if config().blend_mode == "alpha"} == {
        "dst", "histmatch",
    }  # fmt: skip
    assert HistmatchConfig().context(10, 10) == (0, 0)


def test_dst_sees_at_least_its_canvas():
    config = DstConfig(height=128, width=100)
    assert config.context(28, 101) == (50, REACH)
    for height in range(1, 300, 7):
        rows, _ = config.context(height, 8)
        assert height + 2 * rows >= 128 and rows >= REACH
