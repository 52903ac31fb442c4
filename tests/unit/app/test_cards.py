from __future__ import annotations

import pytest

from defectstudio.app import auditing
from defectstudio.app.cards import rewrite_card
from defectstudio.app.exporting import export
from defectstudio.domain.auditing import Audited, AuditReport, AuditSettings, Finding, Flaw
from defectstudio.domain.errors import ExportError, JobError, SettingError
from defectstudio.exchange.card import Audit, read_facts
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
    last = auditing.LastAudit(report, tmp_path / "audit.html")
    monkeypatch.setattr("defectstudio.app.cards.last_audit", lambda _project, _item: last)
    export(project, tmp_path / "out", "png")
    facts = read_facts(tmp_path / "out")
    assert facts is not None and facts.audit == Audit(2, 1, {Flaw.HALO.value: 1})


def test_an_audit_that_cannot_be_read_hinders_no_export(project, tmp_path, monkeypatch):  # noqa: F811
    def torn(_project, _item):
        raise JobError("torn")

    monkeypatch.setattr("defectstudio.app.cards.last_audit", torn)
    export(project, tmp_path / "out", "png")
    facts = read_facts(tmp_path / "out")
    assert facts is not None and facts.audit is None
