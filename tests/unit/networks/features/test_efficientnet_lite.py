"""EfficientNet-Lite0: its padding, its table of names, and whether it sees what is there."""

import numpy as np
import pytest
import torch
from skimage import data
from torch.nn import functional as F

from defectstudio.networks.features import efficientnet_lite
from defectstudio.networks.features.distances import pooled
from defectstudio.networks.features.efficientnet_lite import EfficientNetLite0, SamePad, renamed
from defectstudio.networks.features.registry import _in_package


@pytest.fixture(scope="module")
def tensors():
    path = _in_package(efficientnet_lite.PACKAGE, efficientnet_lite.FILE)
    return torch.load(path, map_location="cpu", weights_only=True)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "before", "after"),
    [(8, 3, 2, 0, 1), (7, 3, 2, 1, 1), (8, 5, 2, 1, 2), (7, 5, 2, 2, 2), (8, 3, 1, 1, 1),
     (8, 1, 1, 0, 0), (1, 5, 2, 2, 2)],
)  # fmt: skip
def test_padding_is_tensorflows(side, kernel, stride, before, after):
    """https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2"""
    x = torch.ones(1, 1, side, side)
    padded = SamePad(kernel, stride)(x)
    assert torch.equal(padded, F.pad(x, [before, after, before, after]))


def test_the_table_renames_every_tensor_once(tensors):
    with torch.device("meta"):
        wanted = EfficientNetLite0().state_dict()
    ours = renamed(tensors)
    assert {n: tuple(t.shape) for n, t in ours.items()} == {
        n: tuple(t.shape) for n, t in wanted.items()
    }
    assert len(ours) == len(tensors) - 2  # the classifier
    assert torch.equal(ours["blocks.3.depthwise.1.0.weight"],
                       tensors["_blocks.3._depthwise_conv.weight"])  # fmt: skip
    assert torch.equal(ours["blocks.3.expand.1.1.bias"], tensors["_blocks.3._bn0.bias"])
    assert torch.equal(ours["head.1.1.bias"], tensors["_bn1.bias"])


def test_a_stranger_has_no_name_here():
    with pytest.raises(KeyError, match="_se_reduce"):
        renamed({"_blocks.0._se_reduce.weight": torch.zeros(1)})


@pytest.mark.parametrize(("picture", "classes"), [("chelsea", {281, 282, 285}), ("coffee", {967})])
def test_it_knows_a_cat_and_an_espresso(lite, tensors, picture, classes):
    """With the file's own classifier: padding, normalisation, names and order are all right."""
    image = getattr(data, picture)().astype(np.float32) / 255
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    vector = pooled(lite, image[None, top : top + side, left : left + side], 224)
    scores = torch.from_numpy(vector) @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    assert int(scores.argmax()) in classes


def test_maps_of_five_strides(lite):
    maps, top = lite.net(torch.zeros(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (16, 32, 48), (24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)
    ]  # fmt: skip
    assert top.shape == (1, 1280, 2, 3)
