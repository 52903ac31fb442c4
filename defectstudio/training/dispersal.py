"""Mixed defects given to the classes they are most like (P1 Table 2: Wood-Combined)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from defectstudio.domain.run_config import Tone
from defectstudio.domain.specs import LabeledFile
from defectstudio.imaging.descriptors import Descriptor, shape, tone
from defectstudio.imaging.types import Image, Label
from defectstudio.training.contents import Content, cut_image

_LEAST = 1e-3


class Dispersal:
    """Finds for every mixed defect the class whose contents are nearest.

    The paper does not say how; our reading: tone (mean and deviation of each channel), size and
    elongation, each over its standard deviation among the contents of all classes; the class of
    the nearest content wins. log is told of every defect.
    """

    def __init__(
        self,
        known: Sequence[Content],
        combined: int,
        names: Mapping[int, str],
        tone_kind: Tone,
        log: Callable[[str], None],
    ) -> None:
        self.combined, self.names, self.tone, self.log = combined, names, tone_kind, log
        self.channels = known[0].pixels.shape[2]
        self.class_ids = [content.class_id for content in known]
        rows = np.stack([self._described(content) for content in known])
        self.deviation = np.maximum(rows.std(axis=0), np.float32(_LEAST))
        self.rows = rows / self.deviation

    def nearest(self, content: Content) -> int:
        """The id of the class that a content is most like."""
        found = self._described(content) / self.deviation
        return self.class_ids[int(np.linalg.norm(self.rows - found, axis=1).argmin())]

    def relabeled(self, file: LabeledFile, image: Image, label: Label) -> Label:
        """The label plane (H, W) with every mixed defect under its class's id."""
        changed = label.copy()
        for box, content in cut_image(image, label, [self.combined], self.tone):
            class_id = self.nearest(content)
            changed[box.slices][content.mask] = class_id
            where = f"{file.image.name}, row {box.top}, column {box.left}"
            self.log(f"mixed defect of {where}: {self.names[class_id]}")
        return changed

    def _described(self, content: Content) -> Descriptor:
        pixels = content.pixels
        if pixels.shape[2] < self.channels:
            pixels = np.repeat(pixels, self.channels, axis=2)
        return np.concatenate([tone(pixels, content.mask), shape(content.mask)])
