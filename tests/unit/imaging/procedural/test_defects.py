import numpy as np
import pytest

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.defects import paint
from defectstudio.imaging.procedural.scenes import scene
from defectstudio.imaging.procedural.shapes import DEFECTS
from defectstudio.imaging.procedural.textures import TEXTURES, surface

pairs = pytest.mark.parametrize(
    "texture, kind", [(texture, kind) for texture in TEXTURES for kind in DEFECTS]
)
VISIBLE = 4
"""Grey levels."""


@pairs
def test_the_mask_holds_every_change_and_most_of_it_is_visible(texture: str, kind: str) -> None:
    for seed, (height, width) in enumerate([(256, 256), (64, 64), (90, 170), (200, 70)]):
        made = scene(texture, kind, height, width, np.random.default_rng(seed))
        change = np.abs(made.image.astype(int) - made.clean).max(axis=2)
        assert not change[~made.mask].any()
        assert (change[made.mask] > VISIBLE).mean() > 0.75
        assert 20 <= made.mask.sum() <= 0.25 * height * width


@pairs
def test_the_mask_is_tight(texture: str, kind: str) -> None:
    """The rim of the mask, too, is mostly visible: the mask is not a dilated one."""
    visible = []
    for seed in range(4):
        made = scene(texture, kind, 192, 192, np.random.default_rng(seed))
        change = np.abs(made.image.astype(int) - made.clean).max(axis=2)
        inner = made.mask[1:-1, 1:-1].copy()
        inner &= made.mask[:-2, 1:-1] & made.mask[2:, 1:-1]
        inner &= made.mask[1:-1, :-2] & made.mask[1:-1, 2:]
        rim = made.mask.copy()
        rim[1:-1, 1:-1] &= ~inner
        visible.append((change[rim] > VISIBLE).mean())
    assert np.mean(visible) > 0.7


@pytest.mark.parametrize(
    "texture, kind, sign",
    [
        ("metal", "crack", -1),
        ("metal", "hole", -1),
        ("fabric", "crack", -1),
        ("fabric", "hole", -1),
        ("wood", "crack", -1),
        ("wood", "hole", -1),
        ("metal", "stain", -1),
        ("fabric", "stain", -1),
        ("wood", "stain", -1),
        ("fabric", "scratch", 1),
    ],
)
def test_gaps_and_spills_are_darker_and_rubbed_cloth_is_paler(
    texture: str, kind: str, sign: int
) -> None:
    for seed in range(5):
        made = scene(texture, kind, 128, 128, np.random.default_rng(seed))
        inside = made.image[made.mask].astype(float) - made.clean[made.mask]
        assert sign * inside.mean() > 5


def test_a_scratch_on_metal_has_a_bright_burr_and_a_shaded_flank() -> None:
    for seed in range(5):
        made = scene("metal", "scratch", 128, 128, np.random.default_rng(seed))
        inside = made.image[made.mask].astype(float) - made.clean[made.mask]
        assert (inside > 15).mean() > 0.2
        assert (inside < -10).mean() > 0.1


def test_a_crack_in_wood_runs_along_the_grain() -> None:
    for seed in range(8):
        made = scene("wood", "crack", 160, 160, np.random.default_rng(seed))
        rows, columns = np.nonzero(made.mask)
        assert np.ptp(columns) > 2 * np.ptp(rows)


def test_an_unknown_kind_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(SettingError, match="unknown") as caught:
        paint(surface("wood", 64, 64, rng), "wood", "dent", rng)
    assert caught.value.subject == "dent"
