"""Weights on disk: safetensors only, written beside and renamed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.files import sha256_file, write_beside


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> str:
    """Write tensors beside and rename; returns the file's SHA-256."""
    plain = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    write_beside(path, lambda beside: save_file(plain, beside))
    return sha256_file(path)


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file. Raises CheckpointError when it is missing or damaged."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"the weights cannot be read ({error})",
            subject=path,
            remedy="Resume from another checkpoint or train again.",
        ) from error
