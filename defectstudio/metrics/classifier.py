"""A small classifier of feature vectors: linear discriminant analysis with shrinkage.

Friedman, Regularized discriminant analysis, JASA 1989: one covariance for all classes, drawn
towards a multiple of the identity, since a class has some dozens of contents and hundreds of
features. Classes count alike, however many contents they have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHRINKAGE = 0.2
"""Share of the identity in the covariance."""


@dataclass(frozen=True)
class Classifier:
    """classes (K,); a vector x belongs to the class of the greatest weights (K, D) x + bias."""

    classes: NDArray[np.int64]
    centre: Floats
    scale: Floats
    weights: Floats
    bias: Floats

    def predict(self, vectors: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class of each of vectors (N, D)."""
        scores = (vectors - self.centre) / self.scale @ self.weights.T + self.bias
        found: NDArray[np.int64] = self.classes[scores.argmax(axis=1)]
        return found


def trained(vectors: NDArray[np.float32], classes: NDArray[np.int64]) -> Classifier:
    """From vectors (N, D) of the classes (N,), at least one of each."""
    names, own = np.unique(classes, return_inverse=True)
    centre = vectors.mean(axis=0, dtype=np.float64)
    scale = vectors.std(axis=0, dtype=np.float64) + 1e-6
    x = (vectors - centre) / scale
    means = np.stack([x[own == k].mean(axis=0) for k in range(len(names))])
    within = x - means[own]
    covariance = within.T @ within / len(x)
    width = len(covariance)
    level = max(float(np.trace(covariance)) / width, 1e-6)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * level * np.eye(width)
    weights = np.linalg.solve(shrunk, means.T).T
    return Classifier(names, centre, scale, weights, -0.5 * (weights * means).sum(axis=1))
