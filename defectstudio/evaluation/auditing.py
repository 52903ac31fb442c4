"""The audit: every label against what can be seen, samples against their background."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.auditing import (
    Audited,
    AuditReport,
    AuditSpec,
    AuditTarget,
    Finding,
    Flaw,
    Measured,
)
from defectstudio.domain.errors import ImageError
from defectstudio.domain.recipe import Recipe, SampleManifest
from defectstudio.domain.spread import in_place
from defectstudio.imaging.compose import PlacedContent
from defectstudio.imaging.masks import bounding_box, components
from defectstudio.imaging.reading import read_image, read_label, read_mask, to_unit
from defectstudio.imaging.types import FULL_RANGE, Image, Label
from defectstudio.metrics import coverage, label_truth
from defectstudio.synthesis.backgrounds import Backgrounds
from defectstudio.synthesis.generators.content import class_index
from defectstudio.synthesis.generators.dcdganc import Dcdganc
from defectstudio.synthesis.generators.loading import load_generator
from defectstudio.synthesis.versions import versions

_MANIFEST = TypeAdapter(SampleManifest)
_EMPTY = "Reject the sample, or make it stronger."
_UNLABELED = "Label the image, or say that it shows no defect."
_COPY = "Reject the sample, or draw it again with another seed."
_GRAVITY = {flaw: len(Flaw) - number for number, flaw in enumerate(Flaw)}


class Auditor:
    """Looks at one target after the other."""

    def __init__(self, spec: AuditSpec, device: torch.device) -> None:
        self.spec, self.device = spec, device
        self.settings = spec.settings
        self._read = Backgrounds(in_place)
        self._loaded: dict[str, Dcdganc | None] = {}

    def audit(self, target: AuditTarget) -> Audited:
        """What is found of an image. Raises ImageError for files that cannot be read."""
        image = read_image(target.image)
        label = label_of(target, image)
        recipe = _recipe(target)
        classes = label_truth.class_ids(label)
        if not classes:
            remedy = _UNLABELED if recipe is None else _EMPTY
            empty = Finding(Flaw.EMPTY, 0, 0, 0, remedy)
            return self._audited(target, [empty] if target.label or recipe else [], [])
        defects, signals = label_truth.measured(image, label)
        found = list(label_truth.faint(signals, self.settings, synthetic=recipe is not None))
        found += label_truth.specks(label, self.settings)
        if target.region is not None:
            found += label_truth.outside(label, read_mask(target.region))
        if target.background is not None and recipe is not None:
            found += self._compared(target, image, label, recipe)
        elif recipe is None:
            found += label_truth.off_edge(image, label, self.settings)
        return self._audited(target, found, defects)

    def _audited(
        self, target: AuditTarget, found: Sequence[Finding], defects: Sequence[Measured]
    ) -> Audited:
        compared = target.background is not None
        ordered = sorted(found, key=_grave)
        made = target.recipe is not None
        return Audited(target.name, made, target.sample, compared, tuple(ordered), tuple(defects))

    def _compared(
        self, target: AuditTarget, image: Image, label: Label, recipe: Recipe
    ) -> Iterator[Finding]:
        assert target.background is not None
        background = self._read(target.background)
        if background.shape != image.shape or background.dtype != image.dtype:
            return  # cut or reduced: there is nothing to compare pixel by pixel
        changed = label_truth.visible_change(background, image, label > 0, self.settings)
        yield from label_truth.against_change(label, changed, self.settings)
        if self.settings.guard:
            yield from self._copies(background, image, label, recipe)

    def _copies(
        self, background: Image, image: Image, label: Label, recipe: Recipe
    ) -> Iterator[Finding]:
        """Classes with a defect that nearly is a training content, as it is seen in the sample."""
        for digest in sorted({one.generator for one in recipe.defects}):
            generator = self._generator(digest)
            if generator is None or generator.guard is None:
                continue
            own = {one.class_id for one in recipe.defects if one.generator == digest}
            for class_id in sorted(own & set(generator.card.classes)):
                contents = _contents(image, label, class_id)
                if not contents:
                    continue
                index = class_index(generator.card, class_id)
                near = float(generator.guard.near(index, contents, background).min())
                if near < 1:
                    yield Finding(Flaw.COPY, class_id, near, 1.0, _COPY)

    def _generator(self, digest: str) -> Dcdganc | None:
        """The generator, where it knows training contents and is at hand."""
        if digest not in self._loaded:
            folder = self.spec.generators.get(digest)
            generator = load_generator(folder, self.device) if folder else None
            self._loaded[digest] = generator if isinstance(generator, Dcdganc) else None
        return self._loaded[digest]


def report(spec: AuditSpec, images: Sequence[Audited]) -> AuditReport:
    """All that was found, the worst image first; the coverage and what would fill its holes."""
    real = [one for image in images if not image.synthetic for one in image.defects]
    made = [one for image in images if image.synthetic for one in image.defects]
    cells = coverage.cells(real, made)
    grounds = {ground.name: _grey(read_image(ground.image)) for ground in spec.grounds}
    plan = coverage.plan(cells, real, spec.classes, grounds, spec.settings.fill)
    return AuditReport(
        spec.item,
        dict(spec.classes),
        spec.settings,
        tuple(sorted(images, key=worst_first)),
        tuple(cells),
        tuple(plan),
        versions(),
    )


def worst_first(image: Audited) -> tuple[float, ...]:
    """A key to sort by: the gravest finding, how far it is past its limit, how many there are."""
    if not image.findings:
        return (0.0,)
    return (-_GRAVITY[image.findings[0].flaw], *_grave(image.findings[0])[1:], -len(image.findings))


def label_of(target: AuditTarget, image: Image) -> Label:
    """The label plane (H, W); an image without one shows no defect. Raises ImageError."""
    if target.label is None:
        return np.zeros(image.shape[:2], np.uint8)
    label = read_label(target.label)
    if label.shape != image.shape[:2]:
        raise ImageError(
            f"the label has {label.shape[1]} x {label.shape[0]} pixels, its image"
            f" {image.shape[1]} x {image.shape[0]}",
            subject=target.label,
            remedy="Label the image again.",
        )
    return label


def _recipe(target: AuditTarget) -> Recipe | None:
    if target.recipe is None:
        return None
    try:
        return _MANIFEST.validate_json(target.recipe.read_bytes()).recipe
    except (OSError, ValidationError) as error:
        raise ImageError(
            "the sample's recipe cannot be read",
            subject=target.recipe,
            remedy="Make the sample again.",
        ) from error


def _contents(image: Image, label: Label, class_id: int) -> list[PlacedContent]:
    """What the sample shows in the labels of a class, as contents."""
    return [
        PlacedContent(class_id, to_unit(image[box.slices]), part, box.top, box.left, 0)
        for part, box in components(label == class_id, label_truth.JOIN_PX)
        if bounding_box(part) is not None
    ][: label_truth.MOST_DEFECTS]


def _grave(finding: Finding) -> tuple[float, float]:
    """The gravest first; of one kind that which is farthest past its limit."""
    past: float = finding.value - finding.limit
    if finding.flaw in (Flaw.FAINT, Flaw.COPY):
        past = -past
    return -_GRAVITY[finding.flaw], -past


def _grey(image: Image) -> float:
    """The mean of an image, 0..1."""
    return float(np.mean(image, dtype=np.float64)) / FULL_RANGE[image.dtype]
