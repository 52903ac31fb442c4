"""Smooth membranes: Laplace's equation on any set of pixels, by full multigrid on sparse tiles.

The NumPy twin of kernel/multigrid.hpp: the same operations in the same order, each rounded to 32
bits, so that both give the same bits. A tile is 8 rows of 16 cells, kept as a red and a black
plane of 8 x 8 (a cell is red where row + column is even); cells outside the domain hold 0. A level
computes in its active tiles, those near the boundary; the interior is harmonic and follows from
the coarser level (BLENDING). Every level has unit links between its cells and a conductance to
given values that was measured to converge best; the natural one diverges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging import tiles
from defectstudio.imaging.tiles import Floats, Level, Numbers, Step
from defectstudio.imaging.types import Mask

_SWEEPS, _BOTTOM_SWEEPS, _BOTTOM_CELLS, _MOST_CYCLES = 2, 10, 16, 200
_OVER = np.float32(1.6)
_NARROW_CYCLES = 12
_LARGE = 9


@dataclass(frozen=True)
class Links:
    """Links from unknown pixels to given values: rows, columns (n,) and values (n, c)."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: Floats


@dataclass(frozen=True)
class Membrane:
    """A solution: the level of the pixels, its inner tiles filled."""

    level: Level

    def at(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
        """Values float32 (n, c) at pixels; 0 outside the domain."""
        tile, colour, row, lane = self.level.cells(rows, columns)
        found: Floats = self.level.value[tile, :, colour, row, lane]
        return found


def solve(unknown: Mask, links: Sequence[Links], tolerance: float) -> Membrane:
    """The membrane over `unknown` bool (h, w), any topology, not empty.

    links: every link from an unknown pixel to a given value, at least one; a pixel that is linked
    twice stands in two entries of the sequence. No flux passes where there is neither a link nor
    an unknown neighbour. tolerance: cycles go on until the error is estimated to be smaller.
    """
    pixels = tiles.from_pixels(unknown, links[0].values.shape[1])
    for each in links:
        pixels.add_links(each.rows, each.columns, each.values)
    levels, steps = [pixels], list[Step]()
    while not _is_bottom(levels[-1]):
        steps.append(tiles.coarsened(levels[-1]))
        levels.append(steps[-1].coarse)
    for number, level in enumerate(levels):
        _finish(level, number)
    _solve_bottom(levels[-1])
    for number in range(len(steps) - 1, -1, -1):
        _start(steps[number])
        if number:
            _cycle(levels, steps, number, 1)
    before = 0.0
    # In narrow boxes the sweeps do most of the work, which the changes do not tell.
    least = _NARROW_CYCLES if min(unknown.shape) < 8 else 1
    for number in range(_MOST_CYCLES):
        change = _cycle(levels, steps, 0, _sweeps_of(number))
        left = _error_left(change, before if number else 2 * change)
        if number + 1 >= least and not left > tolerance:
            break
        before = change
    for step in reversed(steps):
        fine, inner = step.fine, np.arange(step.fine.halo, step.fine.deep)
        around = step.cells_around(inner, fine.channels)
        fine.value[inner] = tiles.interpolated(step.coarse.value, around)
    return Membrane(pixels)


def _sweeps_of(cycle: int) -> int:
    """Two cycles mostly suffice, a third is as short; what still grows needs more sweeps."""
    return _SWEEPS if cycle < 3 else min(2 * cycle, 16)


def _error_left(change: float, before: float) -> float:
    """The error after a cycle that changed so much, by how much the changes shrink."""
    if not change > 0:
        return 0.0
    ratio = min(max(change / before, 0.2), 0.99)
    return change * ratio / (1 - ratio)


def _conductance(number: int, links: Floats, pixels: Floats) -> Floats:
    """Of one of a cell's links to given values.

    Where thin necks meet it holds a cell as fast as its few pixels are held; elsewhere whole edges
    and single pixels hold it alike.
    """
    if number == 0:
        return np.ones_like(links)
    held = np.minimum(links, np.float32(1 << number))
    wide = np.float32(1) / (np.float32(0.3) * held + np.float32(0.9))
    thin = np.divide(np.float32(2) * links, pixels, out=np.ones_like(links), where=pixels > 0)
    share: Floats = np.maximum(wide, np.minimum(thin, np.float32(1)))
    return share


def _finish(level: Level, number: int) -> None:
    """1 / (links + conductance to given values) where a cell is; loads become their pull."""
    pixels = level.exists[1 : level.active].copy()
    np.minimum(level.exists, np.float32(1), out=level.exists)
    exists = level.exists[:, None]
    near = [_around(level, exists, colour, level.edges_of(colour, 1)) for colour in (0, 1)]
    links, held = np.concatenate(near, axis=1), level.inverse[1 : level.active]
    share = _conductance(number, held, pixels)
    level.load *= share[:, None]
    sums = links + share * held
    np.divide(np.float32(1), sums, out=held, where=level.exists[1 : level.active] > 0)


def _around(level: Level, planes: Floats, colour: int, edges: Numbers) -> Floats:
    """The sum over the four neighbours of one colour's cells in the active tiles (n, c, 8, 8)."""
    here = planes[1 : level.active, :, 1 - colour]
    edge = planes.reshape(-1)[edges]
    vertical, side = np.empty_like(here), np.empty_like(here)
    vertical[:, :, 0], vertical[:, :, 1:] = edge[..., :8], here[:, :, :-1]
    vertical[:, :, :-1] += here[:, :, 1:]
    vertical[:, :, 7] += edge[..., 8:16]
    to_right, to_left = slice(1 - colour, None, 2), slice(colour, None, 2)
    side[:, :, to_right, :-1] = here[:, :, to_right, 1:]
    side[:, :, to_right, 7] = edge[..., 16:][..., to_right]
    side[:, :, to_left, 1:] = here[:, :, to_left, :-1]
    side[:, :, to_left, 0] = edge[..., 16:][..., to_left]
    side += here
    vertical += side
    return vertical


def _relax(level: Level, sweeps: int) -> None:
    """Red-black Gauss-Seidel over the active tiles."""
    for half in range(2 * sweeps):
        colour = half & 1
        near = _around(level, level.value, colour, level.edges[colour])
        near += level.load[:, :, colour]
        near *= level.inverse[1 : level.active, None, colour]
        level.value[1 : level.active, :, colour] = near


def _solve_bottom(level: Level) -> None:
    """The coarsest level alone, by successive over-relaxation."""
    for half in range(2 * _BOTTOM_SWEEPS):
        colour = half & 1
        value = level.value[1 : level.active, :, colour]
        near = _around(level, level.value, colour, level.edges[colour])
        near += level.load[:, :, colour]
        near *= level.inverse[1 : level.active, None, colour]
        near -= value
        near *= _OVER
        value += near


def _is_bottom(level: Level) -> bool:
    """Whether over-relaxation solves a level: small, and held by given values in many places."""
    if max(level.shape) > _BOTTOM_CELLS:
        return False
    cells = int(np.count_nonzero(level.exists[: level.active]))
    return max(level.shape) <= 2 or 4 * int(np.count_nonzero(level.inverse)) >= cells


def _start(step: Step) -> None:
    """First values from the coarse level; near the boundary void cells have no weight."""
    fine, coarse = step.fine, step.coarse
    fine.value[step.active] = tiles.interpolated(coarse.value, step.around_active)
    fine.value[step.halo] = tiles.interpolated(coarse.value, step.around_halo)
    edge = np.flatnonzero(fine.partial)
    weight = tiles.interpolated(coarse.exists, step.cells_around(edge, 1))
    quotient = np.zeros_like(fine.value[edge])
    inside = fine.exists[edge, None] > 0
    fine.value[edge] = np.divide(fine.value[edge], weight, out=quotient, where=inside)


def _restrict(step: Step) -> None:
    """Mean values and sums of the (red) residuals of a smoothed level become the coarse problem."""
    fine, coarse = step.fine, step.coarse
    value, inverse = fine.value[1 : fine.active], fine.inverse[1 : fine.active, None, 0]
    near = fine.load[:, :, 0] + _around(fine, fine.value, 0, fine.edges[0])
    held = np.divide(value[:, :, 0], inverse, out=near.copy(), where=inverse > 0)
    residual = near - held
    sums = residual[:, :, ::2] + residual[:, :, 1::2]
    coarse.value.reshape(-1)[step.under] = tiles.children(value) * np.float32(0.25)
    loads = np.zeros((coarse.active, *coarse.load.shape[1:]), np.float32)
    loads.reshape(-1)[step.under] = sums.reshape(*sums.shape[:2], 32)
    coarse.load = loads[1:]


def _complete_load(step: Step) -> None:
    """The load is residual + A mean where a finer tile lies, 0 elsewhere."""
    level = step.coarse
    value, inverse = level.value[1 : level.active], level.inverse[1 : level.active, None]
    for colour in (0, 1):
        share = inverse[:, :, colour]
        near = _around(level, level.value, colour, level.edges[colour])
        held = np.divide(value[:, :, colour], share, out=near.copy(), where=share > 0)
        level.load[:, :, colour] += held - near
    level.load *= step.covered[1:]


def _cycle(levels: list[Level], steps: list[Step], number: int, sweeps: int) -> float:
    """One V-cycle; returns the largest change that came from the coarser levels.

    What smoothes a residual before it is restricted pays more than what smoothes a correction.
    Large domains (of _LARGE levels) have far parts behind narrow necks, which the coarse levels
    reach in two passes.
    """
    level = levels[number]
    if number == len(steps):
        _solve_bottom(level)
        return 0.0
    step, coarse = steps[number], levels[number + 1]
    _relax(level, sweeps)
    _restrict(step)
    _complete_load(step)
    before = coarse.value.copy()
    for _ in range(2 if number == 1 and len(levels) >= _LARGE else 1):
        _cycle(levels, steps, number + 1, sweeps)
    level.value[step.halo] = tiles.interpolated(coarse.value, step.around_halo)
    kept = tiles.interpolated(coarse.value - before, step.around_active)
    kept *= level.exists[1 : level.active, None]
    level.value[1 : level.active] += kept
    _relax(level, (sweeps + 1) // 2)
    return float(np.abs(kept).max(initial=0))
