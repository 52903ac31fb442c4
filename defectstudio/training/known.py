"""What a generator will know its training contents by (synthesis.known)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from defectstudio.domain.specs import TrainSpec
from defectstudio.imaging.reading import read_image, read_label
from defectstudio.imaging.types import Mask, Unit
from defectstudio.metrics.alignment import aligned_distances
from defectstudio.metrics.canvases import on_canvas, without_grain
from defectstudio.metrics.memorising import bar, physical_parts
from defectstudio.networks.features.registry import FeatureNetwork, load_features
from defectstudio.networks.features.turned import least_distances
from defectstudio.synthesis.guard import FEATURE_SIDE
from defectstudio.synthesis.known import Known, look
from defectstudio.training.contents import Relabel, cut_image

MOST = 100
"""Contents of a class that are kept at most: the file grows with them, and each comparison."""


def know(
    spec: TrainSpec, channels: int, device: torch.device, relabel: Relabel | None = None
) -> Known:
    """Contents of the specification's images, at most MOST a class, and what is a near-copy of
    them; by the features of the network that the training asks, where it asks one."""
    ids = list(spec.classes)
    parts = physical_parts([file.image for file in spec.images], spec.groups)
    shown, classes, groups = [], [], []
    for file, part in zip(spec.images, parts, strict=True):
        image, label = read_image(file.image), read_label(file.label)
        label = label if relabel is None else relabel(file, image, label)
        for _, content in cut_image(image, label, ids, "relative"):
            shown.append(on_canvas(content.pixels, content.mask, look(channels)))
            classes.append(ids.index(content.class_id))
            groups.append(part)
    kept = _spread(np.array(classes), len(ids))
    canvases, masks = (np.stack(own)[kept] for own in zip(*shown, strict=True))
    index, parts_of = np.array(classes)[kept], np.array(groups)[kept]
    name = spec.config.learned_from
    network = load_features(name, device) if name else None
    bars = [
        _bars(canvases[index == n], masks[index == n], parts_of[index == n], network)
        for n in range(len(ids))
    ]
    stored = np.rint(canvases * 255).astype(np.uint8)
    return Known(stored, masks, index, np.array(bars, np.float32))


def _spread(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The places of at most MOST contents of each class, spread over them all."""
    own = [np.flatnonzero(classes == n) for n in range(count)]
    kept = [one[np.linspace(0, len(one) - 1, min(len(one), MOST)).astype(int)] for one in own]
    return np.sort(np.concatenate(kept))


def _bars(
    canvases: Unit, masks: Mask, groups: NDArray[np.int64], network: FeatureNetwork | None
) -> Sequence[float]:
    small = without_grain(canvases, masks)
    apart = [aligned_distances(*small, *small)]
    if network is not None:
        own = canvases, masks
        apart.append(least_distances(network, FEATURE_SIDE, own, own))
    found = [bar(each, groups.tolist())[1] for each in apart]
    known = [np.nan if one is None else one for one in found]
    return known if network is not None else [*known, np.nan]
