"""Pixel distance of contents, the best over small shifts, the four quarter turns and mirroring.

A copy that was moved, turned or mirrored is a copy. What lies outside both masks is the constant
canvas and does not count, so a small defect is judged by its own pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit

GREY = 0.5
"""The constant canvas; in relative tone (imaging.tone) the surface itself."""


def aligned_distances(
    one: Unit, one_masks: Mask, other: Unit, other_masks: Mask, shift: int = 2
) -> NDArray[np.float32]:
    """Root mean square difference (N, M) over the union of both masks, in [0, 1].

    one float32 (N, S, S, C), other (M, S, S, C) on square canvases whose pixels outside the masks,
    bool (N, S, S) and (M, S, S), are GREY. The least over the 8 flips and turns of `other` and all
    shifts of up to `shift` px; what is shifted out of the canvas is lost. 0 for two empty masks.
    """
    a = _flat(one - np.float32(GREY))
    covered = _flat(one_masks.astype(np.float32))
    channels = one.shape[-1]
    best = np.full((len(one), len(other)), np.inf, np.float32)
    for pixels, masks in _moves(other - np.float32(GREY), other_masks.astype(np.float32), shift):
        b, also = _flat(pixels), _flat(masks)
        apart = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * (a @ b.T)
        union = covered.sum(1)[:, None] + also.sum(1)[None] - covered @ also.T
        best = np.minimum(best, apart / np.maximum(union * channels, 1))
    found: NDArray[np.float32] = np.sqrt(np.maximum(best, 0)).astype(np.float32)
    return found


def orientations(stack: Unit) -> Iterator[Unit]:
    """(N, S, S, ...) in its 8 orientations: four quarter turns, and mirrored."""
    for turns in range(4):
        turned = np.rot90(stack, turns, (1, 2))
        yield turned
        yield turned[:, :, ::-1]


def least_distances(
    one: NDArray[np.float32], moved: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Euclidean distances (N, M) of vectors (N, D) to (M, D), the least over several of these."""
    a = one.astype(np.float64)
    best = np.full((len(one), len(moved[0])), np.inf)
    for vectors in moved:
        b = vectors.astype(np.float64)
        squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * (a @ b.T)
        best = np.minimum(best, squares)
    found: NDArray[np.float32] = np.sqrt(np.maximum(best, 0)).astype(np.float32)
    return found


def _moves(pixels: Unit, masks: Unit, shift: int) -> Iterator[tuple[Unit, Unit]]:
    """Both stacks in every orientation and place."""
    steps = range(-shift, shift + 1)
    for p, m in zip(orientations(pixels), orientations(masks), strict=True):
        for down in steps:
            for right in steps:
                yield _shifted(p, down, right), _shifted(m, down, right)


def _shifted(stack: Unit, down: int, right: int) -> Unit:
    """(N, S, S, ...) moved down and to the right, 0 where nothing came from."""
    size = stack.shape[1]
    moved = np.zeros_like(stack)
    to_r, from_r = _overlap(down, size)
    to_c, from_c = _overlap(right, size)
    moved[:, to_r, to_c] = stack[:, from_r, from_c]
    return moved


def _overlap(step: int, size: int) -> tuple[slice, slice]:
    return slice(max(0, step), min(size, size + step)), slice(max(0, -step), min(size, size - step))


def _flat(stack: Unit) -> Unit:
    return np.ascontiguousarray(stack.reshape(len(stack), -1))
