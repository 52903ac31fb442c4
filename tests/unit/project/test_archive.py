"""A project packed into one file and unpacked elsewhere; archives that are not to be trusted."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from defectstudio.domain.errors import ProjectError
from defectstudio.domain.records import JobState
from defectstudio.project import archive, unpacking
from defectstudio.project.project import Project

Members = dict[str, bytes]


@pytest.fixture
def full(project, new_image, new_sample, trained):
    """Images, a sample, a generator with a long name that is not ASCII, a done and a live job."""
    project.add_images(1, [new_image(0), new_image(1, 1)])
    project.accept_samples(1, [new_sample(project.image(1).sha256, 1)])
    project.add_generator(1, "Prägung " + "è" * 100, "dcdganc", trained())
    done, live = project.add_job("train", "one"), project.add_job("compare", "two")
    for job in (done, live):
        project.move_job(job.id, JobState.RUNNING)
        (job.folder / "log.txt").write_text("a line\n")
    project.move_job(done.id, JobState.DONE)
    (project.root / "cache").mkdir()
    (project.root / "cache" / "again.bin").write_bytes(b"made again")
    (project.root / "drafts").mkdir()
    (project.root / "drafts" / ".0123456789abcdef.part.png").write_bytes(b"half")
    return project


@pytest.fixture
def packed(full, tmp_path):
    target = tmp_path / "there" / "all.tar"
    made = full.pack(target)
    assert made.path == target and made.size < target.stat().st_size
    return target


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return tmp_path_factory.mktemp("shelf") / "all.tar"


@pytest.fixture
def shelved(shelf, request):
    """Such an archive, made once."""
    if not shelf.exists():
        request.getfixturevalue("full").pack(shelf)
    return shelf


def contents(root: Path) -> dict[str, bytes]:
    """All files that are neither of this machine nor of this moment, but the database."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(("project.sqlite", "."))
        and path.suffix != ".lock" and "cache" not in path.parts
    }  # fmt: skip


def rows(root: Path) -> list[str]:
    with sqlite3.connect(root / "project.sqlite") as connection:
        said = [line for line in connection.iterdump() if 'INTO "jobs"' not in line]
    connection.close()
    return said


def members(path: Path) -> Members:
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}


