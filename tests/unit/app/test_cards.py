from __future__ import annotations

import numpy as np
import pytest

from defectstudio.app import auditing
from defectstudio.app.cards import rewrite_card
from defectstudio.app.exporting import export
from defectstudio.domain.auditing import (
    Audited,
    AuditReport,
    AuditSettings,
    AuditSpec,
    AuditTarget,
    Finding,
    Flaw,
)
from defectstudio.domain.errors import ExportError, JobError, SettingError
from defectstudio.domain.files import write_json
from defectstudio.domain.specs import JOB_FILE
from defectstudio.exchange.card import Audit, read_facts
from defectstudio.imaging.reading import read_label
from tests.unit.app.test_exporting import project  # noqa: F401 - a fixture


def test_an_export_has_a_card_that_can_be_approved(project, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    export(project, out, "labelme")
    facts = read_facts(out)
    assert facts is not None
    assert (facts.name, facts.audit, facts.approver) == ("out", None, "")
    assert facts.left_out == {"defective images without a label": 1}
    rewrite_card(out, approver="N. N.", approved="2026-11-27", terms="ours")
    again = rewrite_card(out)
    assert (again.approver, again.approved, again.terms) == ("N. N.", "2026-11-27", "ours")
    assert "N. N." in (out / "card.html").read_text("utf-8")
    assert rewrite_card(out, approver="").approved == ""
    assert len(rewrite_card(out, approver="M.").approved) == 10  # today
    with pytest.raises(SettingError, match="no day"):
        rewrite_card(out, approver="N. N.", approved="yesterday")
    for nobody in (None, ""):
        with pytest.raises(SettingError, match="nobody who approves"):
            rewrite_card(out, approver=nobody, approved="2026-11-27")
    (out / "card.json").unlink()
    assert rewrite_card(out).name == "out"


def test_changed_files_are_not_approved(project, tmp_path):  # noqa: F811
    export(project, tmp_path / "out", "png")
    (tmp_path / "out/images/crack_2.png").write_bytes(b"other")
    with pytest.raises(ExportError, match="1 files are not as they were exported"):
        rewrite_card(tmp_path / "out", approver="N. N.")


def test_a_card_tells_of_the_audit(project, tmp_path, monkeypatch):  # noqa: F811
    found = Finding(Flaw.HALO, 1, 1.0, 0.5, "Dilate.")
    images = (
        Audited("crack/2", False, None, False, (found, found), ()),
        Audited("sample_000001", True, 1, True, (), ()),
        Audited("another", True, 9, True, (found,), ()),
    )
    report = AuditReport("tile", {1: "crack"}, AuditSettings(), images, (), (), {})
    last = auditing.LastAudit(report, tmp_path / "run" / "report" / "audit.html")
    monkeypatch.setattr("defectstudio.app.cards.last_audit", lambda _project, _item: last)
    (crack,) = [one for one in project.images() if one.name == "crack/2"]
    (sample,) = project.samples(1)
    elsewhere = tmp_path / "moved"
    targets = (
        AuditTarget("crack/2", elsewhere / crack.file.name, elsewhere / crack.label_file.name),
        AuditTarget("sample_000001", sample.file, sample.label_file, 1),
    )
    spec = AuditSpec(elsewhere, "tile", {1: "crack"}, targets)
    write_json(tmp_path / "run" / JOB_FILE, spec)

    def told(name):
        export(project, tmp_path / name, "png")
        facts = read_facts(tmp_path / name)
        assert facts is not None
        return facts.audit

    assert told("out") == Audit(2, 1, {Flaw.HALO.value: 1})
    label = read_label(crack.label_file)
    project.save_label(crack.id, np.roll(label, 1, axis=1))
    assert told("changed") == Audit(1, 0, {}, 1)
    page = (tmp_path / "changed" / "card.html").read_text("utf-8")
    assert "1 images were labeled anew after the audit" in page
    project.save_label(crack.id, label)
    assert told("back") == Audit(2, 1, {Flaw.HALO.value: 1})
    (tmp_path / "run" / JOB_FILE).unlink()
    assert told("torn") is None


def test_an_audit_that_cannot_be_read_hinders_no_export(project, tmp_path, monkeypatch):  # noqa: F811
    def torn(_project, _item):
        raise JobError("torn")

    monkeypatch.setattr("defectstudio.app.cards.last_audit", torn)
    export(project, tmp_path / "out", "png")
    facts = read_facts(tmp_path / "out")
    assert facts is not None and facts.audit is None
