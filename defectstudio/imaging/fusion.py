"""Gaussian mask fusion: g T + (1 - g) S (P2 section 3.1; SPEC section 4)."""

from __future__ import annotations

import cv2
import numpy as np

from defectstudio.imaging.types import Mask, Unit


def gaussian_mask(mask: Mask, sigma: float) -> Unit:
    """g (h, w) in [0, 1]: the mask blurred, and 0 outside it, so that nothing changes there.

    sigma: standard deviation in pixels, 0 for the mask itself. Pixels outside the array count as
    outside the mask. A line thinner than the blur keeps its contrast: g is scaled by its largest
    value nearby, which in the middle of wide masks is 1 already.
    """
    own = mask.astype(np.float32)
    if sigma == 0:
        return own
    reach = int(np.ceil(3 * sigma))
    soft = cv2.GaussianBlur(np.pad(own, reach), (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    most = cv2.dilate(soft, window)
    inner = slice(reach, -reach), slice(reach, -reach)
    g: Unit = np.where(mask, soft[inner] / np.maximum(most[inner], 1e-6), np.float32(0))
    return g


def fused(made: Unit, surface: Unit, g: Unit) -> Unit:
    """made, surface (h, w, C), g (h, w) -> (h, w, C); the surface itself where g is 0."""
    share = g[..., None]
    mixed: Unit = np.where(share > 0, share * made + (1 - share) * surface, surface)
    return mixed
