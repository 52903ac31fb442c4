"""Handler of a segmenter's export as ONNX."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from defectstudio.domain.errors import InternalError, UserError
from defectstudio.domain.events import Artifact, Finished, Started
from defectstudio.domain.files import write_beside
from defectstudio.domain.parts import how_to_get
from defectstudio.domain.segmenters import SegmenterCard
from defectstudio.domain.segmenting import ExportOnnxSpec
from defectstudio.networks.segmenters.encoders import STRIDES
from defectstudio.networks.segmenters.loading import LoadedSegmenter, load_segmenter
from defectstudio.worker.channel import Channel

FILE = "segmenter.onnx"
"""In the run folder."""
OPSET = 17
SHAPES = (1, 128, 160), (2, 96, 224), (1, 512, 512)
"""Batch, height and width of the images that both must agree on."""
TOLERANCE = 1e-4
"""Of a probability."""
NEEDED = "onnx", "onnxruntime"


class Probabilities(nn.Module):
    """A segmenter from an image in [0, 1] to probabilities: what is exported."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        """image (B, C, H, W), sides multiples of 32 -> (B, outputs, H, W)."""
        return torch.sigmoid(self.net(image))


def export_onnx(spec: ExportOnnxSpec, channel: Channel) -> None:
    """Leaves `segmenter.onnx`, which gives the segmenter's own probabilities.

    Raises UserError where ONNX is not installed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            f"{' and '.join(missing)} is not installed",
            subject="ONNX",
            remedy=how_to_get("onnx"),
        )
    segmenter = load_segmenter(spec.segmenter, torch.device("cpu"))
    channel.emit(Started("cpu", 1))
    net = Probabilities(segmenter.net).eval()
    path = spec.run / FILE
    write_beside(path, lambda beside: _write(net, segmenter.card, beside))
    apart = _largest_difference(net, segmenter, path)
    if not apart <= TOLERANCE:
        path.unlink()
        raise InternalError(f"the exported model is {apart:.2g} off the segmenter")
    channel.emit(Artifact("onnx", FILE))
    channel.emit(Finished({"largest_difference": apart, "opset": OPSET}))


def _write(net: nn.Module, card: SegmenterCard, path: Path) -> None:
    import onnx

    axes = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        # Padding is decided by the sides, which are multiples of 32: what is traced holds for all.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        torch.onnx.export(
            net,
            (torch.rand(1, card.channels, 128, 160),),
            str(path),
            input_names=["image"],
            output_names=["probability"],
            dynamic_axes={"image": axes, "probability": axes},
            opset_version=OPSET,
            # The other exporter needs a third package, onnxscript.
            dynamo=False,
        )
    model = onnx.load(str(path))
    told = {
        "classes": json.dumps({str(n): name for n, name in card.classes.items()}),
        "threshold": repr(card.threshold),
        "sides": f"multiples of {STRIDES[-1]}",
        "weights_sha256": card.weights_sha256,
    }
    onnx.helper.set_model_props(model, told)
    onnx.save(model, str(path))


def _largest_difference(net: nn.Module, segmenter: LoadedSegmenter, path: Path) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    apart = 0.0
    for batch, height, width in SHAPES:
        shape = batch, segmenter.card.channels, height, width
        image = rng.random(shape, dtype=np.float32)
        with torch.no_grad():
            own = net(torch.from_numpy(image)).numpy()
        (other,) = session.run(None, {"image": image})
        apart = max(apart, float(np.abs(own - other).max()))
    return apart
