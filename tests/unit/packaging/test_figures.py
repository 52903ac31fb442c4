import figures
import numpy as np
from PIL import Image

from defectstudio.domain.resources import resource


def test_the_figure_of_blending_is_drawn_as_it_is_shipped():
    drawn = figures.blending()

    with Image.open(resource("help", "blending.png")) as shipped:
        assert drawn.size == shipped.size
        # Fonts and lines may differ by a version of Pillow, pictures hardly do.
        apart = np.abs(np.asarray(drawn, np.float32) - np.asarray(shipped, np.float32))
    assert apart.mean() < 1
    assert resource("help", "blending.png").stat().st_size < 300_000


def test_the_edge_and_the_loss_are_measured_where_the_mask_says():
    mask = np.zeros((6, 6), dtype=bool)
    mask[2:4, 2:4] = True
    result, content = np.where(mask, 90, 100), np.full((6, 6), 70)

    assert figures.edge_step(result, mask) == 10
    assert figures.content_loss(result, content, mask) == 20
