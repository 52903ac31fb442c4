"""The page of the protocol "dst"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.comparisons import CompareDstSpec
from defectstudio.evaluation.dst import ARMS, ClassFigures, Row
from defectstudio.evaluation.report import Block, Heading, Picture, Table, Text
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.imaging.types import Unit

WANTED = 0.7
"""DST is to lie at least 30 % nearer to the reference's histograms than histogram match."""
_TILE = 160


def blocks(
    spec: CompareDstSpec,
    figures: Sequence[ClassFigures],
    rows: Sequence[Row],
    versions: dict[str, str],
) -> list[Block]:
    """What the page shows: a sentence a class, tables, Figure 3."""
    source = (
        f"{spec.item}, {len(spec.backgrounds)} normal images ({spec.background_split} split),"
        f" {spec.settings.count} placements a class, seed {spec.settings.seed},"
        f" DefectStudio {versions.get('defectstudio', '?')}."
    )
    found: list[Block] = [Heading("What it comes to")]
    found += [Text(sentence(one), warning=one.ratio_hist > WANTED) for one in figures]
    found += [
        Text(
            f"{one.generator} was trained on {one.seen_backgrounds} of these normal images.",
            warning=True,
        )
        for one in figures
        if one.seen_backgrounds
    ]
    found.append(Text(source))
    found.append(_distances(figures, source))
    found.append(_edges(figures, source))
    for one in figures:
        own = [r for r in rows if (r.generator, r.class_name) == (one.generator, one.class_name)]
        if own:
            caption = (
                f"{one.generator}, {one.class_name}: reference, normal image, mask, histogram"
                f" match, DST. {source}"
            )
            found.append(Picture(caption, _sheet(own)))
    return [*found, _facts(figures, versions)]


def sentence(one: ClassFigures) -> str:
    """What the figures of a class say."""
    change = 1 - one.ratio_hist
    how = f"{change:.0%} nearer to" if change >= 0 else f"{-change:.0%} farther from"
    flattering = (
        ", asked of the network that the training asked, which flatters" if one.own_network else ""
    )
    return (
        f"{one.generator}, {one.class_name}: {how} the reference's feature histograms than"
        f" histogram match ({one.features}{flattering})."
    )


def _distances(figures: Sequence[ClassFigures], source: str) -> Table:
    rows = []
    for one in figures:
        for arm in ARMS:
            own = one.distances[arm]
            ratio = {"DST": (f"{one.ratio_hist:.2f}", f"{one.ratio_gram:.2f}")}.get(arm, ("", ""))
            rows.append(
                [
                    f"{one.generator}, {one.class_name}: {arm}",
                    *(f"{value:.4g}" for value in own.hist.values()),
                    ratio[0],
                    *(f"{value:.4g}" for value in own.gram_reference.values()),
                    ratio[1],
                    *(f"{value:.4g}" for value in own.gram_surface.values()),
                ]
            )
    first = figures[0].distances[ARMS[0]]
    header = [
        "",
        *(f"hist {name}" for name in first.hist),
        "DST / match",
        *(f"Gram to H {name}" for name in first.gram_reference),
        "DST / match",
        *(f"Gram to S {name}" for name in first.gram_surface),
    ]
    caption = (
        "Means over placements, inside the painted mask of the finished images: distance of feature"
        " histograms to the reference H[M] (P2 eq. 4), of Gram matrices to H[M] and to the normal"
        f" image S[L] (eq. 2). {source}"
    )
    return Table(caption, header, rows)


def _edges(figures: Sequence[ClassFigures], source: str) -> Table:
    rows = [
        [
            f"{one.generator}, {one.class_name}: {arm}",
            "–" if one.rim[arm] is None else f"{one.rim[arm]:.2f}",
            _number(one.labels[arm].painted_iou),
            _number(one.labels[arm].painted_px),
            f"{one.labels[arm].empty_rate:.0%}",
            str(one.labels[arm].outside_region),
        ]
        for one in figures
        for arm in ARMS[1:]
    ]
    caption = (
        "Rim: distance of the distributions of gradients within 2 px of the outline to those of the"
        " normal image, in units of its mean gradient there. Label: the refined label against the"
        f" painted mask, medians. Outside: pixels changed outside the mask. {source}"
    )
    header = ["", "rim", "label IoU", "label px", "empty", "outside"]
    return Table(caption, header, rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _sheet(rows: Sequence[Row]) -> NDArray[np.uint8]:
    return contact_sheet([[_rgb(one) for one in row.pictures] for row in rows], _TILE)


def _rgb(pixels: Unit) -> NDArray[np.uint8]:
    return np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def _facts(figures: Sequence[ClassFigures], versions: dict[str, str]) -> Table:
    names = ("features", "features_sha256", "steps", "seed", "weights_sha256", "placements",
             "unplaced", "seen_backgrounds")  # fmt: skip
    rows = [
        [f"{one.generator}, {one.class_name}", *(str(asdict(one)[name])[:16] for name in names)]
        for one in figures
    ]
    made = ", ".join(f"{name} {value}" for name, value in versions.items())
    return Table(f"Generators and networks. {made}", ["", *names], rows)
