"""Grain: a blended defect carries the noise of the background around it.

Generated content is smooth, and "smooth" must not come to mean "synthetic". The noise of the
surface is measured, what the blend has of it is found, and only what is missing is drawn. The
papers have no such step; it is ours, made of known parts:

- How strong: the median absolute deviation of the finest diagonal wavelet detail (Donoho and
  Johnstone 1994, as `skimage.restoration.estimate_sigma`), which edges and texture hardly move.
- Of what shape: the median of Welch's windowed periodograms over the quietest blocks, where noise
  is least covered by structure (Ponomarenko et al. 2007). Channels are first turned into
  uncorrelated ones: the grain of brightness and that of colour differ (demosaicing, JPEG). Below
  FINE a spectrum is texture and shading; there noise is taken to be no stronger than at FINE.
- Drawn as white noise convolved with the amplitudes' kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.masks import Box
from defectstudio.imaging.types import FULL_RANGE, Mask, Pixels, planes

Field = NDArray[np.float64]
Planes = NDArray[np.float32]

MARGIN = 48
"""The noise is measured in the defect's box and so many pixels around it."""
BLOCK, STEP = 16, 8
"""Side of a block and distance between blocks, in pixels."""
MOST_BLOCKS, MOST_VALUES = 256, 16384
"""Of more blocks or values only every n-th is looked at: a large defect costs no more."""
QUIET = 0.25
"""The share of the blocks, those of the least fine structure, that tell the noise's shape."""
FINE = 0.1875
"""Cycles a pixel: what is coarser is texture and not added."""
CLIPPED = 0.125
"""A block with a larger share of its pixels at 0 or the full range tells nothing of the noise."""
NEAR = 5
"""Side of the window, in pixels, in which the share of the background's noise is found."""

_ROUNDING = 1 / 12
"""Variance of rounding to whole grey levels."""
_MAD = 1.4826
"""Standard deviation over median absolute deviation, of a normal distribution."""
_DETAIL = np.array([-0.12940952, -0.22414387, 0.83651630, -0.48296291])
"""The high pass of Daubechies' wavelet of two vanishing moments: blind to slopes."""
_DETAIL_GAIN = np.square(np.abs(np.fft.fft2(np.outer(_DETAIL, _DETAIL), (BLOCK, BLOCK))))
_FREQUENCY = np.hypot(*np.meshgrid(np.fft.fftfreq(BLOCK), np.fft.fftfreq(BLOCK)))
_TAPER = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(BLOCK) / BLOCK)).astype(np.float32)
"""Hann's window, periodic."""
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=np.float32)


@dataclass(frozen=True)
class Grain:
    """The noise of a surface.

    sigma: its standard deviation (C,) in grey levels of the image's own depth (of 1 for float32),
    without that of rounding to them. kernels: (K, BLOCK, BLOCK), white noise convolved with one
    is an uncorrelated component of the noise; mixing: (C, K), the channels of the components.
    """

    sigma: Field
    mixing: Field
    kernels: Field

    def draw(self, shape: tuple[int, int], rng: np.random.Generator) -> Field:
        """A field (h, w, C) of this noise, of mean 0, in grey levels."""
        count, side, _ = self.kernels.shape
        size = (count, shape[0] + side - 1, shape[1] + side - 1)
        white = rng.standard_normal(size, np.float32)
        shaped = scipy.signal.oaconvolve(white, self.kernels, mode="valid", axes=(1, 2))
        drawn: Field = np.einsum("khw,ck->hwc", shaped, self.mixing)
        return drawn


