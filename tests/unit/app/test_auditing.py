from __future__ import annotations

import numpy as np
import pytest

from defectstudio.app import auditing
from defectstudio.app.auditing import (
    audit_export,
    audit_files,
    describe_audit,
    last_audit,
    plan_of,
    project_of,
    read_audit,
    start_audit,
)
from defectstudio.app.batch_plan import PlanLine
from defectstudio.app.exported_labels import exported_labels
from defectstudio.app.exporting import export
from defectstudio.app.queueing import Wishes
from defectstudio.app.regions import save_region
from defectstudio.app.validation import parse_json
from defectstudio.domain.auditing import (
    Audited,
    AuditReport,
    AuditSettings,
    AuditSpec,
    Finding,
    Flaw,
    Wanted,
)
from defectstudio.domain.errors import JobError, ProjectError, SettingError
from defectstudio.domain.files import write_json
from defectstudio.domain.records import JobState
from defectstudio.domain.specs import JOB_FILE
from defectstudio.exchange.manifest import read_manifest
from defectstudio.imaging.reading import read_label
from defectstudio.project.project import Project
from tests.unit.app.test_exporting import project  # noqa: F401 - a fixture

FOUND = Finding(Flaw.FAINT, 1, 2.0, 5.0, "Look.")
REPORT = AuditReport(
    "tile", {1: "crack"}, AuditSettings(),
    (
        Audited("sample_000001", True, 1, True, (FOUND, FOUND), ()),
        Audited("crack/2", False, None, False, (), ()),
    ),
    (), (Wanted("crack", 3, ("a",)),), {},
)  # fmt: skip


@pytest.fixture
def unstarted(monkeypatch):
    """Jobs stay queued."""
    monkeypatch.setattr("defectstudio.jobs.launching.ensure_supervisor", lambda _root: None)


def test_an_audit_describes_labeled_images_and_samples(project, unstarted):  # noqa: F811
    save_region(project, 1, np.ones((10, 14), bool))
    job = start_audit(project, overrides={"halo": "0.5"})
    spec = parse_json(AuditSpec, job.record.folder / JOB_FILE, JobError, "")
    assert [target.name for target in spec.targets] == ["crack/2", "sample_000001"]
    real, made = spec.targets
    assert (real.recipe, real.background, real.sample) == (None, None, None)
    assert made.sample == 1 and made.background == project.image(1).file
    assert made.region is not None and made.recipe is not None
    assert (spec.classes, spec.settings.halo) == ({1: "crack"}, 0.5)
    assert [ground.name for ground in spec.grounds] == ["good/0"]  # never the test split
    with pytest.raises(SettingError, match="halos"):
        start_audit(project, overrides={"halos": "1"})


def test_an_audit_waits_for_another_job(project, unstarted):  # noqa: F811
    first = start_audit(project)
    later = start_audit(project, wishes=Wishes(after=(first.record.id,)))
    assert not (later.record.folder / JOB_FILE).exists()
    describe_audit(project, later.record)
    assert (later.record.folder / JOB_FILE).exists()


def test_nothing_labeled_is_nothing_to_audit(tmp_path, unstarted):
    with Project.create(tmp_path / "empty", "tile") as made:
        with pytest.raises(ProjectError, match="no label to audit"):
            start_audit(made)
        assert last_audit(made, made.items()[0]) is None


def test_the_last_audit_says_what_is_wrong_with_which_sample(project, unstarted):  # noqa: F811
    item = project.items()[0]
    job = start_audit(project)
    data, page = audit_files(job.record)
    with pytest.raises(JobError, match="no report"):
        auditing.accept_audit(project, job.record)
    write_json(data, REPORT)
    page.write_text("page")
    auditing.accept_audit(project, job.record)
    assert last_audit(project, item) is None  # not done yet
    project.move_job(job.record.id, JobState.STARTING)
    project.move_job(job.record.id, JobState.RUNNING)
    project.move_job(job.record.id, JobState.DONE)
    found = last_audit(project, item)
    assert found is not None and found.page == page
    assert found.flaws == {1: (Flaw.FAINT,)}
    looked = [(image.sample, target.label) for image, target in found.looked_at()]
    real, made = project.image(3).label_file, project.samples()[0].label_file
    assert looked == [(1, made), (None, real)]
    assert found.plan == plan_of(REPORT) == [PlanLine("crack", 3, ("a",))]
    data.write_text("{}")
    with pytest.raises(JobError, match=r"audit\.json"):
        last_audit(project, item)


@pytest.mark.parametrize("format", ["png", "coco", "labelme"])
def test_labels_of_an_export_are_read_as_others_read_them(project, tmp_path, format):  # noqa: F811
    export(project, tmp_path / "out", format)
    manifest = read_manifest(tmp_path / "out")
    labels = exported_labels(tmp_path / "out", manifest)
    for row in manifest.images:
        if row.class_ids:
            kept = project.samples()[0] if row.synthetic else project.image(3)
            assert np.array_equal(labels[row.image](), read_label(kept.label_file))


def test_an_export_is_audited_with_its_project_or_without(project, tmp_path, monkeypatch):  # noqa: F811
    export(project, tmp_path / "out", "coco")
    specs = []

    def run(spec, _hear):
        specs.append(spec)
        write_json(spec.run / "report/audit.json", REPORT)
        (spec.run / "report/audit.html").write_text("page")

    monkeypatch.setattr(auditing, "run_once", run)
    assert audit_export(tmp_path / "out", project=project, report=tmp_path / "r") == REPORT
    assert read_audit(tmp_path / "r/audit.json") == REPORT and (tmp_path / "r/audit.html").exists()
    assert [target.recipe is not None for target in specs[0].targets] == [False, True]
    assert specs[0].targets[1].background == project.image(1).file
    audit_export(tmp_path / "out", report=tmp_path / "r")
    # Its background is a real picture of the export.
    assert specs[1].targets[1].background.is_relative_to(tmp_path / "out")
    export(project, tmp_path / "bare", "coco", real=False)
    audit_export(tmp_path / "bare", report=tmp_path / "r")
    assert specs[2].targets[0].background is None
    assert project_of(tmp_path / "bare") is None  # not a recent one
