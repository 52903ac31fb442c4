"""Weights on disk."""

import pytest
import torch

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.files import sha256_file
from defectstudio.networks.weights import load_tensors, save_tensors


def test_round_trip_and_hash(tmp_path):
    tensors = {"a": torch.randn(3, 4).t(), "b": torch.tensor(7)}
    digest = save_tensors(tmp_path / "w.safetensors", tensors)
    loaded = load_tensors(tmp_path / "w.safetensors")
    assert digest == sha256_file(tmp_path / "w.safetensors")
    assert all(torch.equal(loaded[k], v) for k, v in tensors.items())
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.safetensors"):
        load_tensors(tmp_path / "none.safetensors")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x80\x04pickle?")
    with pytest.raises(CheckpointError, match=r"bad\.safetensors"):
        load_tensors(bad)
