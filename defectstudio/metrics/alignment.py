"""Pixel distance of contents, the best over small shifts, the four quarter turns and mirroring.

A copy that was moved, turned, mirrored, lightened or cut to another mask is a copy. So patterns are
compared, not levels - else whatever is flat and of the usual level were a copy of everything - and
only where both contents are: the shape of a content is given by its mask and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask, Unit

T = TypeVar("T", bound=np.generic)

GREY = 0.5
"""The constant canvas; in relative tone (imaging.tone) the surface itself."""


OVERLAP = 0.5
"""Least part of the smaller content that both must have for the comparison to count."""


FLAT = 0.02
"""Deviation of a content's levels that counts as none."""
_AT_ONCE = 64
"""Contents that are moved at a time, for memory."""


def aligned_distances(
    one: Unit, one_masks: Mask, other: Unit, other_masks: Mask, shift: int = 2
) -> NDArray[np.float32]:
    """1 - correlation (N, M) of the levels where both masks are true, in [0, 1].

    one float32 (N, S, S, C), other (M, S, S, C) in [0, 1] on square canvases; masks bool (N, S, S)
    and (M, S, S). Every channel loses its mean there; FLAT^2 is added to both variances. The least
    over the 8 flips and turns of `one` and all shifts of up to `shift` px at which the masks
    share at least OVERLAP of the smaller one; 1 where there is none, and for no correlation.
    """
    best = np.ones((len(one), len(other)), np.float32)
    others = _Side(_centred(other, other_masks), _flat(other_masks.astype(np.float32)))
    for first in range(0, len(one), _AT_ONCE):
        own = slice(first, first + _AT_ONCE)
        pixels, masks = _centred(one[own], one_masks[own]), one_masks[own].astype(np.float32)
        for p, m in zip(orientations(pixels), orientations(masks), strict=True):
            moved = _Side(_moved(p, shift), _flat(_moved(m, shift)))
            apart = _apart(moved, others).reshape(-1, len(m), len(other)).min(axis=0)
            best[own] = np.minimum(best[own], apart)
    return best


class _Side:
    """One side of a comparison: a plane a channel and the planes' squares, flat (K, P), and the
    masks they are 0 outside."""

    def __init__(self, stack: Unit, masks: Unit) -> None:
        self.channels = [_flat(stack[..., n]) for n in range(stack.shape[-1])]
        self.squares = _flat(np.square(stack).sum(axis=-1))
        self.masks = masks


def _apart(one: _Side, other: _Side) -> NDArray[np.float32]:
    """(K, M) of all pairs over the pixels that both masks hold, by matrix products."""
    pixels = one.masks @ other.masks.T
    shared = np.maximum(pixels, 1)
    left, right = one.squares @ other.masks.T, one.masks @ other.squares.T
    product = np.zeros_like(shared)
    for a, b in zip(one.channels, other.channels, strict=True):
        a_sum, b_sum = a @ other.masks.T, one.masks @ b.T
        product += a @ b.T - a_sum * b_sum / shared
        left -= a_sum * a_sum / shared
        right -= b_sum * b_sum / shared
    least = shared * len(one.channels) * np.float32(FLAT**2)
    spread = np.sqrt((np.maximum(left, 0) + least) * (np.maximum(right, 0) + least))
    found = np.maximum(1 - product / spread, 0)
    enough = _enough(pixels, one.masks, other.masks)
    return np.where(enough, np.minimum(found, 1), 1).astype(np.float32)


def _centred(stack: Unit, masks: Mask) -> Unit:
    """Inside the masks without their mean, so that sums of squares keep their digits; 0 outside."""
    held = masks[..., None]
    count = np.maximum(masks.sum(axis=(1, 2)), 1)[:, None, None, None]
    mean = (stack * held).sum(axis=(1, 2), keepdims=True) / count
    return np.asarray((stack - mean) * held, np.float32)


def orientations(stack: NDArray[T]) -> Iterator[NDArray[T]]:
    """(N, S, S, ...) in its 8 orientations: four quarter turns, and mirrored."""
    for turns in range(4):
        turned = np.rot90(stack, turns, (1, 2))
        yield np.ascontiguousarray(turned)
        yield np.ascontiguousarray(turned[:, :, ::-1])


def overlap(one: Mask, other: Mask) -> Mask:
    """Whether masks (N, S, S) and (M, S, S) share at least OVERLAP of the smaller one, (N, M)."""
    a, b = _flat(one.astype(np.float32)), _flat(other.astype(np.float32))
    return _enough(a @ b.T, a, b)


def _enough(shared: NDArray[np.float32], one: Unit, other: Unit) -> Mask:
    """shared (N, M): the pixels that flat masks (N, P) and (M, P) have in common."""
    smaller = np.minimum.outer(one.sum(1), other.sum(1))
    found: Mask = shared >= np.maximum(OVERLAP * smaller, 1)
    return found


def _moved(stack: Unit, shift: int) -> Unit:
    """(N, S, S, ...) at every place up to `shift` away, one place after the other."""
    steps = range(-shift, shift + 1)
    return np.concatenate([_shifted(stack, down, right) for down in steps for right in steps])


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
