import numpy as np
import pytest

from defectstudio.imaging.procedural import noise


@pytest.mark.parametrize("row_px, column_px", [(1, 1), (5, 5), (3, 40), (40, 3), (30, 60)])
def test_smooth_has_zero_mean_and_about_unit_deviation(row_px: float, column_px: float) -> None:
    fields = [
        noise.smooth(300, 300, np.random.default_rng(s), row_px=row_px, column_px=column_px)
        for s in range(12)
    ]
    every = np.stack(fields)
    assert every.dtype == np.float32
    assert every.shape == (12, 300, 300)
    assert abs(every.mean()) < 0.15
    assert 0.75 < every.std() < 1.35


def test_smooth_features_have_the_size_asked_for() -> None:
    field = noise.smooth(256, 256, np.random.default_rng(1), row_px=4, column_px=32)
    centred = field - field.mean()

    def likeness(shift: int, axis: int) -> float:
        other = np.roll(centred, shift, axis)
        return float((centred * other).mean() / (centred * centred).mean())

    assert likeness(8, 1) > 0.8  # a quarter of a feature along columns: nearly the same
    assert abs(likeness(8, 0)) < 0.3  # two features along rows: unrelated


@pytest.mark.parametrize("length_px", [2.0, 6.0, 28.0, 110.0])
def test_streaks_are_independent_rows_of_unit_deviation(length_px: float) -> None:
    field = noise.streaks(600, 400, np.random.default_rng(2), length_px=length_px)
    assert field.shape == (600, 400)
    assert 0.85 < field.std() < 1.15
    between = np.corrcoef(field[:-1].ravel(), field[1:].ravel())[0, 1]
    assert abs(between) < 0.1
    along = np.corrcoef(field[:, :-1].ravel(), field[:, 1:].ravel())[0, 1]
    # The correlation of white noise blurred by a Gaussian: exp(-d^2 / (4 sigma^2)).
    assert along == pytest.approx(np.exp(-1 / (4 * length_px**2)), abs=0.03)


def test_streaks_vary_as_much_in_every_column() -> None:
    spread = noise.streaks(4000, 200, np.random.default_rng(3), length_px=40.0).std(axis=0)
    assert spread.max() / spread.min() < 1.15


def test_fractal_adds_finer_detail() -> None:
    coarse = noise.fractal(200, 200, np.random.default_rng(4), row_px=40, column_px=40, octaves=1)
    fine = noise.fractal(200, 200, np.random.default_rng(4), row_px=40, column_px=40, octaves=4)
    assert np.abs(np.diff(fine)).mean() > 1.5 * np.abs(np.diff(coarse)).mean()
    assert 0.5 < fine.std() < 1.6


def test_soften_keeps_the_sum_and_copies_at_zero() -> None:
    field = np.zeros((41, 41), dtype=np.float32)
    field[20, 20] = 1
    assert noise.soften(field, 2.0).sum() == pytest.approx(1, abs=1e-4)
    same = noise.soften(field, 0)
    assert np.array_equal(same, field)
    assert same is not field


def test_step_rises_and_falls() -> None:
    x = np.linspace(-2, 2, 9, dtype=np.float32)
    up = noise.step(-1, 1, x)
    assert up[0] == up[1] == up[2] == 0
    assert up[-1] == 1
    assert up[4] == pytest.approx(0.5)
    assert (np.diff(up) >= 0).all()
    assert np.allclose(noise.step(1, -1, x), 1 - up, atol=1e-6)