def measure(background: Pixels, box: Box) -> Grain:
    """The noise of a background around a defect's box.

    background: (H, W) or (H, W, C), uint8, uint16 or float32, free of defects; it is read in the
    box and MARGIN pixels around it only. Flat and clipped blocks do not count; where there are no
    others, and in an image without noise, sigma is 0. Raises ImageError for other dtypes and for
    a box far outside the image.
    """
    shown = box.grown(MARGIN).clipped(background.shape)
    if background.dtype not in FULL_RANGE or not shown.height or not shown.width:
        raise ImageError(
            f"an image {background.dtype} {background.shape} has no noise to measure at {box}",
            remedy="Use uint8, uint16 or float32 and a box inside the image.",
        )
    blocks = _blocks(planes(background[shown.slices]), FULL_RANGE[background.dtype])
    axes = _axes(blocks)
    power = _spectra(np.einsum("nijc,ck->nkij", blocks, axes.astype(np.float32)))
    variance = _detail(blocks) ** 2
    if background.dtype != np.float32:
        variance = np.maximum(variance - _ROUNDING, 0.0)  # the result is rounded again
    expected = axes**2 @ (power * _DETAIL_GAIN).mean(axis=(1, 2))
    level = np.divide(variance, expected, out=np.zeros(len(axes)), where=expected > 0)
    mixing = axes * np.sqrt(level)[:, None]
    kernels = np.fft.fftshift(np.fft.ifft2(np.sqrt(power)).real, axes=(1, 2))
    return Grain(np.sqrt(mixing**2 @ power.mean(axis=(1, 2))), mixing, kernels)


def add_grain(
    grain: Grain,
    background: Pixels,
    blended: Pixels,
    mask: Mask,
    rng: np.random.Generator,
    *,
    strength: float = 1.0,
) -> NDArray[Any]:
    """The blended patch with as much of the grain as it lacks where the mask is true.

    background, blended: (h, w) or (h, w, C) before and after the blend, of one dtype: uint8,
    uint16 or float32; mask: bool (h, w), the raw mask; strength: the share of the missing noise
    that is added, 0..1. What the blend kept of the background's noise and what the content has of
    its own counts as there: real content does not become noisier. Outside the mask the result is
    bit-identical. No pixel is moved by more than its distance from 0 and from the full range, so
    that clipping cannot shift the mean. Raises ImageError when the arrays do not fit each other.
    """
    _check(grain, background, blended, mask)
    if not mask.any():
        return blended.copy()
    before, after = planes(background), planes(blended)
    values = after.astype(np.float64)
    room = np.maximum(np.minimum(values, FULL_RANGE[blended.dtype] - values), 0.0)
    missing = strength * _missing(grain, before, after, mask) * grain.draw(mask.shape, rng)
    values += np.clip(missing, -room, room)
    if blended.dtype != np.float32:
        np.rint(values, out=values)
    result = blended.copy()
    planes(result)[mask] = values[mask].astype(blended.dtype)
    return result


def _blocks(crop: Pixels, full: float) -> Planes:
    """The blocks (N, BLOCK, BLOCK, C) of a crop (h, w, C) that tell something of its noise."""
    short = [(0, max(BLOCK - side, 0)) for side in crop.shape[:2]]
    padded = np.pad(crop, (*short, (0, 0)), mode="symmetric")
    step = max(STEP, int(np.ceil(np.sqrt(padded.shape[0] * padded.shape[1] / MOST_BLOCKS))))
    views = sliding_window_view(padded, (BLOCK, BLOCK), axis=(0, 1))[::step, ::step]
    blocks = np.moveaxis(views, 2, -1).reshape(-1, BLOCK, BLOCK, crop.shape[2])
    clipped = ((blocks <= 0) | (blocks >= full)).mean(axis=(1, 2)).max(axis=1)
    flat = np.ptp(blocks, axis=(1, 2)).max(axis=1) == 0
    usable: Planes = blocks[(clipped <= CLIPPED) & ~flat].astype(np.float32)
    return usable


def _axes(blocks: Planes) -> Field:
    """Orthonormal components (C, K) of the channels whose fine structure is uncorrelated."""
    if blocks.shape[3] == 1 or not len(blocks):
        return np.eye(blocks.shape[3])
    fine = np.diff(np.diff(blocks, axis=1), axis=2)
    covariance = np.median(np.einsum("nijc,nijd->ncd", fine, fine), axis=0)
    axes: Field = np.linalg.eigh(covariance.astype(np.float64)).eigenvectors
    return axes


