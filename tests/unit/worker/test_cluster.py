"""What is checked before a cluster works; that it does the same work is shown in
tests/e2e/test_benchmarks.py."""

import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from defectstudio.domain.errors import ClusterError
from defectstudio.domain.spread import SpreadSettings
from defectstudio.synthesis.versions import versions
from defectstudio.worker import cluster
from defectstudio.worker.cluster import Cluster, Shared, check_closed, check_versions
from defectstudio.worker.pools import make_pool

CLOSED = {"RAY_USE_TLS": "1", "RAY_AUTH_MODE": "token"}


def test_without_ray_its_extra_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    with pytest.raises(ClusterError, match=r"not installed.*defectstudio\[cluster\]"):
        make_pool(SpreadSettings(cluster="ray://host:10001", open_cluster=True), None)


@pytest.mark.parametrize(
    ("environment", "lacks"),
    [
        ({}, "TLS or a token"),
        ({**CLOSED, "RAY_USE_TLS": "0"}, "for TLS,"),
        ({**CLOSED, "RAY_AUTH_MODE": "disabled"}, "for a token,"),
    ],
)
def test_an_open_cluster_is_refused_unless_told(monkeypatch, environment, lacks):
    monkeypatch.setattr(cluster, "find_spec", lambda _: object())
    for name in CLOSED:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ClusterError, match=lacks) as caught:
        Cluster("ray://host:10001", None, open_to_all=False)
    assert "RAY_TLS_CA_CERT" in caught.value.remedy and "open_cluster" in caught.value.remedy
    with pytest.raises(ClusterError, match="this worker's Ray"):
        Shared(lambda place: place, {}, versions(), open_to_all=False).open()
    Cluster("ray://host:10001", None, open_to_all=True)
    check_closed("ray://host:10001", CLOSED)


def test_a_worker_of_another_version_is_refused():
    check_versions(versions(), versions())
    with pytest.raises(ClusterError, match=r"it has torch 1\.0 \(here "):
        check_versions(versions(), {**versions(), "torch": "1.0"})
    other = Shared(lambda place: place, {}, {**versions(), "cpu": "other"}, open_to_all=True)
    with pytest.raises(ClusterError, match="processors of one kind"):
        other.open()


def test_files_arrive_whole_or_not_at_all(tmp_path, monkeypatch):
    """The object store is a dictionary here."""
    monkeypatch.setitem(
        sys.modules, "ray", SimpleNamespace(put=lambda data: data, get=lambda data: data)
    )
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "a").write_bytes(b"1")
    (tmp_path / "b.png").write_bytes(b"2")
    paths = [folder, tmp_path / "b.png"]
    files = {str(path): tuple(cluster._send(path)) for path in paths}
    shared = Shared(lambda place: place.fetch, files, versions(), open_to_all=True)
    with ExitStack() as stack:
        here = [stack.enter_context(shared.open()(path)) for path in paths]
        assert ((here[0] / "a").read_bytes(), here[1].read_bytes()) == (b"1", b"2")
        assert here[1].suffix == ".png" and not set(here) & set(paths)
    assert not any(path.exists() for path in here)
    torn = cluster.Sent("b.png", "0" * 64, b"2")
    broken = Shared(lambda place: place.fetch, {"b.png": (torn,)}, versions(), open_to_all=True)
    with pytest.raises(ClusterError, match="changed on its way"), broken.open()(Path("b.png")):
        pass
