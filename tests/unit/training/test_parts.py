"""What the tasks share."""

import pytest
import torch

from defectstudio.training.parts import set_rate


@pytest.mark.parametrize(
    ("step", "decay", "wanted"),
    [(0, 1.0, 0.2), (5, 1.0, 0.1), (10, 1.0, 0.0), (7, 0.0, 0.2), (5, 2.0, 0.05), (11, 1.0, 0.0)],
)
def test_the_rate_falls_to_nothing_over_the_steps(step, decay, wanted):
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=1.0)
    set_rate(optimizer, 0.2, step, 10, decay)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(wanted)
