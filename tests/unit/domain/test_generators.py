"""Kinds of generators: one configuration each, found again by its kind."""

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
    found = CONFIG.validate_python({"source": "constant", "autocast": then})
    assert found == DcdgancConfig(source="constant", autocast=now)


def test_bounds_hold_by_kind():
    with pytest.raises(ValidationError, match="blocks"):
        CONFIG.validate_python({"kind": "cyclegan", "blocks": 99})
    with pytest.raises(ValidationError, match="later"):
        CONFIG.validate_python({"kind": "later"})


def test_a_card_says_its_kind():
    card = GeneratorCard(DcdgancConfig(kind="adain"), 3, {}, {}, 0, (), "train", "", {})
    assert card.kind == "adain"
    assert not replace(card, config=DcdgancConfig(source="constant")).config.fills_mask


def test_presets_name_fields_and_the_paper_differs_from_the_default():
    names = {field.name for field in fields(DcdgancConfig)}
    assert all(set(preset) <= names for preset in PRESETS.values())
    assert DcdgancConfig(**PRESETS["recommended"]) == DcdgancConfig()
    paper = DcdgancConfig(**PRESETS["paper"])
    assert (paper.source, paper.height, paper.batch, paper.ema) == ("constant", 256, 20, 0.0)
    assert CONFIG.validate_python(paper) == paper
