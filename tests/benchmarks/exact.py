"""Membranes to the last digit, by other means than the program's: the oracle of the benchmark.

Sparse matrices in float64: a direct solution by SuperLU, or for very many unknowns conjugate
gradients (SciPy's) with smoothed aggregation in front, until nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg, splu

DIRECT_MOST = 1_200_000
"""Unknowns; SuperLU's factor of more takes minutes and gigabytes."""

Numbers = NDArray[np.float64]

_BLOCK, _COARSE, _DAMPING = 3, 3000, 2 / 3
_SHIFTS = ((-1, 0), (1, 0), (0, -1), (0, 1))


class Laplace:
    """Laplace(e) = 0 in omega, bool (h, w), which is the whole image: nothing crosses its border.

    pixels: the unknowns, flat positions (n,). Links lead from unknowns to given values:
    inner (k,) numbers of unknowns, outer (k,) flat positions outside omega.
    """

    def __init__(self, omega: NDArray[np.bool_]) -> None:
        self.shape, self.pixels = omega.shape, np.flatnonzero(omega)
        count = self.pixels.size
        number = np.full(omega.size, -1, np.int32)
        number[self.pixels] = np.arange(count, dtype=np.int32)
        ones, others, inner, outer = [], [], [], []
        for down, right in _SHIFTS:
            own, there = self._neighbours(down, right)
            inside = number[there] >= 0
            ones.append(own[inside])
            others.append(number[there[inside]])
            inner.append(own[~inside])
            outer.append(there[~inside])
        self.inner, self.outer = np.concatenate(inner), np.concatenate(outer)
        one, other = np.concatenate(ones), np.concatenate(others)
        degree = np.bincount(one, minlength=count) + np.bincount(self.inner, minlength=count)
        coupled = sparse.csr_matrix((np.ones(one.size), (one, other)), shape=(count, count))
        self.matrix = (sparse.diags(degree.astype(np.float64)) - coupled).tocsc()
        self._solver: Callable[[Numbers], Numbers] | None = None

    def ring_means(self, inside: Numbers) -> Numbers:
        """Values (k, c) of the links: at each pixel outside, the mean of its unknowns' (n, c)."""
        _, ring = np.unique(self.outer, return_inverse=True)
        counts = np.bincount(ring)
        sums = [np.bincount(ring, plane) / counts for plane in inside[self.inner].T]
        return np.stack(sums, axis=1)[ring]

    def solve(self, values: Numbers) -> Numbers:
        """e (n, c) for values (k, c) of the links."""
        if self._solver is None:
            direct = self.pixels.size <= DIRECT_MOST
            self._solver = _factored(self.matrix) if direct else self._iterated()
        count = self.pixels.size
        loads = [np.bincount(self.inner, plane, minlength=count) for plane in values.T]
        return np.stack([self._solver(load) for load in loads], axis=1)

    def _neighbours(self, down: int, right: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Numbers of the unknowns that have a neighbour there, and its flat position."""
        height, width = self.shape
        rows, columns = np.divmod(self.pixels, width)
        rows, columns = rows + down, columns + right
        held = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        return np.flatnonzero(held), rows[held] * width + columns[held]

    def _iterated(self) -> Callable[[Numbers], Numbers]:
        rows, columns = np.divmod(self.pixels, self.shape[1])
        cycle = _aggregated(self.matrix.tocsr(), rows, columns)
        matrix = self.matrix.tocsr()
        before = LinearOperator(matrix.shape, matvec=cycle, dtype=np.float64)

        def solve(load: Numbers) -> Numbers:
            found, failed = cg(matrix, load, rtol=1e-10, maxiter=500, M=before)
            if failed:
                raise ArithmeticError("conjugate gradients do not converge")
            return found

        return solve


def _factored(matrix: sparse.csc_matrix) -> Callable[[Numbers], Numbers]:
    return splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0,
        options={"SymmetricMode": True},
    ).solve


def _aggregated(
    matrix: sparse.csr_matrix, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> Callable[[Numbers], Numbers]:
    """One V-cycle over blocks of 3 x 3 unknowns, again and again until few are left."""
    if matrix.shape[0] <= _COARSE:
        return _factored(matrix.tocsc())
    rows, columns = rows // _BLOCK, columns // _BLOCK
    wide = int(columns.max()) + 1
    found, block = np.unique(rows * wide + columns, return_inverse=True)
    blocks = (np.ones(block.size), (np.arange(block.size), block))
    lumped = sparse.csr_matrix(blocks, shape=(block.size, found.size))
    damped = _DAMPING / matrix.diagonal()
    spread = (lumped - sparse.diags(damped) @ (matrix @ lumped)).tocsr()
    gather = spread.T.tocsr()
    coarser = _aggregated((gather @ matrix @ spread).tocsr(), *np.divmod(found, wide))

    def cycle(load: Numbers) -> Numbers:
        value = damped * load
        value = value + spread @ coarser(gather @ (load - matrix @ value))
        return value + damped * (load - matrix @ value)

    return cycle
