"""Pixel distance of contents, the best over small shifts, the four quarter turns and mirroring.

A copy that was moved, turned, mirrored or cut to another mask is a copy. So only pixels that both
contents have are compared: the shape of a content is given by its mask and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit

GREY = 0.5
"""The constant canvas; in relative tone (imaging.tone) the surface itself."""


OVERLAP = 0.5
"""Least part of the smaller content that both must have for the comparison to count."""


def aligned_distances(
    one: Unit, one_masks: Mask, other: Unit, other_masks: Mask, shift: int = 2
) -> NDArray[np.float32]:
    """Root mean square difference (N, M) where both masks are true, in [0, 1].

    one float32 (N, S, S, C), other (M, S, S, C) in [0, 1] on square canvases; masks bool (N, S, S)
    and (M, S, S). The least over the 8 flips and turns of `other` and all shifts of up to `shift`
    px at which the masks share at least OVERLAP of the smaller one; 1 where there is none.
    """
    covered = _flat(one_masks.astype(np.float32))
    a = _flat(one * one_masks[..., None])
    a_squares = _flat(np.square(one).sum(-1) * one_masks)
    area = covered.sum(1)
    held = np.asarray(other * other_masks[..., None], np.float32)
    best = np.ones((len(one), len(other)), np.float32)
    for pixels, masks in _moves(held, other_masks.astype(np.float32), shift):
        b, also = _flat(pixels), _flat(masks)
        b_squares = _flat(np.square(pixels).sum(-1))
        shared = covered @ also.T
        apart = a_squares @ also.T + covered @ b_squares.T - 2 * (a @ b.T)
        enough = shared >= np.maximum(OVERLAP * np.minimum.outer(area, also.sum(1)), 1)
        mean = apart / np.maximum(shared * one.shape[-1], 1)
        best = np.where(enough, np.minimum(best, mean), best)
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
