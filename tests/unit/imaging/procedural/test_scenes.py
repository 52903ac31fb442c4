import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.scenes import defective, scene, write_sample_set
from defectstudio.imaging.procedural.shapes import DEFECTS
from defectstudio.imaging.procedural.textures import background


def test_a_normal_scene_is_the_background() -> None:
    made = scene("metal", None, 80, 100, np.random.default_rng(1))
    assert np.array_equal(made.image, background("metal", 80, 100, np.random.default_rng(1)))
    assert np.array_equal(made.image, made.clean)
    assert not made.mask.any()
    assert made.defect is None


@pytest.mark.parametrize("texture", ["metal", "fabric", "wood"])
@pytest.mark.parametrize("kind", DEFECTS)
def test_the_same_seed_makes_the_same_bytes(texture: str, kind: str) -> None:
    image, mask = defective(texture, kind, 96, 72, np.random.default_rng(9))
    again, mask_again = defective(texture, kind, 96, 72, np.random.default_rng(9))
    assert image.tobytes() == again.tobytes()
    assert mask.tobytes() == mask_again.tobytes()
    assert image.shape == (96, 72, 3)
    assert image.dtype == np.uint8
    assert mask.shape == (96, 72)
    assert mask.dtype == np.bool_


def test_no_global_random_state_is_touched() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    defective("fabric", "hole", 64, 64, np.random.default_rng(0))
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.png"))
    }


def test_a_sample_set_has_the_layout_of_an_import(tmp_path: Path) -> None:
    count = write_sample_set(
        tmp_path / "a", "wood", np.random.default_rng(4), height=64, width=80, per_class=2, good=3
    )
    assert count == 3 + 2 * len(DEFECTS)
    made = _hashes(tmp_path / "a")
    expected = {f"good/images/{n:03}.png" for n in range(3)}
    for kind in DEFECTS:
        expected |= {f"{kind}/{part}/{n:03}.png" for part in ("images", "masks") for n in (0, 1)}
    assert set(made) == expected
    with Image.open(tmp_path / "a" / "hole" / "masks" / "001.png") as mask:
        assert mask.mode == "L"
        assert mask.size == (80, 64)
        assert set(np.unique(np.asarray(mask))) == {0, 255}
    with Image.open(tmp_path / "a" / "hole" / "images" / "001.png") as image:
        assert image.mode == "RGB"
    write_sample_set(
        tmp_path / "b", "wood", np.random.default_rng(4), height=64, width=80, per_class=2, good=3
    )
    assert made == _hashes(tmp_path / "b")
    assert len(set(made.values())) == len(made)


def test_a_sample_set_of_an_unknown_texture_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        write_sample_set(tmp_path / "a", "marble", np.random.default_rng(0))
    assert not (tmp_path / "a").exists()
