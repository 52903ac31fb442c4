"""The same part photographed again is found; other parts of the same make are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.grouping import near_duplicate_groups
from defectstudio.imaging.reading import from_unit, write_png

SIDE = 260


def _part(seed: int, make: str) -> np.ndarray:
    """float (SIDE, SIDE): a surface of its own; "woven" and "brushed" share their make's lines."""
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    surface = cv2.GaussianBlur(noise, (0, 0), 2.5) * 5
    rows = np.arange(SIDE)
    if make == "woven":
        wave = np.sin(rows * 0.5)
        return np.asarray(0.8 * wave[:, None] * wave[None, :] + 0.7 * surface)
    if make == "brushed":
        lines = cv2.GaussianBlur(np.random.default_rng(99).standard_normal((1, SIDE)), (0, 0), 2.0)
        return np.asarray(6 * lines + surface)
    return np.asarray(surface)


def _photograph(part: np.ndarray, number: int) -> np.ndarray:
    """Cropped elsewhere, lit from another side, with noise; uint8."""
    rng = np.random.default_rng(1000 + number)
    top, left = rng.integers(0, 40, 2)
    height, width = rng.integers(200, 220, 2)
    crop = part[top : top + height, left : left + width]
    light = np.linspace(rng.uniform(0.3, 1), rng.uniform(0.3, 1), width)[None, :]
    picture = (0.5 + 0.12 * crop) * light * rng.uniform(0.5, 1)
    return from_unit(picture + rng.normal(0, 0.01, picture.shape), np.uint8)


def _files(tmp_path: Path, pictures: list[np.ndarray]) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        write_png(path, picture)
    return paths


@pytest.mark.parametrize("make", ["plain", "woven", "brushed"])
def test_parts_photographed_again_are_found(tmp_path: Path, make: str) -> None:
    parts = [_part(seed, make) for seed in range(6)]
    shots = [(part, shot) for shot in range(2) for part in range(6)]
    pictures = [_photograph(parts[part], 10 * part + shot) for part, shot in shots]
    steps: list[tuple[int, int]] = []
    groups = near_duplicate_groups(
        _files(tmp_path, pictures), progress=lambda *step: steps.append(step)
    )
    assert groups == [part for part, _ in shots]
    assert steps == [(done, 24) for done in range(1, 25)]


def test_colour_depth_and_a_new_defect_do_not_matter(tmp_path: Path) -> None:
    part, other = _part(1, "plain"), _part(2, "plain")
    first, again = _photograph(part, 1), _photograph(part, 2)
    again[20:60, 30:90] = 5
    deep = first.astype(np.uint16) * 16
    colour = np.repeat(again[..., None], 3, axis=2)
    paths = _files(tmp_path, [deep, _photograph(other, 3), colour])
    assert near_duplicate_groups(paths) == [0, 1, 0]


def test_a_piece_belongs_to_its_whole(tmp_path: Path) -> None:
    whole, other = _photograph(_part(1, "plain"), 1), _photograph(_part(2, "plain"), 2)
    paths = _files(tmp_path, [whole, other, whole[90:190, 60:150].copy()])
    assert near_duplicate_groups(paths) == [0, 1, 0]


def test_pictures_of_nothing_are_not_alike(tmp_path: Path) -> None:
    blank = [np.full((50, 60), value, np.uint8) for value in (0, 128, 128, 255)]
    tiny = [np.full((1, 1), 9, np.uint8), np.full((3, 900), 9, np.uint8)]
    assert near_duplicate_groups(_files(tmp_path, blank + tiny)) == list(range(6))


def test_small_pictures(tmp_path: Path) -> None:
    pictures = [_photograph(_part(seed, "plain"), seed)[:24, :20] for seed in (1, 2, 1)]
    assert near_duplicate_groups(_files(tmp_path, pictures)) == [0, 1, 0]


def test_one_picture_and_none(tmp_path: Path) -> None:
    assert near_duplicate_groups([]) == []
    paths = _files(tmp_path, [_photograph(_part(1, "plain"), 1)])
    assert near_duplicate_groups(paths) == [0]


def test_an_unreadable_picture_is_named(tmp_path: Path) -> None:
    paths = _files(tmp_path, [_photograph(_part(1, "plain"), n) for n in range(3)])
    paths[1].write_bytes(paths[1].read_bytes()[:200])
    with pytest.raises(ImageError) as caught:
        near_duplicate_groups(paths)
    assert caught.value.subject == str(paths[1])


def test_progress_may_stop_the_work(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    paths = _files(tmp_path, [_photograph(_part(1, "plain"), n) for n in range(3)])
    with pytest.raises(KeyboardInterrupt):
        near_duplicate_groups(paths, progress=stop)
