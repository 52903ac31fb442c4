"""The card of an export: what the project knows of it, and who approved it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from defectstudio.app.auditing import last_audit
from defectstudio.domain.auditing import Audited, AuditTarget
from defectstudio.domain.errors import DefectStudioError, ExportError, JobError, SettingError
from defectstudio.domain.records import Item
from defectstudio.exchange.card import Audit, Facts, Maker, read_facts, write_card
from defectstudio.exchange.manifest import changed, read_manifest
from defectstudio.project.datasets import DatasetEntry
from defectstudio.project.models import GENERATORS
from defectstudio.project.project import Project
from defectstudio.project.samples import read_manifest as read_manifest_of


def card_facts(
    project: Project,
    name: str,
    items: Collection[Item],
    entries: Collection[DatasetEntry],
    left_out: Mapping[str, int],
) -> Facts:
    """What a project knows of the entries of an export."""
    makers = tuple(_makers(project, _used(entries)))
    return Facts(name, makers, _audit(project, items, entries), dict(left_out))


def rewrite_card(
    folder: Path,
    *,
    terms: str | None = None,
    approver: str | None = None,
    approved: str | None = None,
) -> Facts:
    """Write the card of an export anew with what is told of it; None leaves it as it is.

    approved: the day as 2026-11-27, by default today. Raises SettingError for another day or one
    without an approver, and ExportError where it is no export or its files are no longer as they
    were exported.
    """
    day = _day(approved, approver) if approved or approver else ""
    manifest = read_manifest(folder)
    if files := changed(folder, manifest, manifest.files):
        raise ExportError(
            f"{len(files)} files are not as they were exported, {files[0]} among them",
            subject=folder,
            remedy="Export again; a card is for what was exported.",
        )
    facts = read_facts(folder) or Facts(folder.name)
    if terms is not None:
        facts = replace(facts, terms=terms)
    if approver is not None:
        facts = replace(facts, approver=approver, approved=day)
    write_card(folder, facts)
    return facts


def _day(text: str | None, approver: str | None) -> str:
    if not approver:
        raise SettingError(
            "a day, but nobody who approves it",
            subject=text or "",
            remedy="Name the approver, too.",
        )
    try:
        return (date.fromisoformat(text) if text else date.today()).isoformat()
    except ValueError as error:
        raise SettingError("this is no day", subject=text or "", remedy="2026-11-27") from error


def _used(entries: Collection[DatasetEntry]) -> set[str]:
    """The weights that the recipes of samples name."""
    files = [entry.recipe_file for entry in entries if entry.recipe_file]
    return {one.generator for file in files for one in read_manifest_of(file).recipe.defects}


def _makers(project: Project, used: Collection[str]) -> list[Maker]:
    """Those of the project's generators, as their cards tell of them."""
    makers = []
    for one in project.generators():
        if one.sha256 not in used:
            continue
        try:
            card = GENERATORS.read_card(one.folder)
        except DefectStudioError:
            continue  # its samples are there all the same, and the manifest has its name
        classes = tuple(card.classes.values())
        makers.append(
            Maker(
                one.name, one.kind, one.sha256, len(card.trained_on), card.split, classes, card.note
            )
        )
    return makers


def _audit(
    project: Project, items: Collection[Item], entries: Collection[DatasetEntry]
) -> Audit | None:
    """What the items' last audits found of the entries, where their labels are as they were."""
    labels = {(entry.item, entry.file.name): _stored(entry.label_file) for entry in entries}
    looked = bad = changed = 0
    findings: Counter[str] = Counter()
    made = False
    for item in items:
        found = _last(project, item)
        if found is None:
            continue
        made = True
        for image, target in found:
            key = (item.name, target.image.name)
            if key not in labels:
                continue
            if labels[key] != _stored(target.label):
                changed += 1
                continue
            looked += 1
            bad += bool(image.findings)
            findings.update({one.flaw.value for one in image.findings})
    return Audit(looked, bad, dict(sorted(findings.items())), changed) if made else None


def _stored(label: Path | None) -> str:
    """A stored file's name says what is in it, wherever the project lay then."""
    return label.name if label else ""


def _last(project: Project, item: Item) -> list[tuple[Audited, AuditTarget]] | None:
    """What the item's last audit looked at; one that cannot be read is none, and no reason not to
    export."""
    try:
        found = last_audit(project, item)
        return found.looked_at() if found else None
    except JobError:
        return None
