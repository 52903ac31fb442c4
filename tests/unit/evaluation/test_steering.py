"""What style and class decide, of generators of which that is known."""

import numpy as np
import pytest

from defectstudio.evaluation.arms import POOLED
from defectstudio.synthesis.generators.content import Content


@pytest.fixture
def painter(fake):
    """Fills the mask with the noise of a level that class and seed choose."""

    class Painter(fake):
        def __init__(self, level_of, noise_seed=None, **given):
            super().__init__(**given)
            self.level_of, self.noise_seed = level_of, noise_seed

        def generate(self, class_id, seed, mask, surface):
            del surface
            own = seed if self.noise_seed is None else self.noise_seed
            noise = np.random.default_rng(own).normal(0, 0.05, (*mask.shape, 3))
            pixels = np.clip(self.level_of(class_id, seed) + noise, 0, 1)
            return Content(pixels.astype(np.float32), mask)

    return Painter


def _steering(compared, generator, **changes):
    result, *_ = compared(("g", generator), **changes)
    return {name: one.steering for name, one in result.arms[0].generators[0].by_class.items()}


def test_a_seed_that_changes_nothing(compared, painter):
    found = _steering(compared, painter(lambda class_id, _: 0.1 * class_id, noise_seed=3))
    assert found["hole"].seed == pytest.approx(0, abs=1e-3)


def test_a_seed_that_changes_the_look(compared, painter):
    found = _steering(compared, painter(lambda _, seed: 0.05 + 0.9 * (seed % 7) / 6))
    assert found["hole"].seed > 1
    assert found["hole"].style is None  # this generator does not tell style from noise


def test_a_class_is_told_by_its_look_in_the_masks_of_others(compared, painter):
    """Real holes are dark, real scratches bright."""
    right = _steering(compared, painter(lambda class_id, _: 0.15 if class_id == 1 else 0.9))
    assert right[POOLED].agreement >= 0.75
    assert right[POOLED].agreement_real >= 0.9
    wrong = _steering(compared, painter(lambda class_id, _: 0.9 if class_id == 1 else 0.15))
    assert wrong[POOLED].agreement <= 0.25


def test_one_class_alone_has_no_agreement(compared, fake):
    found = _steering(compared, fake(classes={1: "hole"}))
    assert (found["hole"].agreement, found["hole"].agreement_real) == (None, None)


def test_without_real_pairs_there_is_no_unit(compared, fake, spec):
    assert _steering(compared, fake(), test=spec.test[:1])["hole"].seed is None
