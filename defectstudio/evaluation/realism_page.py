"""The page of the protocol "realism"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.domain.comparisons import CompareSpec
from defectstudio.evaluation.arms import POOLED, Arm
from defectstudio.evaluation.contents import Shown
from defectstudio.evaluation.drawings import histogram, interval_plot
from defectstudio.evaluation.figures import Figures
from defectstudio.evaluation.realism import Pictures, Realism
from defectstudio.evaluation.seen import Judge
from defectstudio.evaluation.verdicts import RULE
from defectstudio.exchange.report import Block, Drawing, Heading, Picture, Table, Text
from defectstudio.imaging.sheets import contact_sheet
from defectstudio.metrics.intervals import Interval
from defectstudio.metrics.memorising import Memorising
from defectstudio.networks.features.distances import distance_name

COLUMNS = {
    "kid": ("KID", "{:.4f}"),
    "kid_deviation": ("± over subsets", "{:.4f}"),
    "kid_floor": ("real-real floor", "{:.4f}"),
    "kid_crops": ("KID, blended", "{:.4f}"),
    "diversity": ("clustered distance", "{:.3f}"),
    "diversity_inside": ("inside masks", "{:.3f}"),
    "spread_ratio": ("spread / real", "{:.2f}"),
    "copies_pixels": ("copies, pixels", "{:.1%}"),
    "copies_features": ("copies, features", "{:.1%}"),
    "drawn_again": ("drawn again", "{:.2f}"),
}
LABELS = {
    "empty_rate": ("empty samples", "{:.1%}"),
    "label_iou": ("IoU with change", "{:.3f}"),
    "label_px": ("boundary error px", "{:.2f}"),
    "painted_iou": ("IoU with mask", "{:.3f}"),
    "painted_px": ("boundary to mask px", "{:.2f}"),
    "unlabeled_change": ("unlabeled change px", "{:.1f}"),
    "outside_region": ("changed outside px", "{:.0f}"),
}
STEERING = {
    "seed_ratio": ("latent alone (seed) / real", "{:.2f}"),
    "style_ratio": ("z alone, noise held", "{:.2f}"),
    "agreement": ("taken for its class", "{:.1%}"),
    "agreement_real": ("real ones are", "{:.1%}"),
}
_TILE = 72
FEW = 10
"""Fewer real contents of a class in the test split than these are said to be few."""
Columns = Mapping[str, tuple[str, str]]


def blocks(
    spec: CompareSpec, judge: Judge, result: Realism, pictures: Pictures, versions: dict[str, str]
) -> list[Block]:
    """What the page shows, from the sentences to the sheets."""
    source = _source(spec, judge, versions)
    found: list[Block] = [Heading("What it comes to")]
    found += [Text(arm.sentence, warning=_suspicious(arm)) for arm in result.arms]
    found += [*_few(pictures), Text(RULE), Text(source)]
    kids = [(arm.name, arm.intervals[POOLED]["kid"]) for arm in result.arms
            if "kid" in arm.intervals[POOLED]]  # fmt: skip
    if kids:
        found.append(Drawing(f"Pooled KID; lower is nearer to the real defects. {source}",
                             interval_plot(kids, "KID", _floor(result)),))  # fmt: skip
    for title, rows in (("All classes", [POOLED]), ("By class", list(spec.classes.values()))):
        found += [Heading(title), *_tables(spec, result, rows, judge, source)]
    found += [_reference(result, source), *_clusters(result, source)]
    found += _copies(result, source)
    return [*found, *_sheets(spec, result, pictures), *_facts(spec, judge, result, versions)]


def _source(spec: CompareSpec, judge: Judge, versions: Mapping[str, str]) -> str:
    """What every caption names: data, split, seed, network, version."""
    return (
        f"{spec.item}, test split ({len(spec.test)} images),"
        f" {spec.settings.count} contents a class and generator,"
        f" seed {spec.settings.seed}, feature network {judge.network.name} at {judge.side} px,"
        f" DefectStudio {versions.get('defectstudio', '?')}."
    )


def _tables(
    spec: CompareSpec, result: Realism, rows: Sequence[str], judge: Judge, source: str
) -> list[Block]:
    what = (
        f"Means over seeds, range in brackets. KID unscaled, unbiased; distances:"
        f" {distance_name(judge.network)}; copies: share nearer to a training content than the 5th"
        " percentile of real-real distances; drawn again: near-copies for each content that its"
        f" generator threw away before. {source}"
    )
    labels = (
        "Medians over samples, means over seeds. Change: more than 2 % of the full range. " + source
    )
    steering = (
        f"In one and the same mask, {spec.settings.masks} masks a class, inside masks only: how"
        " far two latents, which a seed names (style vector z and spatial noise), or two z under"
        " one noise lie apart"
        f" ({distance_name(judge.network)}), in units of two real contents of the class; how often"
        " a classifier that learned from the training split's real contents takes contents in"
        " masks of other classes for their own class, and how often real contents of the test"
        f" split. {source}"
    )
    return [
        _table(result, rows, COLUMNS, what),
        _table(result, rows, LABELS, labels),
        _table(result, rows, STEERING, steering),
    ]


def _table(result: Realism, rows: Sequence[str], columns: Columns, caption: str) -> Table:
    several = len(rows) > 1
    lines = [
        [
            f"{row}: {arm.name}" if several else arm.name,
            _seeds(arm),
            *(_cell(arm.intervals[row].get(name), form) for name, (_, form) in columns.items()),
        ]
        for row in rows
        for arm in result.arms
        if row in arm.intervals
    ]
    return Table(caption, ["", "seeds", *(title for title, _ in columns.values())], lines)


def _cell(value: Interval | None, form: str) -> str:
    if value is None:
        return "–"
    text = form.format(value.mean)
    if len(value.values) == 1 or value.least == value.most:
        return text
    return f"{text} ({form.format(value.least)}–{form.format(value.most)})"


def _seeds(arm: Arm) -> str:
    return ", ".join(str(one.seed) for one in arm.generators)


def _floor(result: Realism) -> float | None:
    """The largest real-real floor among the arms; they differ by the random halves alone."""
    known = [arm.intervals[POOLED]["kid_floor"].most for arm in result.arms
             if "kid_floor" in arm.intervals[POOLED]]  # fmt: skip
    return max(known, default=None)


def _reference(result: Realism, source: str) -> Table:
    rows = [[name, f"{one.mean:.4f}", f"{one.deviation:.4f}", str(one.n_fake), str(one.n_real)]
            for name, one in result.training.items()]  # fmt: skip
    header = ["", "KID", "± over subsets", "training contents", "test contents"]
    return Table(
        "The real contents of the training split against those of the test split: what a generator"
        f" reaches that only repeats its training contents. {source}",
        header,
        rows,
    )


def _clusters(result: Realism, source: str) -> list[Block]:
    """How the contents fall on the real ones: a generator that knows one defect has one cluster."""
    rows = []
    for arm in result.arms:
        for name, figures in arm.generators[0].by_class.items():
            if name != POOLED and figures.diversity is not None:
                sizes = sorted(figures.diversity.sizes, reverse=True)
                used = sum(size > 0 for size in sizes)
                shown = ", ".join(map(str, sizes[:12])) + (" ..." if len(sizes) > 12 else "")
                rows.append([f"{name}: {arm.name}", f"{used} of {len(sizes)}", shown])
    caption = f"Clusters of the clustered distance, by their nearest held-out content. {source}"
    return [Table(caption, ["", "real contents hit", "sizes"], rows)] if rows else []


def _copies(result: Realism, source: str) -> list[Block]:
    found: list[Block] = [Heading("Copies of training contents"), *_unseen(result, source)]
    for arm in result.arms:
        pooled = arm.generators[0].by_class[POOLED]
        found += _histograms(arm, pooled, source)
    return found


def _unseen(result: Realism, source: str) -> list[Block]:
    rows = [[name, *map(_share, (one.pixels, one.features))] for name, one in result.unseen.items()]
    caption = (
        "Real contents of the test split that the search takes for copies of training contents:"
        f" what a generator's share must be held against, class by class. {source}"
    )
    return [Table(caption, ["", "pixels", "features"], rows)] if rows else []


def _share(found: Memorising | None) -> str:
    if found is None or found.share is None:
        return "–"
    count = len(found.nearest)
    return f"{round(found.share * count)} of {count}"


def _histograms(arm: Arm, pooled: Figures, source: str) -> list[Block]:
    found: list[Block] = []
    for how, copies in (("pixels", pooled.copies_pixels), ("features", pooled.copies_features)):
        if copies is not None:
            series = [("generated to training", copies.nearest),
                      ("training to training", copies.reference)]  # fmt: skip
            caption = (
                f"{arm.generators[0].name}, by {how}: distance to the nearest training content, in"
                f" units of its class's threshold; left of 1 lies what may be a copy. {source}"
            )
            found.append(Drawing(caption, histogram(series, "distance / threshold", 1.0)))
    return found


def _sheets(spec: CompareSpec, result: Realism, pictures: Pictures) -> list[Block]:
    most = spec.settings.sheet
    if not most:
        return []
    found: list[Block] = [Heading("Contents")]
    sets = {"real, test split": pictures.test, "real, training split": pictures.training}
    for arm in result.arms:
        sets[arm.generators[0].name] = pictures.generated[arm.generators[0].name]
    for title, by_class in sets.items():
        own = {name: shown[:most] for name, shown in by_class.items() if shown}
        if own:
            tone = "relative tone on the grey of the surface"
            found.append(Picture(f"{title}: contents, {tone}", _sheet(own, crops=False)))
            found.append(Picture(f"{title}: in their images", _sheet(own, crops=True)))
    return found


def _sheet(by_class: Mapping[str, Sequence[Shown]], *, crops: bool) -> NDArray[np.uint8]:
    rows = [[_rgb(one.crop if crops else one.canvas) for one in own] for own in by_class.values()]
    return contact_sheet(rows, _TILE, list(by_class))


def _rgb(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    stack = np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return stack if stack.shape[2] == 3 else np.repeat(stack, 3, axis=2)


def _facts(
    spec: CompareSpec, judge: Judge, result: Realism, versions: Mapping[str, str]
) -> list[Block]:
    rows = [
        ["item", spec.item],
        ["test split", f"{len(spec.test)} images, {result.parts['test']} parts"],
        ["training split", f"{len(spec.training)} images, {result.parts['training']} parts"],
        ["backgrounds", f"{len(spec.backgrounds)}, {spec.background_split} split"],
        ["feature network", f"{judge.network.name}, SHA-256 {judge.network.sha256[:16]}"],
        *([name, str(value)] for name, value in vars(spec.settings).items()),
        *([name, value] for name, value in versions.items()),
    ]
    made = [
        [one.name, one.kind, str(one.seed), str(one.step), f"{one.trained_on} images",
         one.trained_split, one.weights_sha256[:12]]
        for arm in result.arms
        for one in arm.generators
    ]  # fmt: skip
    header = ["generator", "kind", "seed", "steps", "trained on", "split", "weights"]
    return [
        Heading("How it was measured"),
        Table("Generators.", header, made),
        Table("Data, settings and versions.", ["", ""], rows),
    ]


def _few(pictures: Pictures) -> list[Text]:
    few = [f"{name} ({len(own)})" for name, own in pictures.test.items() if len(own) < FEW]
    said = f"Fewer than {FEW} held-out contents of {', '.join(few)}: their figures say little."
    return [Text(said, warning=True)] if few else []


def _suspicious(arm: Arm) -> bool:
    return any(one.seen_in_test for one in arm.generators)
