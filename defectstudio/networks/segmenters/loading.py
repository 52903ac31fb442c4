"""Segmenters from their folders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.files import read_plain, sha256_file
from defectstudio.domain.segmenters import CARD, WEIGHTS, SegmenterCard
from defectstudio.imaging.channels import with_channels
from defectstudio.imaging.reading import to_unit
from defectstudio.imaging.types import Image, Unit
from defectstudio.networks.segmenters.registry import make_segmenter
from defectstudio.networks.segmenters.tiled import predicted
from defectstudio.networks.weights import load_tensors


@dataclass(frozen=True)
class LoadedSegmenter:
    """A trained segmenter in evaluation mode, and what it says of itself."""

    net: nn.Module
    card: SegmenterCard
    device: torch.device

    def logits(self, pixels: Image) -> Unit:
        """Of an image of any size and depth: (H, W, outputs)."""
        return predicted(self.net, with_channels(to_unit(pixels), self.card.channels), self.device)


def load_segmenter(folder: Path, device: torch.device) -> LoadedSegmenter:
    """Raises CheckpointError when card or weights are missing, damaged or do not fit."""
    path = folder / WEIGHTS
    try:
        card = TypeAdapter(SegmenterCard).validate_json(read_plain(folder / CARD))
        whole = sha256_file(path) == card.weights_sha256
    except (OSError, ValidationError) as error:
        raise CheckpointError(
            "the folder holds no usable segmenter",
            subject=folder,
            remedy="Train it again, or update DefectStudio if it is newer.",
        ) from error
    if not whole:
        raise CheckpointError(
            "the weights are not those the segmenter's card speaks of",
            subject=path,
            remedy="Train the segmenter again.",
        )
    # The encoder's first weights are all replaced: none need be read.
    blank = replace(card.config, pretrained=False, encoder_weights="")
    net, _ = make_segmenter(blank, len(card.classes) if card.config.multiclass else 1)
    try:
        net.load_state_dict(load_tensors(path))
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights do not fit a {card.config.arch}",
            subject=path,
            remedy="Train the segmenter again.",
        ) from error
    net = net.to(device).to(memory_format=torch.channels_last).eval()
    return LoadedSegmenter(net, card, device)
