"""Contents cut from labeled images and batches drawn from them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from defectstudio.domain.errors import UserError
from defectstudio.domain.generators import DcdgancConfig
from defectstudio.training.contents import (
    Content,
    ContentBatches,
    cut_contents,
    place_on_canvas,
)


def test_contents_are_cut_by_class_and_component(tiny_files):
    contents = cut_contents(tiny_files, [1, 2], "absolute")
    assert sorted(c.class_id for c in contents) == [1, 1, 1, 2, 2, 2]
    first = contents[0]
    assert first.mask.shape == (20, 28)
    assert first.mask.all()
    assert np.allclose(first.pixels, 20 / 255)


def test_a_class_without_pixels_is_named(tiny_files):
    with pytest.raises(UserError, match=r"class id \[3\]"):
        cut_contents(tiny_files, [1, 3], "absolute")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 150),
    st.integers(1, 150),
    st.floats(0.2, 2.0),
    st.integers(0, 2**32 - 1),
)
def test_a_placed_content_is_never_empty_and_keeps_its_colour(height, width, scale, seed):
    content = Content(
        np.full((height, width, 1), 0.5, np.float32), np.ones((height, width), bool), 1
    )
    pixels, mask = place_on_canvas(content, scale, 64, 80, np.random.default_rng(seed))
    assert pixels.shape == (64, 80, 1)
    assert mask.any()
    assert np.allclose(pixels[mask], 0.5, atol=1e-5)


def test_a_batch_is_a_function_of_seed_and_step(tiny_files):
    config = DcdgancConfig(batch=6, steps=10)
    contents = cut_contents(tiny_files, [1, 2], "absolute")
    one, other = (ContentBatches(contents, [1, 2], config) for _ in range(2))
    _ = other[0]
    assert torch.equal(one[7]["image"], other[7]["image"])
    assert not torch.equal(one[7]["image"], one[8]["image"])
    assert len(one) == 10


def test_a_batch_holds_content_on_the_key_and_its_alpha(tiny_files):
    config = DcdgancConfig(batch=16, height=64, width=96)
    batch = ContentBatches(cut_contents(tiny_files, [1, 2], "absolute"), [1, 2], config)[0]
    image, alpha = batch["image"][:, :-1], batch["image"][:, -1:]
    assert batch["image"].shape == (16, 4, 64, 96)
    assert set(alpha.unique().tolist()) == {0.0, 1.0}
    assert (image[(alpha == 0).expand_as(image)] == -1).all()
    assert set(batch["cls"].tolist()) == {0, 1}
    dark = image[batch["cls"] == 0][(alpha == 1).expand_as(image)[batch["cls"] == 0]]
    assert dark.max() < -0.5
