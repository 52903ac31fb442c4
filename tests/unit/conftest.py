"""Tiny generators for the worker side's tests."""

import numpy as np
import pytest


@pytest.fixture
def tiny_files(tmp_path):
    """Two classes in three labeled images, as LabeledFile."""
    from defectstudio.domain.specs import LabeledFile
    from defectstudio.imaging.reading import write_png

    rng = np.random.default_rng(0)
    files = []
    for n in range(3):
        image = rng.integers(90, 160, (96, 96, 3), dtype=np.uint8)
        label = np.zeros((96, 96), np.uint8)
        label[10 : 30 + n, 12:40] = 1
        label[60:63, 20:90] = 2
        image[label == 1] = 20 + n
        image[label == 2] = 230
        folder = tmp_path / "labeled"
        write_png(folder / f"{n}.png", image)
        write_png(folder / f"{n}_label.png", label)
        files.append(LabeledFile(folder / f"{n}.png", folder / f"{n}_label.png", f"{n:064x}"))
    return tuple(files)


@pytest.fixture
def tiny_generator(tmp_path):
    """make(source="mask", channels=3) -> the folder of an untrained two-class generator."""
    import torch

    from defectstudio.domain.files import write_json
    from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
    from defectstudio.networks.dcdganc.model import build_generator, pack
    from defectstudio.networks.dcdganc.prior import standard
    from defectstudio.networks.weights import save_tensors
    from defectstudio.synthesis.generators import CARD, WEIGHTS

    def make(source="mask", channels=3):
        config = DcdgancConfig(source=source, width_g=8, nz=4)
        torch.manual_seed(3)
        net = build_generator(config, channels, 2)
        folder = tmp_path / f"generator_{source}_{channels}"
        digest = save_tensors(folder / WEIGHTS, pack(net, standard(2, 4)))
        card = GeneratorCard(
            kind="dcdganc",
            config=config,
            channels=channels,
            classes={1: "hole", 2: "scratch"},
            values={1: 0.0, 2: 1.0},
            step=0,
            trained_on=(),
            split="train",
            weights_sha256=digest,
            versions={},
        )
        write_json(folder / CARD, card)
        return folder

    return make
