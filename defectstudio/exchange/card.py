"""The card of an exported data set, for quality audits: card.json and card.html beside it.

It says what the export holds, by whom and with what its samples were made, what is known to be weak
in it, and who approved it. It follows from the export and what is told of it; no clock is read. The
manifest's hash binds it to the files, of which the manifest has the hashes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from defectstudio.domain.errors import ExportError
from defectstudio.domain.files import sha256_file
from defectstudio.domain.words import counted
from defectstudio.exchange.journal import Row
from defectstudio.exchange.manifest import MANIFEST, Manifest, read_manifest
from defectstudio.exchange.report import Block, Heading, Table, Text, write_report

CARD = "card"
"""The name of its two files."""
FEW = 10
"""Fewer real images of a class, or training images of a generator, are few."""


@dataclass(frozen=True)
class Maker:
    """A generator of the samples, as its own card tells of it."""

    name: str
    kind: str
    weights_sha256: str
    trained_on: int
    split: str
    classes: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Audit:
    """What an audit found of the export's images: how many it looked at, how many had a finding,
    and how many had which; changed: those that had another label then, which are not counted."""

    images: int
    with_findings: int
    findings: dict[str, int]
    changed: int = 0


@dataclass(frozen=True)
class Facts:
    """What an export cannot say of itself. terms: licence and terms of the sources; approver and
    approved: a name and a date, empty until somebody approved it; audit: None where none was made;
    left_out: what of the project is not in it; undecided: how many of its samples nobody
    reviewed."""

    name: str
    makers: tuple[Maker, ...] = ()
    audit: Audit | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    terms: str = ""
    approver: str = ""
    approved: str = ""
    undecided: int = 0


_KNOWN = TypeAdapter(Facts)


def write_card(folder: Path, facts: Facts) -> None:
    """Write the card of the export in a folder. Raises ExportError where it is none."""
    manifest = read_manifest(folder)
    card = {
        "format": 1,
        "facts": asdict(facts),
        "made_by": manifest.made_by,
        "kind": manifest.kind,
        "manifest_sha256": sha256_file(folder / MANIFEST),
        "files": len(manifest.files),
        "counts": _counts(manifest),
        "groups": _groups(manifest.images),
        "pictures": _pictures(manifest.images),
        "samples": _samples(folder, manifest.images),
        "limits": list(limits(manifest, facts)),
    }
    write_report(folder, CARD, card, f"Data set {facts.name}", list(_blocks(card, manifest, facts)))


def read_facts(folder: Path) -> Facts | None:
    """What the card of an export was told, None where there is no card. Raises ExportError."""
    path = folder / f"{CARD}.json"
    if not path.is_file():
        return None
    try:
        return _KNOWN.validate_python(json.loads(path.read_text("utf-8"))["facts"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise ExportError(
            "the card cannot be read",
            subject=path,
            remedy="Remove it, then write it anew with `defectstudio card`.",
        ) from error


def limits(manifest: Manifest, facts: Facts) -> Iterator[str]:
    """What is known to be weak, a sentence each."""
    yield from manifest.notes
    yield from choice_notes(facts)
    yield from _few(manifest)
    rows = manifest.images
    if tested := sum(row.synthetic and row.split == "test" for row in rows):
        yield f"{tested} made samples are in the test split: judge on the real ones alone."
    if bare := sum(row.split is None for row in rows):
        yield f"{bare} images have no split."
    for maker in facts.makers:
        if maker.trained_on < FEW:
            yield f"{maker.name} was trained on only {maker.trained_on} images."
        if maker.note:
            yield f"{maker.name}: {maker.note}"
    yield from _audited(facts.audit, len(rows))
    if not facts.terms:
        yield "Licence and terms of the sources are not stated."


def choice_notes(facts: Facts) -> Iterator[str]:
    """What was chosen to be in the export and what not, a sentence each."""
    if facts.undecided:
        verb = "was" if facts.undecided == 1 else "were"
        yield f"{counted(facts.undecided, 'samples')} in it {verb} not reviewed."
    for what, count in facts.left_out.items():
        yield f"{counted(count, what)} {'was' if count == 1 else 'were'} left out."


def _few(manifest: Manifest) -> Iterator[str]:
    for class_id, name in sorted(manifest.classes.items()):
        own = [row for row in manifest.images if class_id in row.class_ids]
        real = sum(not row.synthetic for row in own)
        if own and not real:
            yield f"All {len(own)} images of {name} are made, none is real."
        elif real < FEW:
            yield f"There are only {real} real images of {name}."


def _audited(audit: Audit | None, images: int) -> Iterator[str]:
    if audit is None:
        yield "The labels were not audited: `defectstudio audit` does it."
        return
    for what, count in audit.findings.items():
        yield f"The audit found in {count} images: {what}."
    if audit.changed:
        yield f"{audit.changed} images were labeled anew after the audit: it is silent on them."
    if audit.images < images:
        yield f"The audit looked at {audit.images} of {images} images (those with labels)."


def _counts(manifest: Manifest) -> dict[str, Any]:
    """Images by split and by class, each real and made."""
    names = {**manifest.classes, 0: "good"}
    by_split: dict[str, Counter[str]] = {}
    by_class: dict[str, Counter[str]] = {name: Counter() for _, name in sorted(names.items())}
    for row in manifest.images:
        side = "made" if row.synthetic else "real"
        by_split.setdefault(row.split or "none", Counter())[side] += 1
        for class_id in row.class_ids or (0,):
            by_class[names[class_id]][f"{side} {row.split or 'none'}"] += 1
            by_class[names[class_id]][side] += 1
    made = sum(row.synthetic for row in manifest.images)
    total = {"images": len(manifest.images), "real": len(manifest.images) - made, "made": made}
    return {**total, "by_split": by_split, "by_class": by_class}


def _groups(rows: Sequence[Row]) -> dict[str, int]:
    """How many physical parts there are, and how many lie in more than one split."""
    splits: dict[tuple[str, str], set[str | None]] = {}
    for row in rows:
        splits.setdefault((row.item, row.group), set()).add(row.split)
    return {"parts": len(splits), "in_several_splits": sum(len(own) > 1 for own in splits.values())}


def _pictures(rows: Sequence[Row]) -> dict[str, Any]:
    sizes = Counter(f"{row.width} x {row.height}" for row in rows)
    kinds = Counter(f"{row.depth} bit, {row.channels} channels" for row in rows)
    areas = sorted((row.width * row.height, f"{row.width} x {row.height}") for row in rows)
    ends = {"smallest": areas[0][1], "largest": areas[-1][1]} if areas else {}
    return {**ends, "sizes": len(sizes), "commonest": dict(sizes.most_common(5)), "kinds": kinds}


def _samples(folder: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """What the recipes say: seeds, backgrounds, generators, blends and versions."""
    seeds: set[int] = set()
    backgrounds: set[str] = set()
    makers, blends, versions = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        if row.recipe is None:
            continue
        try:
            recipe = json.loads((folder / row.recipe).read_text("utf-8"))["recipe"]
            defects = recipe["defects"]
            seeds.update(int(one["seed"]) for one in defects)
            makers.update({str(one["generator"]) for one in defects})
            blends[str(recipe["blend"]["mode"])] += 1
            backgrounds.add(str(recipe["background"]))
            versions.update(f"{name} {value}" for name, value in recipe["versions"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExportError(
                "a recipe of the export cannot be read", subject=row.recipe, remedy="Export again."
            ) from error
    ends = {"least_seed": min(seeds), "largest_seed": max(seeds)} if seeds else {}
    return {
        **{"seeds": len(seeds), **ends, "backgrounds": len(backgrounds)},
        **{"generators": makers, "blends": blends, "versions": versions},
    }


def _sizes(pictures: Mapping[str, Any]) -> str:
    if pictures["sizes"] < 2:
        return str(pictures.get("largest", "–"))
    return f"{pictures['smallest']} to {pictures['largest']}, {pictures['sizes']} different ones"


def _blocks(card: Mapping[str, Any], manifest: Manifest, facts: Facts) -> Iterator[Block]:
    counts, pictures, samples = card["counts"], card["pictures"], card["samples"]
    yield _pairs("What this is", [
        ("images", f"{counts['images']}: {counts['real']} real, {counts['made']} made"),
        ("format", f"{card['kind']}, by {card['made_by']}"),
        ("physical parts", f"{card['groups']['parts']}, of which"
         f" {card['groups']['in_several_splits']} lie in more than one split"),
        ("pictures", _listed(pictures["kinds"])),
        ("sizes", _sizes(pictures)),
        ("SHA-256 of manifest.json", card["manifest_sha256"]),
        ("files whose SHA-256 it has", str(card["files"])),
        ("terms of the sources", facts.terms or "not stated"),
        ("approved by", facts.approver or "________________"),
        ("on", facts.approved or "________________"),
    ])  # fmt: skip
    yield Heading("Known limits")
    for sentence in card["limits"]:
        yield Text(sentence)
    yield Heading("Images")
    splits = sorted(counts["by_split"])
    header = (
        "class",
        "real",
        "made",
        *(f"{side} {s}" for s in splits for side in ("real", "made")),
    )
    rows = [[name, *(str(own[column]) for column in header[1:])]
            for name, own in counts["by_class"].items()]  # fmt: skip
    yield Table("Images by class and split; one that shows two classes counts twice.", header, rows)
    if samples["seeds"]:
        yield from _made(samples, facts, manifest)


def _made(samples: Mapping[str, Any], facts: Facts, manifest: Manifest) -> Iterator[Block]:
    yield Heading("How the samples were made")
    known = {maker.weights_sha256: maker for maker in facts.makers}
    rows = []
    for digest, count in sorted(samples["generators"].items()):
        maker = known.get(digest)
        name = maker.name if maker else manifest.generators.get(digest, "unknown")
        told = [maker.kind, str(maker.trained_on), maker.split] if maker else ["–", "–", "–"]
        rows.append([name, str(count), *told, digest])
    header = ("generator", "samples", "kind", "trained on images", "of split", "SHA-256 of weights")
    yield Table("Generators. Each sample has its recipe in recipes/.", header, rows)
    yield _pairs("All samples", [
        ("seeds", f"{samples['seeds']} different, {samples['least_seed']} to"
         f" {samples['largest_seed']}"),
        ("backgrounds", str(samples["backgrounds"])),
        ("blends", _listed(samples["blends"])),
        ("versions", _listed(samples["versions"])),
    ])  # fmt: skip


def _pairs(caption: str, rows: Sequence[tuple[str, str]]) -> Table:
    return Table(caption, (), rows)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(counts.items())) or "none"
