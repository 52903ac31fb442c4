"""A plain sentence on each arm: what its figures come to, and whether it beats `paste`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from defectstudio.evaluation.arms import PASTE, POOLED, Arm
from defectstudio.evaluation.copies import Unseen
from defectstudio.metrics.intervals import Interval

COPIES_ALLOWED = 0.10
EMPTY_ALLOWED = 0.01
RULE = (
    "An arm beats another in KID when even its worst seed has a lower pooled KID than the other's"
    " best, by more than the larger deviation over subsets of the two; it is behind when the same"
    " holds the other way round; else the two cannot be told apart."
)


def with_sentences(arms: Sequence[Arm], network: str, unseen: Mapping[str, Unseen]) -> list[Arm]:
    """The arms, each with its sentence. network: the feature network that judged them; unseen: what
    the search for copies says of real contents, by class name."""
    paste = next((arm for arm in arms if arm.kind == PASTE), None)
    return [replace(arm, sentence=_sentence(arm, paste, network, unseen)) for arm in arms]


def verdict(arm: Arm, other: Arm) -> str | None:
    """ "beats", "does not beat" or "cannot be told apart from"; None without a pooled KID."""
    one, two = (a.intervals[POOLED].get("kid") for a in (arm, other))
    if one is None or two is None:
        return None
    margin = max(_deviation(arm), _deviation(other))
    if one.most + margin < two.least:
        return "beats"
    return "does not beat" if one.least > two.most + margin else "cannot be told apart from"


def _sentence(arm: Arm, paste: Arm | None, network: str, unseen: Mapping[str, Unseen]) -> str:
    pooled = arm.intervals[POOLED]
    parts = [f"{arm.name}{_seeds(arm)}: {_kid(pooled.get('kid'))}"]
    if arm.kind == PASTE:
        parts.append("it is the control that pastes training defects, whatever it reaches")
    elif paste is not None and (found := verdict(arm, paste)) is not None:
        parts.append(f"it {found} paste ({_number(paste.intervals[POOLED]['kid'].mean)})")
    elif paste is None:
        parts.append("there is no paste to compare with")
    parts += _warnings(arm, network, unseen)
    return "; ".join(parts) + "."


def _warnings(arm: Arm, network: str, unseen: Mapping[str, Unseen]) -> list[str]:
    pooled, found = arm.intervals[POOLED], []
    shares = {
        how: pooled[f"copies_{how}"].mean
        for how in ("pixels", "features")
        if f"copies_{how}" in pooled
    }
    if shares and max(shares.values()) > COPIES_ALLOWED:
        how = max(shares, key=shares.__getitem__)
        found.append(
            f"{shares[how]:.0%} of its contents lie suspiciously near a training content by their"
            f" {how}{_held_against(arm, how, unseen)}"
        )
    if "empty_rate" in pooled and pooled["empty_rate"].mean > EMPTY_ALLOWED:
        found.append(f"{pooled['empty_rate'].mean:.1%} of its samples are empty")
    if "outside_region" in pooled and pooled["outside_region"].most > 0:
        found.append("pixels outside the blend region changed, which must never be")
    if any(one.learned_from == network for one in arm.generators):
        found.append("its training asked the very network that judges here, which flatters it")
    if any(one.seen_in_test for one in arm.generators):
        found.append("it was trained on images of the test split, so its figures are worthless")
    return found


def _held_against(arm: Arm, how: str, unseen: Mapping[str, Unseen]) -> str:
    """The share among unseen real contents: a mean over the arm's classes, as its own share is."""
    own = [unseen[name] for name in arm.intervals if name in unseen]
    found = [one.pixels if how == "pixels" else one.features for one in own]
    shares = [one.share for one in found if one is not None and one.share is not None]
    if not shares or any(one.seen_in_test for one in arm.generators):
        return ""
    return f" (of real ones that it never saw: {sum(shares) / len(shares):.0%})"


def _seeds(arm: Arm) -> str:
    count = len(arm.generators)
    return f" ({count} seeds)" if count > 1 else " (one seed)"


def _kid(value: Interval | None) -> str:
    if value is None:
        return "too few held-out defects for a KID"
    span = f" ({_number(value.least)} to {_number(value.most)})" if len(value.values) > 1 else ""
    return f"pooled KID {_number(value.mean)}{span}"


def _deviation(arm: Arm) -> float:
    return arm.intervals[POOLED]["kid_deviation"].most


def _number(value: float) -> str:
    return f"{value:.4f}"
