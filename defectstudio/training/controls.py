"""The kinds without learning: one step that keeps what is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from defectstudio.domain.generators import PasteConfig, ProceduralConfig
from defectstudio.domain.transfer import HistmatchConfig
from defectstudio.imaging.procedural.noise import fractal
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.synthesis.generators import paste, procedural, references
from defectstudio.training.contents import Content
from defectstudio.training.references import Reference

SHOWN = 8
"""Columns of the preview grid."""


class Nothing(Dataset[dict[str, Tensor]]):
    """Batches of a training that looks at none."""

    def __init__(self, steps: int, channels: int) -> None:
        self.steps, self.channels = steps, channels

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        return {}


class PasteTask:
    """Keeps the training contents themselves."""

    def __init__(
        self, contents: Sequence[Content], class_ids: Sequence[int], config: PasteConfig
    ) -> None:
        self.contents, self.class_ids, self.config = contents, list(class_ids), config
        self.data = Nothing(config.steps, contents[0].pixels.shape[2])

    def step(self, index: int, batch: dict[str, Tensor]) -> dict[str, float]:  # noqa: ARG002
        """Nothing is updated; tells how many contents are kept."""
        return {"contents": float(len(self.contents))}

    def state(self) -> dict[str, Tensor]:
        """Nothing changes."""
        return {}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Nothing changes."""

    def export(self) -> dict[str, Tensor]:
        """All contents: see synthesis.generators.paste."""
        pieces = [(self.class_ids.index(c.class_id), c.pixels, c.mask) for c in self.contents]
        return paste.packed(pieces, self.config)

    def preview(self) -> np.ndarray:
        """A row of contents for every class; uint8 RGB (H, W, 3)."""
        rows = [[c for c in self.contents if c.class_id == i][:SHOWN] for i in self.class_ids]
        return contact_sheet([[_picture(c) for c in row] for row in rows], tile=96)


class ProceduralTask:
    """Keeps the settings; of the data only whether it is grey or in colour."""

    def __init__(self, channels: int, config: ProceduralConfig) -> None:
        self.config = config
        self.data = Nothing(config.steps, channels)

    def step(self, index: int, batch: dict[str, Tensor]) -> dict[str, float]:  # noqa: ARG002
        """Nothing is updated."""
        return {}

    def state(self) -> dict[str, Tensor]:
        """Nothing changes."""
        return {}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Nothing changes."""

    def export(self) -> dict[str, Tensor]:
        """See synthesis.generators.procedural."""
        return procedural.packed(self.data.channels, self.config)

    def preview(self) -> np.ndarray:
        """The kind of noise, fine to coarse; uint8 RGB (H, W, 3)."""
        rng = np.random.default_rng(self.config.seed)
        lengths = np.geomspace(*procedural.LENGTH_PX, SHOWN)
        fields = [fractal(96, 96, rng, row_px=n, column_px=n, octaves=3) for n in lengths]
        shown = [np.clip(128 + 30 * field, 0, 255).astype(np.uint8) for field in fields]
        return contact_sheet([[np.repeat(one[..., None], 3, axis=2) for one in shown]], tile=96)


class HistmatchTask:
    """Keeps the references' histograms."""

    def __init__(
        self, kept: Sequence[Reference], class_ids: Sequence[int], config: HistmatchConfig
    ) -> None:
        self.kept, self.class_ids, self.config = list(kept), list(class_ids), config
        self.data = Nothing(config.steps, kept[0].pixels.shape[2])

    def step(self, index: int, batch: dict[str, Tensor]) -> dict[str, float]:  # noqa: ARG002
        """Nothing is updated; tells how many references are kept."""
        return {"references": float(len(self.kept))}

    def state(self) -> dict[str, Tensor]:
        """Nothing changes."""
        return {}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Nothing changes."""

    def export(self) -> dict[str, Tensor]:
        """See synthesis.generators.references."""
        ids = self.class_ids
        return references.packed(
            [(ids.index(r.class_id), r.pixels, r.mask) for r in self.kept], self.config
        )

    def preview(self) -> np.ndarray:
        """The references' defects; uint8 RGB (H, W, 3)."""
        shown = [_picture(Content(r.pixels, r.mask, r.class_id)) for r in self.kept[:SHOWN]]
        return contact_sheet([shown], tile=96)


def _picture(content: Content) -> np.ndarray:
    shown = np.where(content.mask[..., None], content.pixels, np.float32(0.5))
    rgb = np.broadcast_to(shown, (*content.mask.shape, 3))
    return np.round(rgb * 255).astype(np.uint8)
