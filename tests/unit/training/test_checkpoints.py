"""Training states on disk."""

import json

import pytest
import torch
from torch import nn

from defectstudio.domain.errors import CheckpointError
from defectstudio.training.checkpoints import (
    META,
    load_optimizer,
    load_state,
    optimizer_tensors,
    save_state,
)


def test_round_trip_keeps_only_the_newest(tmp_path):
    save_state(tmp_path, 5, {"a": torch.ones(2)}, {"x": 1})
    save_state(tmp_path, 9, {"a": torch.zeros(2)}, {"x": 2})
    step, tensors, meta = load_state(tmp_path)
    assert (step, meta) == (9, {"x": 2})
    assert torch.equal(tensors["a"], torch.zeros(2))
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_there(tmp_path):
    assert load_state(tmp_path) is None


def test_damage_is_found(tmp_path):
    save_state(tmp_path, 5, {"a": torch.ones(2)}, {})
    weights = next(tmp_path.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    with pytest.raises(CheckpointError, match="missing or changed"):
        load_state(tmp_path)
    (tmp_path / "state.json").write_text(json.dumps({"step": "x"}))
    with pytest.raises(CheckpointError, match="damaged"):
        load_state(tmp_path)


def test_a_state_cannot_name_a_file_outside(tmp_path):
    save_state(tmp_path / "run", 5, {"a": torch.ones(2)}, {})
    state = json.loads((tmp_path / "run" / "state.json").read_text())
    state["file"] = "../other.safetensors"
    (tmp_path / "other.safetensors").write_bytes(b"")
    (tmp_path / "run" / "state.json").write_text(json.dumps(state))
    with pytest.raises(CheckpointError, match="JSON is damaged"):
        load_state(tmp_path / "run")


def test_adam_goes_on_as_if_never_stopped():
    torch.manual_seed(0)
    first, second = nn.Linear(3, 1), nn.Linear(3, 1)
    second.load_state_dict(first.state_dict())
    opt1, opt2 = (torch.optim.Adam(net.parameters(), lr=0.1) for net in (first, second))
    x = torch.randn(8, 3)

    def step(net, opt):
        opt.zero_grad()
        net(x).square().mean().backward()
        opt.step()

    step(first, opt1)
    second.load_state_dict(first.state_dict())
    load_optimizer("o", opt2, optimizer_tensors("o", opt1))
    step(first, opt1)
    step(second, opt2)
    assert torch.equal(first.weight, second.weight)


@pytest.mark.parametrize(
    "change", [{"step": float("inf")}, {"step": None}, {"meta": ...}, {"file": ".."}, {"file": 7}]
)
def test_json_of_another_kind(tmp_path, change):
    save_state(tmp_path, 7, {"a": torch.ones(2)}, {})
    told = {**json.loads((tmp_path / META).read_text()), **change}
    (tmp_path / META).write_text(json.dumps({k: v for k, v in told.items() if v is not ...}))
    with pytest.raises(CheckpointError):
        load_state(tmp_path)
    (tmp_path / META).write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="JSON is damaged"):
        load_state(tmp_path)


def test_moments_of_another_optimizer():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(2))])
    for name in ("o.0.exp_avg", "o.x.step", "o.9"):
        with pytest.raises(CheckpointError, match="does not fit"):
            load_optimizer("o", optimizer, {name: torch.zeros(2)})