def written(path: Path, given: Members, sums: bool = True) -> Path:
    """An archive of these members, with a list that holds unless there is one among them."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in given.items()]
    with tarfile.open(path, "w") as tar:
        for name, data in {
            **given,
            **({archive.SUMS: "".join(lines).encode()} if sums else {}),
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def changed(packed: Path, tmp_path: Path, change: Callable[[Members], Members]) -> Path:
    given = members(packed)
    given.pop(archive.SUMS)
    return written(tmp_path / "changed.tar", change(given))


def refused(source: Path, root: Path, match: str) -> ProjectError:
    before = set(root.parent.iterdir())
    with pytest.raises(ProjectError, match=match) as error:
        unpacking.unpack(source, root)
    assert set(root.parent.iterdir()) == before
    return error.value


def test_what_was_packed_is_there_and_opens(full, packed, tmp_path):
    steps = []
    made = unpacking.unpack(packed, tmp_path / "new", lambda *step: steps.append(step))
    assert contents(tmp_path / "new") == contents(full.root)
    assert rows(tmp_path / "new") == rows(full.root)
    assert made.files == len(contents(full.root)) + 1
    assert steps and all(done <= total == packed.stat().st_size for done, total in steps)
    with Project.open(tmp_path / "new") as other:
        assert other.id == full.id
        assert [job.state for job in other.jobs()] == [JobState.DONE, JobState.INTERRUPTED]
        assert "packed before it was done" in other.jobs()[1].message
        assert other.unused_files() == []
        assert other.generators()[0].folder.is_dir()
    assert full.jobs()[1].state is JobState.RUNNING


def test_the_same_project_is_packed_to_the_same_bytes(full, packed, tmp_path):
    with Project.open(full.root) as again:
        again.pack(tmp_path / "twice.tar")
    assert (tmp_path / "twice.tar").read_bytes() == packed.read_bytes()
    root = tmp_path / "copy"
    unpacking.unpack(packed, root)
    with Project.open(root) as other:
        other.pack(tmp_path / "thrice.tar")
    assert members(tmp_path / "thrice.tar").keys() == members(packed).keys()


def test_sha256sum_can_check_it(shelved):
    given = members(shelved)
    lines = given.pop(archive.SUMS).decode().splitlines()
    assert [line.split("  ", 1) for line in lines] == [
        [hashlib.sha256(data).hexdigest(), name] for name, data in given.items()
    ]


def test_a_project_is_packed_while_others_write(full, new_image, tmp_path):
    """Each of the packed databases speaks only of files that were packed with it."""
    stop = threading.Event()

    def work():
        number = 100
        with Project.open(full.root) as other:
            while not stop.is_set():
                other.add_images(1, [new_image(number, 1)])
                number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for number in range(3):
            full.pack(tmp_path / f"{number}.tar")
    finally:
        stop.set()
        thread.join()
    for number in range(3):
        unpacking.unpack(tmp_path / f"{number}.tar", tmp_path / f"new {number}")


def test_a_file_that_is_damaged_missing_or_a_link_is_named(full, tmp_path):
    file = full.images()[0].file
    data = file.read_bytes()
    for damage, match in (
        (lambda: file.write_bytes(data + b"x"), "damaged"),
        (file.unlink, "missing"),
        (lambda: file.symlink_to(tmp_path), "a link"),
    ):
        damage()
        with pytest.raises(ProjectError, match=match) as error:
            full.pack(tmp_path / "all.tar")
        assert file.stem in error.value.subject
        assert not [
            path for path in tmp_path.iterdir() if "tar" in path.name or "pack" in path.name
        ]


def test_what_nobody_speaks_of_stays_behind_even_damaged(full, tmp_path):
    stray = full.root / full.files.add_bytes(b"nobody's", ".bin").path
    stray.write_bytes(b"torn")
    full.pack(tmp_path / "all.tar")
    assert not [name for name in members(tmp_path / "all.tar") if name.endswith(".bin")]


def test_where_an_archive_cannot_be(full, packed, tmp_path):
    for target, match in (
        (packed, "there already"),
        (full.root / "all.tar", "in the project itself"),
        (packed / "within a file.tar", "cannot be packed"),
    ):
        with pytest.raises(ProjectError, match=match):
            full.pack(target)


def test_a_name_that_could_not_be_unpacked_is_refused(full, tmp_path):
    (full.root / "what: why").write_text("a person's own")
    with pytest.raises(ProjectError, match="could not be unpacked"):
        full.pack(tmp_path / "all.tar")


def test_a_folder_that_is_taken_is_left_alone(project, shelved, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").write_text("a person's own")
    for taken in (project.root, tmp_path / "mine"):
        before = sorted(taken.rglob("*"))
        with pytest.raises(ProjectError, match=r"already|not empty"):
            unpacking.unpack(shelved, taken)
        assert sorted(taken.rglob("*")) == before
    (tmp_path / "empty").mkdir()
    unpacking.unpack(shelved, tmp_path / "empty")


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("../outside", "leaves its folder"),
        ("/etc/outside", "leaves its folder"),
        ("C:/outside", "leaves its folder"),
        ("\\\\server\\share", "leaves its folder"),
        ("runs/../../outside", "leaves its folder"),
        ("runs/aux.txt", "not legal"),
        ("runs/end. ", "not legal"),
        ("runs/a\nb", "not legal"),
        ("project.sqlite-wal", "no such file"),
        ("runs/1/owner.lock", "no such file"),
        ("x" * 1001, "too long"),
        ("PROJECT.sqlite", "upper and lower case"),
        ("files/Ab", None),
    ],
)
def test_names_that_are_not_allowed(shelved, tmp_path, name, match):
    source = changed(shelved, tmp_path, lambda given: {**given, name: b"1"})
    if match is None:
        unpacking.unpack(source, tmp_path / "new")
    else:
        refused(source, tmp_path / "new", match)


@pytest.mark.parametrize("kind", tarfile.SYMTYPE + tarfile.LNKTYPE + tarfile.FIFOTYPE
                         + tarfile.CHRTYPE + tarfile.DIRTYPE + tarfile.GNUTYPE_SPARSE)  # fmt: skip
def test_only_plain_files_are_unpacked(shelved, tmp_path, kind):
    member = tarfile.TarInfo("runs/there")
    member.type, member.linkname = bytes([kind]), "../../outside"
    given = members(shelved)
    source = written(tmp_path / "changed.tar", {archive.ABOUT: given[archive.ABOUT]}, sums=False)
    with tarfile.open(source, "a") as tar:
        tar.addfile(member)
    refused(source, tmp_path / "new", "plain file")


def test_headers_that_are_bombs(shelved, tmp_path):
    about = {archive.ABOUT: members(shelved)[archive.ABOUT]}
    for headers, match in (
        ({"comment": "x" * 100_000}, "damaged after"),
        ({"size": "-5"}, "plain file"),
        ({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}, "damaged after|plain file"),
        ({"size": "9" * 30}, "cut off"),
    ):
        source = written(tmp_path / "bomb.tar", about, sums=False)
        member = tarfile.TarInfo("runs/there")
        member.pax_headers = headers
        with tarfile.open(source, "a", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(member)
        refused(source, tmp_path / "new", match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda m: {n: d for n, d in m.items() if n != archive.ABOUT}, "no packed project"),
        (lambda m: {**m, archive.ABOUT: b"{}"}, "no packed project"),
        (lambda m: {**m, archive.ABOUT: b"[" * 10_000}, "no packed project"),
        (lambda m: {**m, archive.ABOUT: b" " * 70_000}, "no packed project"),
        (lambda m: {**m, archive.ABOUT: b'{"format": 2, "made_by": "X 9"}'}, r"another .*\(X 9\)"),
        (lambda m: {n: d for n, d in m.items() if n != "project.sqlite"}, "no project in this"),
        (lambda m: {**m, "project.sqlite": b"SQLite format 3\0"}, "not a database|another program"),
        (lambda m: {n: d for n, d in m.items() if not n.startswith("files/")}, "not there"),
        (lambda m: {n: d + b"x" * n.startswith("files/") for n, d in m.items()}, "damaged"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused(shelved, tmp_path, change, match):
    refused(changed(shelved, tmp_path, change), tmp_path / "new", match)


def test_the_list_is_held_against_what_is_there(shelved, tmp_path):
    given = members(shelved)
    sums = given[archive.SUMS].decode()
    log = next(name for name in given if name.endswith("log.txt"))
    for lines, match in (
        (sums.replace(hashlib.sha256(given[log]).hexdigest(), "0" * 64), log),
        (sums + f"{'0' * 64}  runs/more\n", "runs/more"),
        ("", archive.ABOUT),
        ("x" * 5000, archive.ABOUT),
    ):
        source = written(
            tmp_path / "changed.tar", {**given, archive.SUMS: lines.encode()}, sums=False
        )
        refused(source, tmp_path / "new", f"{match}.* is not what")


def test_other_files_are_no_archives(tmp_path):
    for data in (b"", b"text", os.urandom(4096), b"\0" * 2048):
        (tmp_path / "other").write_bytes(data)
        refused(tmp_path / "other", tmp_path / "new", "no packed project|it ends after")
    refused(tmp_path, tmp_path / "new", "cannot be unpacked")
    refused(tmp_path / "nothing", tmp_path / "new", "cannot be unpacked")


def test_a_full_disk_is_told_before(shelved, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    refused(shelved, tmp_path / "new", "are needed")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_found(shelved, tmp_path, data):
    """Cut anywhere, or with any bytes changed: refused with a word, or, where only filling was
    hit, unpacked to the same."""
    whole = shelved.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        broken = whole[:place]
    else:
        new = data.draw(st.binary(min_size=1, max_size=600))
        broken = whole[:place] + new + whole[place + len(new) :]
    source, root = tmp_path / "broken.tar", tmp_path / "unpacked"
    source.write_bytes(broken)
    try:
        unpacking.unpack(source, root)
    except ProjectError as error:
        assert error.remedy and not root.exists()
        return
    written_too = {archive.ABOUT, archive.SUMS, "project.sqlite"}
    kept = {name: data for name, data in members(shelved).items() if name not in written_too}
    assert contents(root) == kept
    shutil.rmtree(root)


def test_about_says_who_made_it(shelved):
    told = json.loads(members(shelved)[archive.ABOUT])
    assert len(told["project"]) == 32 and told["made_by"].startswith("DefectStudio ")
