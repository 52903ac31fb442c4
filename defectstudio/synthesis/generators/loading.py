"""Generators from their folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.files import has_sha256, read_plain
from defectstudio.domain.generators import CARD, WEIGHTS, GeneratorCard, Kind
from defectstudio.networks.weights import load_tensors
from defectstudio.synthesis.generators.content import ContentGenerator
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.synthesis.generators.dst import Dst
from defectstudio.synthesis.generators.histmatch import Histmatch
from defectstudio.synthesis.generators.paste import Paste
from defectstudio.synthesis.generators.procedural import Procedural
from defectstudio.synthesis.generators.stylegan2 import StyleGan2
from defectstudio.synthesis.generators.translator import cyclegan, stargan

SAMPLERS: dict[
    Kind, Callable[[GeneratorCard, dict[str, Tensor], torch.device], ContentGenerator]
] = {
    "dcdganc": Dcdganc,
    "adain": Dcdganc,
    "instancenorm": Dcdganc,
    "cyclegan": cyclegan,
    "stargan": stargan,
    "stylegan2": StyleGan2,
    "dst": Dst,
    "histmatch": Histmatch,
    "paste": Paste,
    "procedural": Procedural,
}
"""What samples a kind: made from its card and tensors, RuntimeError where these do not fit."""


def load_card(folder: Path) -> GeneratorCard:
    """Read `generator.json`. Raises CheckpointError when it is missing, damaged, too large or too
    new."""
    path = folder / CARD
    try:
        return TypeAdapter(GeneratorCard).validate_json(read_plain(path))
    except OSError as error:
        raise CheckpointError(
            f"the generator's card cannot be read ({error.strerror or error})",
            subject=path,
            remedy="Train the generator again, or copy its folder whole.",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise CheckpointError(
            f"the generator's card is not valid ({first['msg']} at {first['loc']})",
            subject=path,
            remedy="Train the generator again, or update DefectStudio if the card is newer.",
        ) from error


def load_generator(folder: Path, device: torch.device) -> ContentGenerator:
    """Load the generator in `folder`, its weights checked against the card's hash.

    Raises CheckpointError when a file is missing, damaged, or not the other's.
    """
    card = load_card(folder)
    path = folder / WEIGHTS
    if not has_sha256(path, card.weights_sha256):
        raise CheckpointError(
            "the generator's weights are missing or not those of its card",
            subject=path,
            remedy="Train the generator again or copy its folder whole.",
        )
    tensors = load_tensors(path)
    try:
        return SAMPLERS[card.kind](card, tensors, device)
    except RuntimeError as error:
        raise CheckpointError(
            "the weights do not fit the card's configuration",
            subject=path,
            remedy="Copy the generator's folder whole.",
        ) from error
