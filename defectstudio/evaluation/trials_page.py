"""The page of a protocol that trains segmenters: a sentence an arm, tables, test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.comparisons import TrialSettings
from defectstudio.domain.specs import Example
from defectstudio.evaluation.effects import Effect
from defectstudio.evaluation.kept import Outcome
from defectstudio.evaluation.segmentation import POOLED, ClassScores
from defectstudio.evaluation.trials import Panel
from defectstudio.exchange.report import Block, Heading, Picture, Table, Text, number
from defectstudio.imaging.sheets import contact_sheet

_TILE = 160


@dataclass(frozen=True)
class Wording:
    """What a protocol says of itself. source: the data and settings, which stand under every table;
    warnings: to be read first; names: of the classes; paper: the paper's own figures."""

    source: str
    warnings: Sequence[str]
    names: Sequence[str]
    paper: str


def described(settings: TrialSettings, test: Sequence[Example], versions: dict[str, str]) -> str:
    """Settings that all arms share."""
    s = settings
    parts = len({one.group for one in test})
    return (
        f"{len(test)} test images of {parts} parts; {s.steps} steps of {s.batch} crops of {s.crop}"
        f" px, encoder {s.encoder}, seeds {s.seed} to {s.seed + s.repeats - 1}; DefectStudio"
        f" {versions.get('defectstudio', '?')}."
    )


def blocks(
    wording: Wording,
    outcomes: Sequence[Outcome],
    effects: Sequence[Effect],
    more: Sequence[Block],
    panels: Sequence[Panel],
) -> list[Block]:
    """What the page shows. more: what the protocol has to say beside its effects."""
    source = wording.source
    found: list[Block] = [Heading("What it comes to")]
    found += [Text(one.sentence, warning="harms" in one.verdict) for one in effects]
    found += [Text(text, warning=True) for text in wording.warnings]
    found += [
        Text(
            "Repeats differ by the seed of the training alone: they say nothing of other parts than"
            " those of their split. Pairs of one split have its luck in common: the interval over"
            " few splits is too narrow."
        ),
        Text(source),
        *more,
        Heading("Arms"),
        _arms(outcomes, source),
        Heading("Classes"),
        _classes(wording.names, outcomes, source),
        Text(wording.paper),
    ]
    if panels:
        found += [Heading("Test images"), Picture(_caption(panels, source), _sheet(panels))]
    return found


def _arms(outcomes: Sequence[Outcome], source: str) -> Table:
    header = ["", "split", "seed", "real", "made", "mean F1", "at kept", "pooled F1",
              "pooled AP", "AUROC", "AUPRO", "image F1", "image AUROC"]  # fmt: skip
    rows = []
    for one in outcomes:
        pooled, figures = one.figures.classes[POOLED], one.figures
        areas = (pooled.auroc, figures.image_auroc)
        rows.append(
            [
                f"{one.arm}, {one.architecture}",
                str(one.partition + 1),
                str(one.seed),
                str(one.real),
                str(one.synthetic),
                number(figures.mean_f1_half),
                number(figures.mean_f1_kept),
                number(pooled.f1_half),
                number(pooled.average_precision),
                number(areas[0].value if areas[0] else None),
                number(pooled.aupro),
                number(figures.image_f1),
                number(areas[1].value if areas[1] else None),
            ]
        )
    caption = (
        "Mean F1: over classes, at a probability of 0.5 and at the threshold kept from validation;"
        f" AUPRO to a false-positive rate of 0.3; image F1: mean over defect images. {source}"
    )
    return Table(caption, header, rows)


def against_each_other(pairs: Mapping[str, Sequence[Effect]], source: str) -> list[Block]:
    """Every arm against every other."""
    first = next(iter(pairs.values()))
    rows = [
        [f"{own.arm}, {own.architecture}", *(_apart(column[n]) for column in pairs.values())]
        for n, own in enumerate(first)
    ]
    caption = (
        "Mean F1 of the row minus that of the column, on the same split with the same seed, with"
        f" its 95 % interval over these pairs. {source}"
    )
    return [Heading("Arm against arm"), Table(caption, ["", *pairs], rows)]


def by_number(real: Sequence[int], outcomes: Sequence[Outcome], source: str) -> list[Block]:
    """Of strategies: a row for each, a column for each number of real images."""
    rows: dict[str, list[list[float]]] = {}
    for one in outcomes:
        strategy = f"{one.arm.partition(', ')[2]}, {one.architecture}"
        cells = rows.setdefault(strategy, [[] for _ in real])
        if one.figures.mean_f1_half is not None:
            cells[one.partition].append(one.figures.mean_f1_half)
    table = [
        [name, *(number(float(np.mean(own)) if own else None) for own in cells)]
        for name, cells in rows.items()
    ]
    caption = f"Mean F1 of the classes, mean over repeats, by real images a class. {source}"
    header = ["", *(f"{number} real" for number in real)]
    return [Heading("Strategies"), Table(caption, header, table)]


def _apart(one: Effect) -> str:
    if one.difference is None:
        return "–"
    d = one.difference
    between = (
        f" ({d.low:+.3f} to {d.high:+.3f})" if d.low is not None and d.high is not None else ""
    )
    return f"{d.mean:+.3f}{between}"


def _classes(known: Sequence[str], outcomes: Sequence[Outcome], source: str) -> Table:
    """Means over repeats."""
    names = [*known, POOLED]
    keys = list(dict.fromkeys((one.arm, one.architecture) for one in outcomes))
    rows = []
    for arm, architecture in keys:
        own = [o for o in outcomes if (o.arm, o.architecture) == (arm, architecture)]
        cells = [_over([o.figures.classes[name] for o in own]) for name in names]
        rows.append([f"{arm}, {architecture}", *cells])
    caption = (
        "F1 at 0.5 / largest F1 of any threshold (an oracle) by class, means over repeats; a"
        f" class's figure is of its test images and all good ones. {source}"
    )
    return Table(caption, ["", *names], rows)


def _over(scores: Sequence[ClassScores]) -> str:
    half = [one.f1_half for one in scores if one.f1_half is not None]
    best = [one.f1_oracle for one in scores if one.f1_oracle is not None]
    return " / ".join(number(float(np.mean(own)) if own else None) for own in (half, best))


def _caption(panels: Sequence[Panel], source: str) -> str:
    names = ", ".join(dict.fromkeys(one.class_name for one in panels))
    arms = ", ".join(panels[0].said)
    return (
        f"Columns: test images ({names}). Rows: image, label, and the probabilities of {arms},"
        f" first seed. {source}"
    )


def _sheet(panels: Sequence[Panel]) -> NDArray[np.uint8]:
    rows = [[_rgb(one.image) for one in panels], [_rgb(one.truth[..., None]) for one in panels]]
    rows += [[_rgb(one.said[arm][..., None]) for one in panels] for arm in panels[0].said]
    return contact_sheet(rows, _TILE)


def _rgb(pixels: NDArray[np.float32] | NDArray[np.bool_]) -> NDArray[np.uint8]:
    wide = np.broadcast_to(pixels.astype(np.float32), (*pixels.shape[:2], 3))
    return np.round(np.clip(wide, 0, 1) * 255).astype(np.uint8)