def _spectra(blocks: Planes) -> Field:
    """Noise power by frequency (K, BLOCK, BLOCK), but for a factor, of (N, K, BLOCK, BLOCK)."""
    if not len(blocks):
        return np.zeros(blocks.shape[1:])
    periodograms = np.square(np.abs(scipy.fft.fft2(blocks * np.outer(_TAPER, _TAPER))))
    energy = periodograms[..., _FREQUENCY >= FINE].sum(axis=(1, 2))
    power = np.median(periodograms[energy <= np.quantile(energy, QUIET)], axis=0)
    edge = (_FREQUENCY >= FINE) & (_FREQUENCY < FINE + 1.5 / BLOCK)
    limit = np.median(power[:, edge], axis=1)[:, None, None]
    noise: Field = np.where(_FREQUENCY < FINE, np.minimum(power, limit), power).astype(np.float64)
    return noise


def _detail(blocks: Planes) -> Field:
    """Robust standard deviation (C,) of the finest diagonal detail of (N, BLOCK, BLOCK, C)."""
    rows = scipy.ndimage.convolve1d(blocks, _DETAIL, axis=1)[:, 2:-1]
    detail = scipy.ndimage.convolve1d(rows, _DETAIL, axis=2)[:, :, 2:-1]
    return _spread(detail.reshape(-1, blocks.shape[3]))


def _missing(grain: Grain, background: Pixels, blended: Pixels, mask: Mask) -> Field:
    """What share 0..1 of the noise's standard deviation the blend lacks (h, w, C).

    The fine structure of a blend is the background's, as far as the ramp kept it, and the
    content's. `kept` is the slope of the blend's against the background's near each pixel, `own`
    the content's deviation over the background's, where least of the background was kept.
    """
    before, after = _fine(background, mask), _fine(blended, mask)
    shared = scipy.ndimage.uniform_filter((before * after).sum(axis=2), NEAR)
    whole = scipy.ndimage.uniform_filter((before * before).sum(axis=2), NEAR)
    slope = np.divide(shared, whole, out=np.zeros_like(whole), where=whole > 0)
    kept = np.clip(slope, 0.0, 1.0)
    deep = mask & (kept <= np.median(kept[mask]))
    noise, left = _spread(before[deep]), _spread((after - kept[..., None] * before)[deep])
    noise = np.where(noise > 0, noise, grain.sigma)  # it is 0 where the background is saturated
    own = np.divide(left, noise, out=np.zeros_like(left), where=noise > 0)
    missing: Field = np.sqrt(np.maximum(1.0 - np.square(kept)[..., None] - own**2, 0.0))
    return missing


def _fine(image: Pixels, mask: Mask) -> Planes:
    """Each pixel less the mean of its four neighbours, all inside the mask (h, w, C); else 0."""
    inside = np.where(mask[..., None], image, 0).astype(np.float32)
    count = scipy.ndimage.convolve(mask.astype(np.float32), _CROSS, mode="constant")[..., None]
    mean = scipy.ndimage.convolve(inside, _CROSS[..., None], mode="constant") / np.maximum(count, 1)
    return np.where(mask[..., None] & (count > 0), inside - mean, np.float32(0))


def _spread(values: Planes) -> Field:
    """Robust standard deviation (C,) of values (N, C); 0 of none."""
    if not len(values):
        return np.zeros(values.shape[1])
    some = values[:: 1 + len(values) // MOST_VALUES].astype(np.float64)
    spread: Field = _MAD * np.median(np.abs(some - np.median(some, axis=0)), axis=0)
    return spread


def _check(grain: Grain, background: Pixels, blended: Pixels, mask: Mask) -> None:
    alike = background.shape == blended.shape and background.dtype == blended.dtype
    if not alike or background.dtype not in FULL_RANGE or background.ndim not in (2, 3):
        raise ImageError(
            f"{blended.dtype} {blended.shape} is no blend of {background.dtype} {background.shape}",
            remedy="Use two uint8, uint16 or float32 images of one shape.",
        )
    if mask.dtype != np.bool_ or mask.shape != blended.shape[:2]:
        raise ImageError(
            f"a mask {mask.dtype} {mask.shape} does not fit an image {blended.shape}",
            remedy="Use a bool mask of the image's height and width.",
        )
    if len(grain.sigma) != planes(blended).shape[2]:
        raise ImageError(
            f"a grain of {len(grain.sigma)} channels does not fit an image {blended.shape}",
            remedy="Measure it on the background of this blend.",
        )
