"""The map of places: right against brute force, honest about what fits nowhere."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defectstudio.app.placing import Zone, class_shapes, map_places
from defectstudio.domain.errors import ImageError
from defectstudio.domain.records import ImageRecord, Role
from defectstudio.domain.specs import PlacementSettings
from defectstudio.imaging.placement import Refusal, place, reach
from defectstudio.imaging.reading import write_png
from defectstudio.imaging.shapes import Edges, Shape

AS_IT_IS = PlacementSettings(scale_min=1.0, scale_max=1.0, rotate=0.0, flip=False, edge_margin=3)


@given(
    seed=st.integers(0, 2**32), height=st.integers(1, 6), width=st.integers(1, 6),
    margin=st.integers(0, 4), with_region=st.booleans(),
)  # fmt: skip
def test_reach_is_the_union_of_all_legal_places(seed, height, width, margin, with_region):
    rng = np.random.default_rng(seed)
    size = (14, 17)
    shape = rng.random((height, width)) < 0.6
    allowed = rng.random(size) < 0.9 if with_region else None
    settings = PlacementSettings(edge_margin=margin)
    covered = np.zeros(size, bool)
    inside = np.zeros(size, bool)
    inside[margin : size[0] - margin, margin : size[1] - margin] = True
    free = inside if allowed is None else inside & allowed
    rows, columns = np.nonzero(shape)
    for top in range(-height, size[0]):
        for left in range(-width, size[1]):
            r, c = rows + top, columns + left
            there = (r >= 0) & (c >= 0) & (r < size[0]) & (c < size[1])
            if rows.size and there.all() and free[r, c].all():
                covered[r, c] = True
    found = reach(shape, allowed, size, settings)
    if isinstance(found, Refusal):
        assert not covered.any()
        nothing = np.zeros(size, bool)
        assert place(shape, allowed, nothing, size, settings, rng) is found
    else:
        assert np.array_equal(found, covered)


def test_edges_and_regions_are_told_apart():
    region = np.zeros((60, 80), bool)
    region[:, :50] = True
    shapes = [Shape(np.ones((5, 5), bool))]
    placing = map_places((60, 80), region, shapes, AS_IT_IS, np.random.default_rng(1))
    assert placing.zones.shape == (60, 80) and placing.refused == {}
    assert set(np.unique(placing.zones[:, 50:77])) == {Zone.EDGE, Zone.OUTSIDE}
    assert (placing.zones[:3] == Zone.EDGE).all() and (placing.zones[3:57, 77:] == Zone.EDGE).all()
    assert (placing.zones[3:57, 3:50] == Zone.OPEN).all()
    assert sum(placing.share(zone) for zone in Zone) == pytest.approx(1)


def test_what_fits_nowhere_says_why():
    region = np.zeros((60, 80), bool)
    region[20:23] = True
    shapes = [Shape(np.ones((9, 9), bool))]
    rng = np.random.default_rng(1)
    narrow = map_places((60, 80), region, shapes, AS_IT_IS, rng)
    assert narrow.refused == {Refusal.OUTSIDE_REGION: narrow.shapes}
    assert (narrow.zones[20:23, 3:77] == Zone.NARROW).all() and narrow.share(Zone.OPEN) == 0
    large = map_places((8, 8), None, shapes, AS_IT_IS, rng)
    assert large.refused == {Refusal.TOO_LARGE: large.shapes}
    free = map_places((60, 80), region, [], AS_IT_IS, rng)
    assert (free.zones[20:23, 3:77] == Zone.OPEN).all() and free.shapes == 0


def test_shapes_of_a_border_lie_there_alone_where_no_region_says_otherwise():
    shapes = [Shape(np.ones((5, 5), bool), Edges(top=0))]
    mirrored = replace(AS_IT_IS, flip=True)
    held = map_places((60, 80), None, shapes, mirrored, np.random.default_rng(1))
    rim = [*range(5), *range(55, 60)]
    assert (held.zones[rim, 3:77] == Zone.OPEN).all()
    assert (held.zones[5:55, 3:77] == Zone.NARROW).all()
    everywhere = np.ones((60, 80), bool)
    for region, settings in ((everywhere, mirrored), (None, replace(mirrored, stay_at_edge=False))):
        free = map_places((60, 80), region, shapes, settings, np.random.default_rng(1))
        assert (free.zones[3:57, 3:77] == Zone.OPEN).all() and (free.zones[:3] == Zone.EDGE).all()


def test_maps_of_large_images_are_small():
    region = np.zeros((3000, 500), bool)
    region[:1500] = True
    shapes = [Shape(np.ones((200, 100), bool))]
    placing = map_places((3000, 500), region, shapes, AS_IT_IS, np.random.default_rng(1))
    assert max(placing.zones.shape) == 384
    assert placing.share(Zone.OPEN) == pytest.approx(0.5, abs=0.02)
    assert (placing.zones[200:] == Zone.OUTSIDE).all()
    with pytest.raises(ImageError, match="not of the background's size"):
        map_places((30, 50), region, shapes, AS_IT_IS, np.random.default_rng(1))


def test_shapes_of_a_class_come_from_labels(tmp_path):
    label = np.zeros((40, 40), np.uint8)
    label[2:6, 2:9], label[30, 30] = 1, 1  # the pixel is dust
    label[20:30, 3:5] = 2
    write_png(tmp_path / "label.png", label)
    record = ImageRecord(
        1, 1, "a", Role.DEFECT, tmp_path, "", 40, 40, 1, 8, "", None, (1, 2), tmp_path / "label.png"
    )
    bare = ImageRecord(2, 1, "b", Role.DEFECT, tmp_path, "", 9, 9, 1, 8, "", None, (1,), None)
    [shape] = class_shapes([record, bare], 1)
    assert shape.mask.shape == (4, 7) and shape.mask.all()
    assert shape.edges == Edges(top=2, left=2)
