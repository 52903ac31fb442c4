"""Commands for quality audits: audit, card."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from defectstudio.cli.following import After, Priority, Queue, follow, queued, wishes
from defectstudio.cli.generating import Settings
from defectstudio.cli.output import Json, command, pairs, progress_bar, say
from defectstudio.cli.projects import ItemName, opened
from defectstudio.domain.errors import SettingError

if TYPE_CHECKING:
    from defectstudio.domain.auditing import AuditReport

_SHOWN = 12
"""Images that are named; the report has all."""


@command
def audit(
    *,
    target: Annotated[Path, typer.Argument(help="A project, or an export's folder.")],
    project: Annotated[
        Path | None, typer.Option(help="Of an export: where its backgrounds are.")
    ] = None,
    item: ItemName = None,
    report: Annotated[
        Path | None,
        typer.Option(help="A folder that gets the report; of an export default EXPORT-audit."),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="Write what would fill the holes of the coverage (CSV).")
    ] = None,
    settings: Settings = None,
    queue: Queue = False,
    after: After = None,
    priority: Priority = 0,
    as_json: Json = False,
) -> None:
    """Hold every label against what can be seen, and made defects against real ones."""
    from defectstudio.app import auditing
    from defectstudio.app.batch_plan import write_plan
    from defectstudio.exchange.manifest import is_export

    overrides, waits = pairs(settings or []), not (queue or after)
    if not waits and (plan or is_export(target)):
        raise SettingError(
            "nothing that needs the finished report can be queued",
            subject="--plan" if plan else target,
            remedy="Leave --queue and --after out.",
        )
    if is_export(target):
        folder = report or target.with_name(f"{target.name}-audit")
        found = _export(target, project, overrides, folder)
        page = folder / "audit.html"
    else:
        with opened(target) as used:
            wanted = wishes(priority, after)
            job = auditing.start_audit(
                used, item=item, overrides=overrides, report=report, wishes=wanted
            )
            if not waits:
                queued(job, as_json=as_json)
                return
            data, page = auditing.audit_files(follow(job))
            found = auditing.read_audit(data)
        page = report / page.name if report else page
    if plan:
        write_plan(plan, auditing.plan_of(found))
    _say(found, page, as_json=as_json)


@command
def card(
    *,
    export: Annotated[Path, typer.Argument(help="An export's folder.")],
    approver: Annotated[str | None, typer.Option(help="Who approves it; empty: nobody.")] = None,
    date: Annotated[str | None, typer.Option(help="The day, as 2026-11-27; default today.")] = None,
    terms: Annotated[str | None, typer.Option(help="Licence and terms of the sources.")] = None,
    as_json: Json = False,
) -> None:
    """Check the files of an export and write its data-set card (card.html, card.json) anew."""
    from defectstudio.app.cards import rewrite_card

    facts = rewrite_card(export, terms=terms, approver=approver, approved=date)
    page = export / "card.html"
    by = f", approved by {facts.approver} on {facts.approved}" if facts.approver else ""
    say(as_json, {"card": page, **asdict(facts)}, [f"The card{by}: {page}"])


def _say(found: AuditReport, page: Path, *, as_json: bool) -> None:
    """The worst images by name, and where the rest stands."""
    bad = [image for image in found.images if image.findings]
    holes = sum(cell.is_hole for cell in found.cells)
    lines = [
        *(f"{one.name}: {', '.join(f.flaw.value for f in one.findings)}" for one in bad[:_SHOWN]),
        *([f"and {len(bad) - _SHOWN} more"] if len(bad) > _SHOWN else []),
        f"{len(bad)} of {len(found.images)} images have a finding; {holes} of {len(found.cells)}"
        " cells of the coverage are holes.",
        f"The report: {page}",
    ]
    result = {
        "report": page,
        "images": len(found.images),
        "findings": {one.name: [asdict(f) for f in one.findings] for one in bad},
        "cells": len(found.cells),
        "holes": holes,
        "plan": [asdict(one) for one in found.plan],
    }
    say(as_json, result, lines)


def _export(
    folder: Path, root: Path | None, overrides: Mapping[str, str], report: Path
) -> AuditReport:
    from defectstudio.app.auditing import audit_export, project_of
    from defectstudio.app.projects import open_project

    root = root or project_of(folder)
    with ExitStack() as stack, progress_bar("audit") as show:
        used = stack.enter_context(open_project(root)) if root else None
        return audit_export(folder, project=used, overrides=overrides, report=report, progress=show)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("audit")(audit)
    app.command("card")(card)
