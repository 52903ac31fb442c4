"""The page of the protocol "dst"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.comparisons import CompareDstSpec
from defectstudio.evaluation.dst import DST, ClassFigures, Judged, Row
from defectstudio.exchange.report import Block, Heading, Picture, Table, Text
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
    found += [Text(sentence(one), warning=_missed(one)) for one in figures]
    found += [
        Text(
            f"{one.generator} was trained on {one.seen_backgrounds} of these normal images.",
            warning=True,
        )
        for one in figures
        if one.seen_backgrounds
    ]
    found.append(Text(source))
    names = dict.fromkeys(judged.features for one in figures for judged in one.judged)
    found += [_distances(name, figures, source) for name in names]
    found.append(_edges(figures, source))
    for one in figures:
        own = [r for r in rows if (r.generator, r.class_name) == (one.generator, one.class_name)]
        if own:
            shown = ", ".join(("reference", "normal image", "mask", *one.seconds))
            caption = f"{one.generator}, {one.class_name}: {shown}. {source}"
            found.append(Picture(caption, _sheet(own)))
    return [*found, _facts(figures, versions)]


def sentence(one: ClassFigures) -> str:
    """What the figures of a class say, judge by judge."""
    said = "; ".join(_said(judged) for judged in one.judged)
    return (
        f"{one.generator}, {one.class_name}: distance to the reference's feature histograms against"
        f" that of histogram match: {said}."
    )


def _said(judged: Judged) -> str:
    arms = ", ".join(f"{arm} {_change(ratio)}" for arm, ratio in judged.ratio_hist.items())
    flatters = ", which the training asked, so it flatters" if judged.own else ""
    return f"{arms} ({judged.features}{flatters})"


def _change(ratio: float) -> str:
    change = 1 - ratio
    return f"{change:.0%} nearer" if change >= 0 else f"{-change:.0%} farther"


def _missed(one: ClassFigures) -> bool:
    """Whether what the network makes is less near than wanted, by the first judge."""
    return one.judged[0].ratio_hist[DST] > WANTED


def _distances(name: str, figures: Sequence[ClassFigures], source: str) -> Table:
    """What the feature network of that name says of all classes that it judged."""
    rows, layers = [], None
    for one in figures:
        for judged in one.judged:
            if judged.features != name:
                continue
            for arm, own in judged.distances.items():
                layers = own
                rows.append(
                    [
                        f"{one.generator}, {one.class_name}: {arm}",
                        *(f"{value:.4g}" for value in own.hist.values()),
                        _ratio(judged.ratio_hist, arm),
                        *(f"{value:.4g}" for value in own.gram_reference.values()),
                        _ratio(judged.ratio_gram, arm),
                        *(f"{value:.4g}" for value in own.gram_surface.values()),
                    ]
                )
    assert layers is not None, "every named network judged a class"
    header = [
        "",
        *(f"hist {name}" for name in layers.hist),
        "to match",
        *(f"Gram to H {name}" for name in layers.gram_reference),
        "to match",
        *(f"Gram to S {name}" for name in layers.gram_surface),
    ]
    caption = (
        f"By {name}. Means over placements, inside the painted mask of the finished images:"
        " distance of feature histograms to the reference H[M] (P2 eq. 4), of Gram matrices to H[M]"
        " and to the normal image S[L] (eq. 2); to match: the sum over layers in parts of that of"
        f" histogram match. {source}"
    )
    return Table(caption, header, rows)


def _ratio(ratios: Mapping[str, float], arm: str) -> str:
    return f"{ratios[arm]:.2f}" if arm in ratios else ""


def _edges(figures: Sequence[ClassFigures], source: str) -> Table:
    rows = [
        [
            f"{one.generator}, {one.class_name}: {arm}",
            "–" if one.rim[arm] is None else f"{one.rim[arm]:.2f}",
            _number(one.labels[arm].painted_iou),
            _number(one.labels[arm].painted_px),
            f"{one.labels[arm].empty_rate:.0%}",
            str(one.labels[arm].outside_region),
            f"{one.seconds[arm]:.2f}",
        ]
        for one in figures
        for arm in one.seconds
    ]
    caption = (
        "Rim: distance of the distributions of gradients within 2 px of the outline to those of the"
        " normal image, in units of its mean gradient there. Label: the refined label against the"
        f" painted mask, medians. Outside: pixels changed outside the mask."
        f" Seconds a sample: medians, on one placement at a time. {source}"
    )
    header = ["", "rim", "label IoU", "label px", "empty", "outside", "seconds"]
    return Table(caption, header, rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _sheet(rows: Sequence[Row]) -> NDArray[np.uint8]:
    return contact_sheet([[_rgb(one) for one in row.pictures] for row in rows], _TILE)


def _rgb(pixels: Unit) -> NDArray[np.uint8]:
    return np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def _facts(figures: Sequence[ClassFigures], versions: dict[str, str]) -> Table:
    names = ("steps", "seed", "weights_sha256", "placements", "unplaced", "seen_backgrounds")
    rows = [
        [
            f"{one.generator}, {one.class_name}",
            ", ".join(f"{judged.features} {judged.features_sha256[:12]}" for judged in one.judged),
            *(str(getattr(one, name))[:16] for name in names),
        ]
        for one in figures
    ]
    made = ", ".join(f"{name} {value}" for name, value in versions.items())
    return Table(f"Generators and networks. {made}", ["", "features", *names], rows)
