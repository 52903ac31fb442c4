"""Discriminant analysis against its definition and on classes that are known to be apart."""

import numpy as np

from defectstudio.metrics.classifier import SHRINKAGE, trained


def _clouds(rng, count, width=6, apart=4.0):
    """Three classes of unequal numbers, stretched alike along one direction."""
    classes = np.repeat([2, 5, 9], [count, 2 * count, 3 * count])
    means = {2: np.zeros(width), 5: np.eye(width)[0] * apart, 9: np.eye(width)[1] * apart}
    noise = rng.standard_normal((len(classes), width)) * np.linspace(0.5, 2, width)
    return (np.stack([means[c] for c in classes]) + noise).astype(np.float32), classes


def test_separate_classes_are_told_apart():
    rng = np.random.default_rng(0)
    classifier = trained(*_clouds(rng, 30))
    vectors, classes = _clouds(rng, 50)
    assert np.mean(classifier.predict(vectors) == classes) > 0.95


def test_noise_is_told_by_chance():
    rng = np.random.default_rng(1)
    classifier = trained(*_clouds(rng, 100, apart=0.0))
    vectors, classes = _clouds(rng, 300, apart=0.0)
    per_class = [np.mean(classifier.predict(vectors[classes == c]) == c) for c in (2, 5, 9)]
    assert abs(np.mean(per_class) - 1 / 3) < 0.06  # classes count alike, whatever their numbers


def test_the_nearest_mean_under_the_shrunk_covariance_wins():
    vectors, classes = _clouds(np.random.default_rng(2), 12, apart=1.0)
    x = (vectors - vectors.mean(0, dtype=float)) / (vectors.std(0, dtype=float) + 1e-6)
    means = {c: x[classes == c].mean(0) for c in (2, 5, 9)}
    within = x - np.stack([means[c] for c in classes])
    covariance = within.T @ within / len(x)
    level = np.trace(covariance) / len(covariance)
    inverse = np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * level * np.eye(6))
    wanted = [
        min(means, key=lambda c, one=one: (one - means[c]) @ inverse @ (one - means[c]))
        for one in x
    ]
    assert trained(vectors, classes).predict(vectors).tolist() == wanted


def test_one_content_a_class_is_enough():
    vectors = np.array([[0.0, 1.0], [3.0, 1.0]], np.float32)
    classifier = trained(vectors, np.array([1, 2]))
    assert classifier.predict(vectors).tolist() == [1, 2]
