"""Pictures of the same physical part, found by how they look.

A part photographed again is shifted, cropped or lit differently, at the same scale and the same
way up. Three steps, each cheaper a picture than the next: power spectra (blind to shifts) name
candidates, the phase of both names one shift, and the correlation of blocks at finer scale says
whether it is the same surface. Groups are the connected parts of the graph of equal pairs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import scipy
from numpy.typing import NDArray

from defectstudio.imaging.reading import read_header, read_image
from defectstudio.imaging.types import Image

_T = TypeVar("_T")
_N = TypeVar("_N", bound=np.generic)
Map = NDArray[np.float32]
"""(h, w), contrast-normalised, about zero mean and unit variance."""

_FINE_SIDE = 152
"""Side in pixels (root of the area) to which the median picture is reduced for the decision."""
_COARSE = 0.4
"""Coarse maps, on which shifts are found, are smaller than fine ones by this factor."""
_FINE_SIGMA = 4.0
_COARSE_SIGMA = 2.0
_DARK = 0.03
_FLAT = 0.01
_CANDIDATES = 48
"""Nearest spectra compared for each picture, more where all pairs are few."""
_PAIRS = 20_000
_SPECTRUM = 48
_OVERLAP = 0.5
"""Least part of the smaller picture that both must show."""
_MAYBE = 0.3
"""Least correlation of coarse maps worth a closer look."""
_SAME = 0.4
"""Least median correlation of fine blocks for the same part, counted from what is usual between
pictures of the set: another piece of a woven or printed pattern is alike, too. Measured on magnetic
tile surfaces: different parts stay below 0.29, the same part under six lights lies above 0.48 in
998 of 1000 pairs."""
_OTHERS = 8
"""Pictures compared to learn what is usual."""
_SEARCH = 5
"""Fine pixels around the coarse shift that are searched, and then again by each block."""
_BLOCK = 12
"""Least side of a block that is moved about."""
_FAINT = 0.03
"""Deviation of a normalised map below which it shows nothing."""


@dataclass(frozen=True)
class _Surface:
    coarse: Map
    fine: NDArray[np.float16]
    spectrum: NDArray[np.float32]


def near_duplicate_groups(
    images: Sequence[Path], *, progress: Callable[[int, int], None] | None = None
) -> list[int]:
    """One group number a picture, from 0 in order of first appearance.

    Pictures of one number show the same part, or are linked by pictures that do. Not recognised
    are parts turned, mirrored or at another scale. progress is called with (done, total).
    Raises ImageError for a picture that cannot be read.
    """
    if not images:
        return []
    total = 2 * len(images)
    scale = _working_scale(images)
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        read = pool.map(lambda path: _surface(path, scale), images)
        surfaces = list(_counted(read, progress, 0, total))
        candidates = _candidates(np.stack([surface.spectrum for surface in surfaces]))

        usual = list(pool.map(lambda i: _usual_likeness(surfaces, i), range(len(images))))

        def links(i: int) -> list[int]:
            return [
                j
                for j in candidates[i]
                if _likeness(surfaces[i], surfaces[j]) > _least(max(usual[i], usual[j]))
            ]

        compared = pool.map(links, range(len(images)))
        linked = list(_counted(compared, progress, len(images), total))
    finally:
        pool.shutdown(cancel_futures=True)
    return _numbered(linked)


def _counted(
    results: Iterable[_T], progress: Callable[[int, int], None] | None, done: int, total: int
) -> Iterator[_T]:
    for number, result in enumerate(results, start=done + 1):
        if progress:
            progress(number, total)
        yield result


def _working_scale(images: Sequence[Path]) -> float:
    headers = [read_header(path) for path in images]
    side = float(np.median([(header.height * header.width) ** 0.5 for header in headers]))
    return min(1.0, _FINE_SIDE / side)


def _surface(path: Path, scale: float) -> _Surface:
    light = _light(read_image(path), scale)
    small = cv2.resize(
        light, _size(light.shape[0], light.shape[1], _COARSE), interpolation=cv2.INTER_AREA
    )
    coarse = _normalised(np.asarray(small, np.float32), _COARSE_SIGMA)
    fine = _normalised(light, _FINE_SIGMA)
    return _Surface(coarse, fine.astype(np.float16), _spectrum(coarse))


def _light(image: Image, scale: float) -> Map:
    """The logarithm of the brightness, so that another exposure only adds a constant."""
    height, width = image.shape[:2]
    small = cv2.resize(image, _size(height, width, scale), interpolation=cv2.INTER_AREA)
    grey = np.asarray(small, np.float32) / np.float32(np.iinfo(image.dtype).max)
    if grey.ndim == 3:
        grey = cv2.cvtColor(grey, cv2.COLOR_RGB2GRAY).astype(np.float32)
    bright = max(float(np.percentile(grey, 99)), 1e-3)
    return np.asarray(np.log(grey / bright + _DARK), np.float32)


def _size(height: int, width: int, scale: float) -> tuple[int, int]:
    """(width, height), as OpenCV wants it."""
    return max(1, round(width * scale)), max(1, round(height * scale))


def _normalised(light: Map, sigma: float) -> Map:
    """Structure finer than `sigma` pixels, at equal strength everywhere."""
    detail = light - cv2.GaussianBlur(light, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    power = cv2.GaussianBlur(detail * detail, (0, 0), 2 * sigma, borderType=cv2.BORDER_REFLECT)
    equal = np.clip(detail / (np.sqrt(power) + _FLAT), -3, 3)
    return np.asarray(equal - equal.mean(), np.float32)


def _spectrum(surface: Map) -> NDArray[np.float32]:
    """The log power spectrum, smoothed to a fixed size: the same wherever the part lies."""
    height, width = surface.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    power = np.abs(scipy.fft.rfft2(surface * window, (128, 256), workers=1)) ** 2
    smooth = cv2.GaussianBlur(np.fft.fftshift(power / (window**2).sum(), 0), (0, 0), 1.0)
    small = cv2.resize(np.log(smooth + 0.1), (_SPECTRUM, _SPECTRUM), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).ravel()


def _candidates(spectra: NDArray[np.float32]) -> list[list[int]]:
    """For each picture the later ones that are among its nearest, or it among theirs."""
    number = len(spectra)
    features = spectra - spectra.mean(axis=0)
    features -= features.mean(axis=1, keepdims=True)
    features /= np.linalg.norm(features, axis=1, keepdims=True) + 1e-9
    keep = min(max(_CANDIDATES, _PAIRS // number) + 1, number)
    pairs: list[set[int]] = [set() for _ in range(number)]
    for i, feature in enumerate(features):
        near = np.argpartition(-(features @ feature), keep - 1)[:keep]
        for j in near.tolist():
            if i != j:
                pairs[min(i, j)].add(max(i, j))
    return [sorted(later) for later in pairs]


def _usual_likeness(surfaces: Sequence[_Surface], number: int) -> float:
    """How much a picture is like others spread over the list, most of them of other parts."""
    steps = np.linspace(0, len(surfaces), _OTHERS + 2)[1:-1].astype(int).tolist()
    others = {(number + step) % len(surfaces) for step in steps} - {number}
    found = [_likeness(surfaces[number], surfaces[other], -1.0) for other in sorted(others)]
    return float(np.median(found)) if len(found) >= _OTHERS // 2 else 0.0


def _least(usual: float) -> float:
    return usual + _SAME * (1 - usual)


def _likeness(first: _Surface, second: _Surface, maybe: float = _MAYBE) -> float:
    """The correlation of both where they lie over each other best, in [0, 1].

    0 without a closer look where the coarse maps correlate less than `maybe`.
    """
    shift = _shift(first.coarse, second.coarse)
    overlap = _overlap(first.coarse, second.coarse, shift)
    if overlap is None or _correlation(*overlap) < maybe:
        return 0.0
    fine = _overlap(first.fine, second.fine, (round(shift[0] / _COARSE), round(shift[1] / _COARSE)))
    if fine is None:
        return 0.0
    return max(0.0, _block_correlation(*(part.astype(np.float32) for part in fine)))


def _shift(first: Map, second: Map) -> tuple[int, int]:
    """(down, right) that lays `second` over `first`, by the peak of their cross-correlation.

    Strong frequencies count by the root of their strength, or else the stripes and the weave that
    fit at many shifts would outweigh what fits at one.
    """
    shape = [
        scipy.fft.next_fast_len(int(1.5 * max(a, b)), real=True)
        for a, b in zip(first.shape, second.shape, strict=True)
    ]
    product = scipy.fft.rfft2(first, shape) * scipy.fft.rfft2(second, shape).conj()
    product /= np.sqrt(np.abs(product)) + 1e-3
    peak = int(scipy.fft.irfft2(product, shape).argmax())
    down, right = divmod(peak, shape[1])
    # The far part of the circle stands for shifts to the top and to the left.
    down -= shape[0] if down >= first.shape[0] else 0
    right -= shape[1] if right >= first.shape[1] else 0
    return down, right


def _overlap(
    first: NDArray[_N], second: NDArray[_N], shift: tuple[int, int]
) -> tuple[NDArray[_N], NDArray[_N]] | None:
    """What both show, as two views of one shape; None where that is too little."""
    down, right = shift
    top, left = max(0, down), max(0, right)
    bottom = min(first.shape[0], second.shape[0] + down)
    end = min(first.shape[1], second.shape[1] + right)
    area = max(0, bottom - top) * max(0, end - left)
    if area < _OVERLAP * min(first.size, second.size):
        return None
    return (
        first[top:bottom, left:end],
        second[top - down : bottom - down, left - right : end - right],
    )


def _correlation(first: Map, second: Map) -> float:
    a, b = first - first.mean(), second - second.mean()
    power = float(a.std() * b.std())
    return float((a * b).mean()) / power if power > _FAINT**2 else 0.0


def _block_correlation(first: Map, second: Map) -> float:
    """The median over up to 3 x 3 blocks, each free to move by some pixels.

    A defect, a finger mark or a reflection spoils some blocks only; another part spoils all.
    Rows and columns lose their means before they are compared: the stripes of brushing, milling
    and edges are alike on many parts.
    """
    height, width = first.shape
    if min(height, width) < _BLOCK + 2 * _SEARCH:
        return _correlation(_unstriped(first), _unstriped(second))
    down, right = _offset(first, _core(second))
    first, second = _moved(first, second, (down - _SEARCH, right - _SEARCH))
    found = []
    for field, block in _blocks(first, second):
        patch = _core(block)
        down, right = _offset(field, patch)
        under = field[down : down + patch.shape[0], right : right + patch.shape[1]]
        found.append(_correlation(_unstriped(under), _unstriped(patch)))
    return float(np.median(found))


def _core(block: Map) -> Map:
    return block[_SEARCH:-_SEARCH, _SEARCH:-_SEARCH]


def _unstriped(block: Map) -> Map:
    rows, columns = block.mean(axis=1, keepdims=True), block.mean(axis=0, keepdims=True)
    return np.asarray(block - rows - columns + block.mean(), np.float32)


def _moved(first: Map, second: Map, shift: tuple[int, int]) -> tuple[Map, Map]:
    """The overlap after a shift by at most _SEARCH pixels."""
    down, right = shift
    height, width = first.shape[0] - abs(down), first.shape[1] - abs(right)
    top, left = max(0, down), max(0, right)
    above, before = max(0, -down), max(0, -right)
    return (
        first[top : top + height, left : left + width],
        second[above : above + height, before : before + width],
    )


def _blocks(first: Map, second: Map) -> Iterator[tuple[Map, Map]]:
    for top, bottom in pairwise(_edges(first.shape[0])):
        for left, right in pairwise(_edges(first.shape[1])):
            yield first[top:bottom, left:right], second[top:bottom, left:right]


def _edges(length: int) -> list[int]:
    number = min(3, max(1, length // (_BLOCK + 2 * _SEARCH)))
    return [length * i // number for i in range(number + 1)]


def _offset(field: Map, patch: Map) -> tuple[int, int]:
    """(row, column) of the corner of `patch` where it lies best within `field`."""
    if patch.std() < _FAINT or field.std() < _FAINT:
        return _SEARCH, _SEARCH
    found = cv2.matchTemplate(
        np.ascontiguousarray(field), np.ascontiguousarray(patch), cv2.TM_CCOEFF_NORMED
    )
    down, right = divmod(int(found.argmax()), found.shape[1])
    return down, right


def _numbered(linked: Sequence[Sequence[int]]) -> list[int]:
    rows = [i for i, others in enumerate(linked) for _ in others]
    columns = [j for others in linked for j in others]
    size = len(linked)
    graph = scipy.sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    numbers: dict[int, int] = {}
    parts = scipy.sparse.csgraph.connected_components(graph, directed=False)[1].tolist()
    return [numbers.setdefault(part, len(numbers)) for part in parts]
