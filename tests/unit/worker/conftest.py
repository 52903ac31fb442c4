"""What the tests of the handlers share."""

import pytest
import torch


class Owner:
    """Stands for the channel: keeps the events, asks to stop after `patience` of them."""

    def __init__(self, patience=10_000):
        self.events, self.patience = [], patience

    def emit(self, event):
        self.events.append(event)

    def stop(self):
        return "cancelled" if len(self.events) > self.patience else ""


@pytest.fixture
def make_owner():
    """make(patience=10_000) -> an Owner."""
    return Owner


@pytest.fixture
def one_thread(monkeypatch):
    """As workers of one thread compute: several threads give other last bits."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
