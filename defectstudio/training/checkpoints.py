"""Checkpoints: safetensors and JSON, written beside and renamed; nothing is unpickled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from defectstudio.domain.errors import CheckpointError, UserError
from defectstudio.domain.files import has_sha256, inside, read_json, write_json
from defectstudio.networks.weights import load_tensors, save_tensors

STATE, META = "state.safetensors", "state.json"


def save_state(folder: Path, step: int, tensors: Mapping[str, Tensor], meta: Any) -> None:
    """Write a training state: tensors under a name of their own, then the JSON that names them.

    A kill between the two leaves the older pair valid; files no JSON names are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{step:07d}_{STATE}"
    digest = save_tensors(folder / name, tensors)
    write_json(folder / META, {"step": step, "file": name, "sha256": digest, "meta": meta})
    for old in folder.glob(f"*_{STATE}"):
        if old.name != name:
            old.unlink(missing_ok=True)


def load_state(folder: Path) -> tuple[int, dict[str, Tensor], Any] | None:
    """The newest state: step, tensors, meta; None when there is none.

    Raises CheckpointError when it is damaged or its hash differs.
    """
    path = folder / META
    if not path.exists():
        return None
    try:
        state = read_json(path)
        file, step, digest = inside(folder, state["file"]), int(state["step"]), state["sha256"]
        meta = state["meta"]
    except (OSError, UserError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise CheckpointError(
            "the checkpoint's JSON is damaged", subject=path, remedy="Start the training anew."
        ) from error
    if not has_sha256(file, digest):
        raise CheckpointError(
            "the checkpoint's weights are missing or changed",
            subject=file,
            remedy="Start the training anew.",
        )
    return step, load_tensors(file), meta


def optimizer_tensors(name: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as named tensors (Adam: step and two moments a parameter)."""
    return {
        f"{name}.{index}.{key}": torch.as_tensor(value)
        for index, state in optimizer.state_dict()["state"].items()
        for key, value in state.items()
    }


def load_optimizer(
    name: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put tensors of `optimizer_tensors` back. Raises CheckpointError for others."""
    state: dict[int, dict[str, Tensor]] = {}
    try:
        for full, tensor in tensors.items():
            if full.startswith(f"{name}."):
                index, key = full[len(name) + 1 :].split(".", 1)
                state.setdefault(int(index), {})[key] = tensor.clone()
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    except (ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(
            "the checkpoint does not fit the training", remedy="Start the training anew."
        ) from error
