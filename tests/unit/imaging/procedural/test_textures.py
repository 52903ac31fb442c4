import numpy as np
import pytest

from defectstudio.domain.errors import SettingError
from defectstudio.imaging.procedural.textures import TEXTURES, background, develop, surface


@pytest.mark.parametrize("texture", TEXTURES)
@pytest.mark.parametrize("height, width", [(64, 64), (97, 211), (256, 256)])
def test_a_background_is_colour_and_well_exposed(texture: str, height: int, width: int) -> None:
    image = background(texture, height, width, np.random.default_rng(0))
    assert image.dtype == np.uint8
    assert image.shape == (height, width, 3)
    assert 70 < image.mean() < 200
    assert (image == 255).mean() < 0.005
    assert (image == 0).mean() < 0.005
    assert image.std() > 4


@pytest.mark.parametrize("texture", TEXTURES)
def test_the_same_seed_makes_the_same_bytes_and_another_other_ones(texture: str) -> None:
    first = background(texture, 128, 96, np.random.default_rng(3))
    assert np.array_equal(first, background(texture, 128, 96, np.random.default_rng(3)))
    other = background(texture, 128, 96, np.random.default_rng(4))
    alike = np.corrcoef(first[:, :, 1].ravel(), other[:, :, 1].ravel())[0, 1]
    assert abs(alike) < 0.6


@pytest.mark.parametrize("texture", TEXTURES)
def test_images_of_one_texture_vary_in_light_but_not_in_kind(texture: str) -> None:
    means = np.array(
        [background(texture, 96, 96, np.random.default_rng(s)).mean(axis=(0, 1)) for s in range(10)]
    )
    assert means.std(axis=0).max() > 0.5
    assert np.ptp(means, axis=0).max() < 50


@pytest.mark.parametrize("texture", ["metal", "wood"])
def test_brushing_and_wood_run_along_rows(texture: str) -> None:
    image = background(texture, 192, 192, np.random.default_rng(1)).astype(float).mean(axis=2)
    coarse = image.reshape(96, 2, 96, 2).mean(axis=(1, 3))
    along, across = np.abs(np.diff(coarse, axis=1)).mean(), np.abs(np.diff(coarse, axis=0)).mean()
    assert across > 1.25 * along


def test_cloth_repeats_with_its_pitch() -> None:
    made = surface("fabric", 256, 256, np.random.default_rng(2))
    assert 9 < made.pitch < 13
    row_means = made.colour.mean(axis=2)
    spectrum = np.abs(np.fft.rfft(row_means - row_means.mean(axis=1, keepdims=True), axis=1))
    power = spectrum.mean(axis=0)
    strongest = 8 + int(np.argmax(power[8:60]))
    # One under and one over: the weave's basic period along a row is two yarns, or one.
    assert 256 / strongest == pytest.approx(made.pitch, rel=0.15) or 256 / strongest == (
        pytest.approx(2 * made.pitch, rel=0.15)
    )


def test_noise_is_a_sensors_noise() -> None:
    rng = np.random.default_rng(0)
    noise = surface("metal", 200, 200, rng).noise
    dark = develop(np.full((200, 200, 3), 0.05, dtype=np.float32), noise).astype(float)
    bright = develop(np.full((200, 200, 3), 0.8, dtype=np.float32), noise).astype(float)
    assert 0.5 < dark.std() < bright.std() < 6
    assert bright.mean() == pytest.approx(0.8 * 255, abs=0.3)


def test_develop_clips() -> None:
    colour = np.full((8, 8, 3), 7.0, dtype=np.float32)
    silent = np.zeros((8, 8, 3), dtype=np.float32)
    assert (develop(colour, silent) == 255).all()
    assert (develop(-colour, silent) == 0).all()


def test_an_unknown_texture_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown") as caught:
        background("marble", 64, 64, np.random.default_rng(0))
    assert caught.value.subject == "marble"
    assert "wood" in caught.value.remedy


@pytest.mark.parametrize("height, width", [(63, 64), (64, 63), (4097, 64), (64, 4097), (-1, 64)])
def test_a_size_out_of_bounds_is_refused(height: int, width: int) -> None:
    with pytest.raises(SettingError, match="out of bounds"):
        background("metal", height, width, np.random.default_rng(0))
