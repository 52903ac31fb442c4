"""Chunks: the same bytes however a batch is cut, and only what is missing is made again."""

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from defectstudio.domain.specs import SynthesizeSpec
from defectstudio.domain.spread import SpreadSettings
from defectstudio.synthesis import chunks
from defectstudio.synthesis.backgrounds import Backgrounds
from defectstudio.synthesis.batch import Batch
from defectstudio.synthesis.chunks import Chunk, fill, missing, pack, records, unpack
from defectstudio.synthesis.generators.loading import load_generator


@pytest.fixture
def batch(tmp_path, tiny_of_kind, tiny_normals, tiny_files):
    folder = tiny_of_kind("paste")
    spec = SynthesizeSpec(tmp_path / "run", "p", folder, (1, 2), tiny_normals, tiny_files, 6, 3)
    return Batch(spec, load_generator(folder, torch.device("cpu")))


def files(run: Path) -> dict[str, bytes]:
    """By sample and name, whatever the chunk."""
    found = run.glob("chunks/*/*/*.*")
    return {f"{one.parent.name}/{one.name}": one.read_bytes() for one in found}


def test_however_a_batch_is_cut_the_bytes_are_the_same(batch, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fill(batch, Chunk(0, 6), whole)
    for chunk in (Chunk(4, 6), Chunk(0, 1)):
        fill(batch, chunk, cut)
    unpack(pack(batch, Chunk(1, 4)), cut)
    assert files(whole) == files(cut) and len(files(whole)) == 6 * 4
    assert [len(record.chunk) for record in records(cut)] == [1, 3, 2]


def test_only_what_is_missing_is_made_again(batch, tmp_path, monkeypatch):
    run, ticks = tmp_path / "run", []
    first = fill(batch, Chunk(0, 4), run)
    before = files(run)
    # as a kill, or the loss of power, leaves it: no record, one sample torn and one gone
    (run / "chunks" / "0000000-0000004.json").unlink()
    torn, gone = (run / "chunks" / "0000000-0000004" / first.samples[n] for n in (1, 3))
    (torn / "image.png").write_bytes(b"")
    shutil.rmtree(gone)
    made, kept = [], []
    monkeypatch.setattr(chunks, "_made", lambda b, n, own=chunks._made: made.extend(n) or own(b, n))
    monkeypatch.setattr(chunks, "sync", lambda path: kept.append(f"{path.parent.name}/{path.name}"))
    again = fill(batch, Chunk(0, 4), run, lambda: ticks.append(1))
    assert (made, len(ticks)) == ([1, 3], 4)
    assert again.samples == first.samples and files(run) == before
    # all are on the disk before the record says so, those that the killed run wrote among them
    assert sorted(kept) == sorted(before)


def test_a_sample_that_cannot_be_written_stops_its_chunk(batch, tmp_path, monkeypatch):
    third = fill(batch, Chunk(0, 6), tmp_path / "whole").samples[2]

    def write(folder, files, own=chunks.write_sample):
        if folder.name == third:
            raise OSError(errno.ENOSPC, "No space left on device")
        own(folder, files)

    monkeypatch.setattr(chunks, "write_sample", write)
    monkeypatch.setattr(chunks, "MOST_UNWRITTEN", 1)
    for work in (lambda: fill(batch, Chunk(0, 6), tmp_path / "run"),
                 lambda: unpack(pack(batch, Chunk(0, 6)), tmp_path / "sent")):  # fmt: skip
        with pytest.raises(OSError, match="No space"):
            work()
    for run in (tmp_path / "run", tmp_path / "sent"):
        assert not list(records(run))
        made = files(run)
        assert 8 <= len(made) < 6 * 4 and made.items() <= files(tmp_path / "whole").items()


def test_what_has_no_record_is_cut_anew(tmp_path, batch):
    fill(batch, Chunk(2, 4), tmp_path)
    there, left = missing(tmp_path, 9, SpreadSettings(chunk=3))
    assert [record.chunk for record in there] == [Chunk(2, 4)]
    assert left == [Chunk(0, 2), Chunk(4, 7), Chunk(7, 9)]
    many = missing(tmp_path / "none", 64, SpreadSettings(processes=4, chunk=16))[1]
    assert [len(chunk) for chunk in many] == [2] * 32


def test_backgrounds_are_read_once_while_they_are_in_use(tiny_normals, monkeypatch):
    from contextlib import nullcontext

    from defectstudio.synthesis import backgrounds

    fetched = []
    read = Backgrounds(lambda path: fetched.append(path.stem) or nullcontext(path))
    paths = [one.image for one in tiny_normals]
    monkeypatch.setattr(backgrounds, "KEPT_BYTES", 2 * read(paths[0]).nbytes)
    for number in (0, 1, 0, 2, 0, 1):
        assert read(paths[number]).shape == (96, 80, 3)
    assert fetched == ["0", "1", "2", "1"]  # the one not used for longest went


def test_a_batch_reads_its_plan_row_by_row(batch):
    from defectstudio.domain.specs import PlanRow

    plan = (PlanRow(1, 2, (2,)), PlanRow(2, 2))
    planned = Batch(replace(batch.spec, plan=plan, count=4), batch.generator)
    assert planned.make(1).recipe.background == batch.spec.backgrounds[2].sha256
