"""What will be downloaded, and whether there is room for it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bootstrapping.talk import SetupError, say

_GB = 1e9


@dataclass(frozen=True)
class Size:
    """Gigabytes to download and on disk."""

    download: float
    disk: float

    def __add__(self, other: Size) -> Size:
        return Size(self.download + other.download, self.disk + other.disk)


LIBRARIES = Size(0.3, 0.9)
TEST_TOOLS = Size(0.05, 0.15)
TORCH_CPU = Size(0.25, 0.9)
TORCH_CUDA = Size(3.0, 5.5)


def of_torch(kind: str) -> Size:
    """About what a build of PyTorch weighs here; the default brings CUDA on Linux only."""
    brings_cuda = kind == "cuda" or (kind == "default" and sys.platform == "linux")
    return TORCH_CUDA if brings_cuda else TORCH_CPU


def announce(kind: str, *, test: bool) -> Size:
    """Say what a whole set-up downloads, and return its size."""
    torch = of_torch(kind)
    whole = torch + LIBRARIES + (TEST_TOOLS if test else Size(0, 0))
    say("Setting DefectStudio up in .venv. This downloads, unless pip already has it:")
    say(f"    PyTorch, {kind} build: about {_readable(torch.download)}")
    say(f"    Qt, NumPy, OpenCV and others: about {_readable(whole.download - torch.download)}")
    say(f"It takes about {whole.disk:.1f} GB of disk.")
    if torch is TORCH_CUDA and kind == "default" and shutil.which("nvidia-smi") is None:
        say("No NVIDIA driver was found here: `--torch cpu` does as well and is far smaller.")
    return whole


def check_room(folder: Path, size: Size) -> None:
    """Raises SetupError when the disk of `folder` cannot hold what will be installed."""
    free = shutil.disk_usage(folder).free / _GB
    if free < size.disk:
        cheaper = size.disk > TORCH_CUDA.disk
        advice = "Make room, or take the small build: --torch cpu" if cheaper else "Make room."
        raise SetupError(
            f"Not enough room in {folder}: about {size.disk:.0f} GB are needed,"
            f" {free:.1f} GB are free.\n{advice}"
        )


def _readable(gigabytes: float) -> str:
    return f"{gigabytes:.1f} GB" if gigabytes >= 1 else f"{1000 * gigabytes:.0f} MB"
