"""Jobs once more: each kind by what starts it, with the settings it had."""

from pathlib import Path

import pytest

from defectstudio.app import again
from defectstudio.domain.comparisons import CompareTransferSpec, TransferSettings
from defectstudio.domain.errors import JobError
from defectstudio.domain.files import write_json
from defectstudio.domain.records import JobRecord, JobState, Split
from defectstudio.domain.segmenting import EvaluateSettings, EvaluateSpec


def job(folder, kind, state=JobState.CANCELLED):
    return JobRecord(3, kind, "eye", state, 0.5, "", folder, "", None)


@pytest.fixture
def started(monkeypatch):
    given = []
    for name in (
        "start_training", "start_segmenter_training", "start_evaluation", "start_comparison",
    ):  # fmt: skip
        monkeypatch.setattr(again, name, lambda _project, n=name, **how: given.append((n, how)))
    return given


def test_trainings_go_on(tmp_path, started):
    for kind in ("train", "train_segmenter"):
        assert again.resumes(job(tmp_path, kind)) and not again.starts_again(job(tmp_path, kind))
        again.once_more(None, job(tmp_path, kind))
    wanted = {"name": "eye", "resume": True}
    assert started == [("start_training", wanted), ("start_segmenter_training", wanted)]


def test_a_judgement_is_made_again_as_it_was(tmp_path, started):
    spec = EvaluateSpec(
        tmp_path, "plate", "eye", tmp_path, {1: "dent"}, (), "val", 0, EvaluateSettings(sheet=3)
    )
    write_json(tmp_path / "job.json", spec)
    assert again.starts_again(job(tmp_path, "evaluate", JobState.FAILED))
    again.once_more(None, job(tmp_path, "evaluate"))
    ((name, how),) = started
    assert name == "start_evaluation"
    assert (how["model"], how["split"], how["overrides"]["sheet"]) == ("eye", Split.VAL, 3)


def test_a_comparison_is_made_again_as_it_was(tmp_path, started):
    spec = CompareTransferSpec(
        tmp_path, "p", "plate", {1: "dent"}, "tile", {1: "dent"}, (), (), (), (), Path("cache"),
        TransferSettings(source="tile", steps=9),
    )  # fmt: skip
    write_json(tmp_path / "job.json", spec)
    again.once_more(None, job(tmp_path, "compare"))
    ((name, how),) = started
    assert name == "start_comparison" and how["protocol"] == "transfer"
    assert (how["item"], how["overrides"]["source"], how["overrides"]["steps"]) == (
        "plate", "tile", 9,
    )  # fmt: skip


def test_what_is_done_or_lost_is_not_started_again(tmp_path, started):
    for kind in ("train", "evaluate", "compare", "import"):
        done = job(tmp_path, kind, JobState.DONE)
        assert not again.resumes(done) and not again.starts_again(done)
    with pytest.raises(JobError, match=r"job\.json: it cannot be read"):
        again.once_more(None, job(tmp_path, "compare"))
    with pytest.raises(JobError, match="this kind"):
        again.once_more(None, job(tmp_path, "import"))
    assert not started
