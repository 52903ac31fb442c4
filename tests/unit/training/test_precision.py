"""bfloat16 only where it pays, unless it is asked for."""

import pytest
import torch

from defectstudio.training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("wanted", "pays", "found"),
    [("auto", True, True), ("auto", False, False), ("on", False, True), ("off", True, False)],
)
def test_autocast(monkeypatch, wanted, pays, found):
    monkeypatch.setattr(precision, "bfloat16_pays", lambda device: pays)
    with precision.autocast(wanted, CPU):
        made = torch.ones(2, 2) @ torch.ones(2, 2)
    assert (made.dtype == torch.bfloat16) is found


def test_the_machine_is_asked():
    assert precision.bfloat16_pays(CPU) in (True, False)
