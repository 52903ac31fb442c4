from __future__ import annotations

import pytest

from defectstudio.app.validation import parse_json, read_settings, settings, spread
from defectstudio.domain.errors import CheckpointError, SettingError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.domain.recipe import BlendSettings, RefineSettings
from defectstudio.domain.specs import PlacementSettings


def test_text_becomes_the_fields_type():
    made = settings(DcdgancConfig, {"steps": "20", "deterministic": "true", "ema": "0.5"})
    assert made == DcdgancConfig(steps=20, deterministic=True, ema=0.5)


def test_what_is_not_given_stays():
    base = DcdgancConfig(height=128)
    assert settings(DcdgancConfig, {"steps": 3}, base) == DcdgancConfig(height=128, steps=3)


@pytest.mark.parametrize(
    ("given", "subject", "words"),
    [
        ({"steps": "0"}, "steps", ["'0'", "a whole number from 1 to 10000000"]),
        ({"steps": "many"}, "steps", ["'many'", "from 1"]),
        ({"ema": "1.5"}, "ema", ["a number from 0 to 0.99999"]),
        ({"deterministic": "perhaps"}, "deterministic", ["true or false"]),
        ({"source": "photo"}, "source", ["mask or constant"]),
        ({"stepps": "5"}, "stepps", ["Did you mean steps"]),
        ({"zzzzz": "5"}, "zzzzz", ["There are: height, width"]),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(given, subject, words):
    with pytest.raises(SettingError) as caught:
        settings(DcdgancConfig, given)
    assert caught.value.subject == subject
    assert all(word in str(caught.value) for word in words)


def test_settings_come_from_a_preset_or_a_file(tmp_path):
    assert read_settings("paper", "dcdganc")["source"] == "constant"
    assert read_settings("paper", "dst")["w_content"] == 1e5
    with pytest.raises(SettingError, match="stylegan2 has no preset of this name"):
        read_settings("paper", "stylegan2")
    path = tmp_path / "mine.json"
    path.write_text('{"steps": 5}')
    assert read_settings(str(path), "dcdganc") == {"steps": 5}
    path.write_text("[]")
    with pytest.raises(SettingError, match="no settings"):
        read_settings(str(path), "dcdganc")
    with pytest.raises(SettingError, match="recommended or paper"):
        read_settings("papers", "dcdganc")


def test_settings_are_dealt_out_by_name():
    kinds = (BlendSettings, RefineSettings, PlacementSettings)
    dealt = spread({"ramp_px": "3", "gap": "9", "threshold": "0.1"}, *kinds)
    assert dealt == [{"ramp_px": "3"}, {"threshold": "0.1"}, {"gap": "9"}]
    with pytest.raises(SettingError, match="ramp_px"):
        spread({"ramp": "3"}, *kinds)


def test_a_json_file_is_read_or_named(tmp_path):
    path = tmp_path / "blend.json"
    path.write_text('{"ramp_px": 7}')
    assert parse_json(BlendSettings, path, CheckpointError, "") == BlendSettings(ramp_px=7)
    path.write_text('{"ramp_px": 70}')
    with pytest.raises(CheckpointError, match=r"blend\.json.*ramp_px"):
        parse_json(BlendSettings, path, CheckpointError, "")
    with pytest.raises(CheckpointError, match="No such file"):
        parse_json(BlendSettings, tmp_path / "none.json", CheckpointError, "")
