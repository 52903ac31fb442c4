"""Where work is done; a module of its own, since the settings of the window know nothing else."""

from __future__ import annotations

from typing import Literal

Device = Literal["auto", "cpu", "cuda"]
