"""The handler of comparisons: what it leaves, says, and how it stops."""

import json

import numpy as np
import pytest

from defectstudio.domain.comparisons import (
    CompareSpec,
    GroupedFile,
    NamedGenerator,
    RealismSettings,
)
from defectstudio.domain.errors import CheckpointError
from defectstudio.domain.events import Artifact, Finished, Progress, Started, Stopped
from defectstudio.domain.files import to_json
from defectstudio.domain.job_spec import JobSpec
from defectstudio.domain.specs import BackgroundFile
from defectstudio.imaging.reading import write_png
from defectstudio.worker.__main__ import _handle, _read
from defectstudio.worker.compare import compare


@pytest.fixture
def spec(tmp_path, tiny_files, tiny_generator):
    rng = np.random.default_rng(5)
    write_png(tmp_path / "b.png", rng.integers(110, 140, (120, 140, 3), dtype=np.uint8))
    files = tuple(GroupedFile(file, str(n)) for n, file in enumerate(tiny_files))
    return CompareSpec(
        run=tmp_path / "run",
        project="p",
        item="tile",
        classes={1: "hole", 2: "scratch"},
        generators=(NamedGenerator("net", tiny_generator()),),
        training=files,
        test=files,
        backgrounds=(BackgroundFile(tmp_path / "b.png", "b" * 64),),
        background_split="test",
        settings=RealismSettings(count=2, canvas=32, feature_side=32, subsets=5, sheet=2, masks=1),
    )


def test_a_job_file_becomes_a_report(spec, make_owner):
    spec.run.mkdir()
    (spec.run / "job.json").write_text(to_json(spec))
    read: JobSpec = _read(spec.run / "job.json")
    assert read == spec
    owner = make_owner()
    _handle(read, owner)
    assert isinstance(owner.events[0], Started)
    # Two classes: their real contents, and of three generators two contents and what steers them.
    total = 2 + 3 * 2 * (2 + 1)
    assert [e.done for e in owner.events if isinstance(e, Progress)] == list(range(1, total + 1))
    assert all(e.total == total for e in owner.events if isinstance(e, Progress))
    paths = [e.path for e in owner.events if isinstance(e, Artifact)]
    assert paths == ["report/realism.json", "report/realism.html"]
    assert isinstance(owner.events[-1], Finished)
    names = [one["name"] for one in owner.events[-1].summary["arms"]]
    assert names == ["net", "paste", "procedural"]
    (arm,) = [one for one in owner.events[-1].summary["arms"] if one["name"] == "net"]
    assert arm["sentence"].startswith("net (one seed): pooled KID")
    assert "paste (" in arm["sentence"]

    data = json.loads((spec.run / "report" / "realism.json").read_text())
    assert data["features"]["name"] == "efficientnet-lite0"
    assert data["settings"]["count"] == 2
    assert data["images"]["test"] == [known.file.sha256 for known in spec.test]
    assert {"torch", "defectstudio"} <= set(data["versions"])
    arms = {one["name"]: one for one in data["result"]["arms"]}
    steering = {name: arm["generators"][0]["by_class"]["hole"]["steering"]
                for name, arm in arms.items()}  # fmt: skip
    assert steering["net"]["style"] > 0
    assert steering["net"]["seed"] > 0
    assert steering["paste"]["style"] is None  # it has no style beside its seed
    page = (spec.run / "report" / "realism.html").read_text()
    assert arm["sentence"] in page


def test_a_stop_leaves_no_report(spec, make_owner):
    owner = make_owner(patience=2)
    compare(spec, owner)
    assert owner.events[-1] == Stopped("cancelled", 2)
    assert not (spec.run / "report").exists()


def test_a_feature_network_that_is_not_there_is_said_before_any_work(spec, monkeypatch, make_owner):
    from dataclasses import replace

    monkeypatch.delenv("DEFECTSTUDIO_VGG16_HED", raising=False)
    owner = make_owner()
    with pytest.raises(CheckpointError, match="feature_weights"):
        compare(replace(spec, settings=replace(spec.settings, features="vgg16-hed")), owner)
    assert owner.events == []
