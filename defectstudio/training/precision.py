"""In which precision a training computes."""

from __future__ import annotations

import torch

from defectstudio.domain.run_config import Autocast


def autocast(wanted: Autocast, device: torch.device) -> torch.autocast:
    """The context of a training step: bfloat16 where it is wanted, or "auto" and it pays."""
    enabled = wanted == "on" or (wanted == "auto" and bfloat16_pays(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def bfloat16_pays(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 itself: CPUs that emulate it take ten times longer.

    On a CPU oneDNN decides; a torch without oneDNN has no such operator.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    native = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return native is not None and bool(native())
