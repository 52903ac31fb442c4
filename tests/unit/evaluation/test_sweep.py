"""Counts at many thresholds against counting the pixels."""

import numpy as np

from defectstudio.evaluation.sweep import STEPS, levels_of_sweep, sweep
from defectstudio.metrics.regions import no_overlaps, overlaps
from defectstudio.metrics.scores import LEVELS, count, nothing


def test_every_level_counts_what_lies_at_it_or_above():
    rng = np.random.default_rng(3)
    levels = rng.integers(0, LEVELS, (20, 30)).astype(np.uint16)
    truth = np.zeros((20, 30), bool)
    truth[3:8, 4:9] = truth[12:15, 20:29] = True
    wanted = levels_of_sweep(1234, 40_000)
    assert {0, 1234, 40_000, LEVELS} <= set(wanted) and len(wanted) == STEPS + 3
    assert wanted == sorted(wanted)
    told = sweep(count(levels, truth), overlaps(levels, truth), wanted)
    assert (told.positives, told.negatives) == (52, 548)
    for place, level in enumerate(wanted):
        found = levels >= level
        assert told.hits[place] == (found & truth).sum()
        assert told.false_alarms[place] == (found & ~truth).sum()
        parts = [found[3:8, 4:9].mean(), found[12:15, 20:29].mean()]
        assert abs(told.overlap[place] - np.mean(parts)) < 1e-5


def test_without_a_defect_there_is_no_overlap():
    told = sweep(nothing(), no_overlaps(), levels_of_sweep())
    assert told.overlap == () and set(told.hits) == {0} and told.positives == 0
