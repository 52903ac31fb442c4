"""What the reports of protocols that train segmenters say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from defectstudio.domain.comparisons import (
    CompareEnlargeSpec,
    CompareStrategiesSpec,
    CompareTransferSpec,
    EnlargingGenerator,
    Partition,
    TrialSpec,
)
from defectstudio.domain.specs import Example
from defectstudio.evaluation.effects import Effect, effects, paired
from defectstudio.evaluation.enlarge import RAW
from defectstudio.evaluation.kept import Outcome
from defectstudio.evaluation.strategies import EPOCH, strategy_b
from defectstudio.evaluation.trials_page import (
    Wording,
    against_each_other,
    by_number,
    described,
)
from defectstudio.evaluation.zero_shot import DIRECT
from defectstudio.exchange.report import Block
from defectstudio.synthesis.versions import versions

ENLARGE_PAPER = (
    "P1 reports of its own data, pooled F1 with U-Net, raw / augmented / enlarged: wood .878 / .878"
    " / .890, carpet .778 / .797 / .814, phone band .678 / .653 / .701; with Res phone band .544 /"
    " .633 / .660."
)
TRANSFER_PAPER = (
    "P1 reports of its own data, F1 trained on transferred defects alone: crack .728 (U-Net), rough"
    " .838 (Res)."
)
STRATEGIES_PAPER = (
    "P2 reports of its own data, F1 by DST / histogram match / CycleGAN / only real: Buttonlab .800"
    " / .660 / .684 / .469, DeepLabv3+ .639 / .475 / .569 / .425, U-Net .658 / .193 / .638 / .590."
    " Only real had about a hundredth of the steps there."
)


@dataclass(frozen=True)
class Telling:
    """What a report says. found: the effects whose sentences come first; data: for machines, beside
    the outcomes; more: blocks of the protocol's own."""

    title: str
    wording: Wording
    images: Mapping[str, Sequence[Example]]
    found: Sequence[Effect]
    data: Mapping[str, object]
    more: Sequence[Block]


def telling(spec: TrialSpec, outcomes: Sequence[Outcome]) -> Telling:
    """Of the protocol of the specification."""
    if isinstance(spec, CompareEnlargeSpec):
        return _enlarge(spec, outcomes)
    if isinstance(spec, CompareStrategiesSpec):
        return _strategies(spec, outcomes)
    return _transfer(spec, outcomes)


def _enlarge(spec: CompareEnlargeSpec, outcomes: Sequence[Outcome]) -> Telling:
    s, own = spec.settings, spec.partitions[0]
    source = (
        f"{spec.item}: {len(spec.partitions)} splits by part, the first of {len(own.training)}"
        f" training and {len(own.validation)} validation images; {s.count} samples a class and"
        f" generator, {' or '.join(f'{one:.0%}' for one in spec.shares)} of the defects made;"
        f" {described(s, own.test, versions())}"
    )
    title = f"Do made defects help on {spec.item}?"
    wording = _wording(spec, source, ENLARGE_PAPER)
    return _against(RAW, title, wording, _files(spec.partitions), paired(outcomes, s.seed))


def _transfer(spec: CompareTransferSpec, outcomes: Sequence[Outcome]) -> Telling:
    s = spec.settings
    altered = f"{', grey' * s.grey}{f', {s.cut:.0%} cut off' * (s.cut > 0)}"
    source = (
        f"{', '.join(spec.source_classes.values())} of {spec.source_name} ({len(spec.source)}"
        f" training images) to {spec.item} ({len(spec.training)} training images); {s.count}"
        f" samples a class and generator{altered}; {described(s, spec.test, versions())}"
    )
    title = f"Do defects of {spec.source_name} teach {spec.item}?"
    images = {"source": spec.source, "training": spec.training, "test": spec.test}
    wording = _wording(spec, source, TRANSFER_PAPER)
    return _against(DIRECT, title, wording, images, paired(outcomes, s.seed))


def _against(
    arm: str,
    title: str,
    wording: Wording,
    images: Mapping[str, Sequence[Example]],
    pairs: Mapping[str, Sequence[Effect]],
) -> Telling:
    data = {"paired": {name: [asdict(one) for one in own] for name, own in pairs.items()}}
    more = against_each_other(pairs, wording.source)
    return Telling(title, wording, images, pairs[arm], data, more)


def _strategies(spec: CompareStrategiesSpec, outcomes: Sequence[Outcome]) -> Telling:
    s = spec.settings
    source = (
        f"{spec.item}, {' or '.join(map(str, spec.real))} labeled images a class; {s.count} samples"
        f" a class and generator, {s.share:.0%} of the defects of C made; A passes over the real"
        f" images once for every {EPOCH} steps of B and C;"
        f" {described(s, spec.partitions[0].test, versions())}"
    )
    found = []
    for number, real in enumerate(spec.real):
        own = [one for one in outcomes if one.partition == number]
        found += effects(own, strategy_b(real), s.seed)
    wording = _wording(spec, source, STRATEGIES_PAPER)
    title = f"What are a few defects of {spec.item} worth?"
    more = by_number(spec.real, outcomes, source)
    return Telling(title, wording, _files(spec.partitions), found, {"real": spec.real}, more)


def _wording(spec: TrialSpec, source: str, paper: str) -> Wording:
    return Wording(source, _seen(spec.generators), tuple(spec.classes.values()), paper)


def _files(partitions: Sequence[Partition]) -> dict[str, Sequence[Example]]:
    return {
        f"{name} {number}": own
        for number, one in enumerate(partitions)
        for name, own in vars(one).items()
    }


def _seen(generators: Sequence[EnlargingGenerator]) -> list[str]:
    return [
        f"{one.name} has seen {len(one.seen)} images of the test split."
        for one in generators
        if one.seen
    ]
