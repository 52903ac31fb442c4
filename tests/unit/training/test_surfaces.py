"""Normal surfaces cut by defects' masks."""

import numpy as np
import torch

from defectstudio.domain.specs import BackgroundFile
from defectstudio.imaging.reading import write_png
from defectstudio.imaging.tone import FAR_PX
from defectstudio.training.registry import make_task
from defectstudio.training.surfaces import CROPS, cut_surfaces

CPU = torch.device("cpu")


def test_crops_are_spread_evenly_and_have_a_surround(tmp_path):
    files = []
    for value in (10, 20, 30):
        write_png(tmp_path / f"{value}.png", np.full((70, 20), value, np.uint8))
        files.append(BackgroundFile(tmp_path / f"{value}.png", ""))
    crops = cut_surfaces(files, 64, 64, np.random.default_rng(0))
    assert len(crops) == CROPS
    assert {crop.shape for crop in crops} == {(64 + 2 * FAR_PX, 64 + 2 * FAR_PX)}
    counts = np.unique([crop[0, 0] for crop in crops], return_counts=True)[1]
    assert counts.max() - counts.min() <= 1


def test_a_batch_is_a_function_of_seed_and_step(tiny_spec):
    one, other = (make_task(tiny_spec("stargan"), CPU).data for _ in range(2))
    _ = other[0]
    for name, value in one[5].items():
        assert torch.equal(value, other[5][name])
    assert not torch.equal(one[5]["surface"], one[6]["surface"])


def test_a_surface_is_normal_inside_a_mask_and_the_key_outside(tiny_spec):
    batch = make_task(tiny_spec("stargan", batch=8), CPU).data[0]
    surface, alpha = batch["surface"][:, :-1], batch["surface"][:, -1:].expand(-1, 3, -1, -1)
    assert batch["surface"].shape == batch["image"].shape == (8, 4, 64, 64)
    assert (surface[alpha == 0] == -1).all()
    # relative tone: the surface itself is 0.5, which is 0 in [-1, 1]
    assert abs(float(surface[alpha == 1].median())) < 0.1
    assert surface[alpha == 1].std() > 0


def test_classes_take_turns_where_each_has_its_own_network(tiny_spec):
    data = make_task(tiny_spec("cyclegan", batch=3), CPU).data
    assert data[4]["cls"].tolist() == [0, 0, 0]
    assert data[7]["cls"].tolist() == [1, 1, 1]
    assert data.of_class(1, 5)["cls"].tolist() == [1] * 5
