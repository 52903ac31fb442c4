"""Levels of sparse tiles for the membrane's multigrid: the NumPy twin of kernel/tiles.hpp.

A tile is 8 rows of 16 cells in two planes of 8 x 8, red (row + column even) and black. Tile 0 is
void: all zeros, wherever nothing is stored. Cells are gathered and scattered by flat indices that
are made once a level, since small levels cost calls, not bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from defectstudio.imaging.types import Mask

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

_VOID, _PARTIAL, _FULL = 0, 1, 2
_PLANES = 128


@dataclass
class Level:
    """One grid. Tiles are numbered: 0 void, active ones, their halo, deep ones inside.

    shape: cells (h, w); kind: what a tile is, uint8 (rows, columns). grid: the numbers by place,
    with a margin of void; rows, columns: the places by number; partial: bool (active,), tiles not
    wholly inside. value: (deep, c, 2, 8, 8); load: (active - 1, c, 2, 8, 8); exists, inverse:
    (halo, 2, 8, 8); until the level is finished they hold the number of pixels (`pixels` in a full
    cell) and of links to given values.
    """

    shape: tuple[int, int]
    kind: NDArray[np.uint8]
    channels: int
    pixels: int
    grid: Numbers = field(init=False)
    rows: Numbers = field(init=False)
    columns: Numbers = field(init=False)
    active: int = field(init=False)
    halo: int = field(init=False)
    deep: int = field(init=False)
    partial: Mask = field(init=False)
    value: Floats = field(init=False)
    load: Floats = field(init=False)
    exists: Floats = field(init=False)
    inverse: Floats = field(init=False)
    edges: tuple[Numbers, Numbers] = field(init=False)
    """By colour: where a tile's cells find the row above, the row below and one cell beside each
    row in the other colour's planes (active - 1, c, 24)."""

    def __post_init__(self) -> None:
        self._number_tiles()
        planes = (self.channels, 2, 8, 8)
        self.value = np.zeros((self.deep, *planes), np.float32)
        self.load = np.zeros((self.active - 1, *planes), np.float32)
        self.partial = self.kind[self.rows[: self.active], self.columns[: self.active]] == _PARTIAL
        self.partial[0] = False
        self.exists = np.full((self.halo, 2, 8, 8), self.pixels, np.float32)
        self.exists[0] = 0
        self.exists[: self.active][self.partial] = 0
        self.inverse = np.zeros((self.halo, 2, 8, 8), np.float32)
        self.edges = (self.edges_of(0, self.channels), self.edges_of(1, self.channels))

    def _number_tiles(self) -> None:
        stored = self.kind != _VOID
        active = stored & _near(np.pad(self.kind != _FULL, 1, constant_values=True))
        halo = stored & ~active & _near(np.pad(active, 1))
        order = [np.argwhere(each) for each in (active, halo, stored & ~active & ~halo)]
        places = np.concatenate([np.zeros((1, 2), np.intp), *order])
        self.rows, self.columns = places[:, 0], places[:, 1]
        self.active = 1 + len(order[0])
        self.halo = self.active + len(order[1])
        self.deep = self.halo + len(order[2])
        self.grid = np.zeros((stored.shape[0] + 2, stored.shape[1] + 2), np.intp)
        self.grid[self.rows[1:] + 1, self.columns[1:] + 1] = np.arange(1, self.deep)

    def edges_of(self, colour: int, channels: int) -> Numbers:
        """`edges` for planes of so many channels."""
        row, column = self.rows[1 : self.active] + 1, self.columns[1 : self.active] + 1
        eight = np.arange(8)
        to_right = (eight + colour) % 2 == 1
        beside = np.where(
            to_right, self.grid[row, column + 1][:, None], self.grid[row, column - 1][:, None]
        )
        above, below = self.grid[row - 1, column][:, None], self.grid[row + 1, column][:, None]
        ones = np.ones((1, 8), np.intp)
        tile = np.concatenate([above * ones, below * ones, beside], axis=1)
        cell = np.concatenate([56 + eight, eight, eight * 8 + np.where(to_right, 0, 7)])
        return _spots(tile, (1 - colour) * 64 + cell[None], channels)

    def cells(self, rows: Numbers, columns: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Tile, colour, row and lane of pixels."""
        tile = self.grid[(rows >> 3) + 1, (columns >> 4) + 1]
        return tile, (rows + columns) & 1, rows & 7, (columns & 15) >> 1

    def add_links(self, rows: Numbers, columns: Numbers, values: Floats) -> None:
        """Links from different cells to given values (n, c)."""
        tile, colour, row, lane = self.cells(rows, columns)
        self.inverse[tile, colour, row, lane] += 1
        self.load[tile - 1, :, colour, row, lane] += values


class Step:
    """The way from a level to the next coarser one and back."""

    def __init__(self, fine: Level, coarse: Level) -> None:
        self.fine, self.coarse = fine, coarse
        self.active = np.arange(1, fine.active)
        self.halo = np.arange(fine.active, fine.halo)
        self.under = self.cells_under(self.active, fine.channels)
        self.around_active = self.cells_around(self.active, fine.channels)
        self.around_halo = self.cells_around(self.halo, fine.channels)
        self.covered = np.zeros((coarse.active, 1, 2, 8, 8), np.float32)
        self.covered.reshape(-1)[self.cells_under(self.active, 1)] = 1

    def cells_under(self, tiles: Numbers, channels: int) -> Numbers:
        """Indices of the 4 x 8 coarse cells under finer tiles, in row order (n, channels, 32)."""
        row = self.fine.rows[tiles, None, None] % 2 * 4 + np.arange(4)[:, None]
        column = self.fine.columns[tiles, None, None] % 2 * 8 + np.arange(8)
        tile, cell = self._find(tiles, row, column)
        return _spots(tile.reshape(-1, 32), cell.reshape(-1, 32), channels)

    def cells_around(self, tiles: Numbers, channels: int) -> Numbers:
        """The same with one more cell on each side (n, channels, 6, 10)."""
        row = self.fine.rows[tiles, None, None] % 2 * 4 + np.arange(-1, 5)[:, None]
        column = self.fine.columns[tiles, None, None] % 2 * 8 + np.arange(-1, 9)
        return _spots(*self._find(tiles, row, column), channels)

    def _find(self, tiles: Numbers, row: Numbers, column: Numbers) -> tuple[Numbers, Numbers]:
        """Tile and cell of coarse rows and columns counted from the parent's first."""
        down, right = row // 8, column // 16
        tile = self.coarse.grid[
            self.fine.rows[tiles, None, None] // 2 + 1 + down,
            self.fine.columns[tiles, None, None] // 2 + 1 + right,
        ]
        return tile, (row + column) % 2 * 64 + row % 8 * 8 + column % 16 // 2


def interpolated(planes: Floats, around: Numbers) -> Floats:
    """Bilinear interpolation of coarse planes into finer tiles (n, c, 2, 8, 8)."""
    window = planes.reshape(-1)[around]
    middle, quarter = np.float32(0.75) * window[..., 1:9], np.float32(0.25) * window
    columns = np.stack([middle + quarter[..., :8], middle + quarter[..., 2:]], axis=2)
    near, far = np.float32(0.75) * columns[:, :, :, 1:5], np.float32(0.25) * columns
    made = np.empty((*window.shape[:2], 2, 8, 8), np.float32)
    # Cells of even column are red in even rows and black in odd ones.
    made[:, :, :, 0::2] = near + far[:, :, :, :4]
    made[:, :, :, 1::2] = (near + far[:, :, :, 2:])[:, :, ::-1]
    return made


def children(planes: Floats) -> Floats:
    """Sums over 2 x 2 cells of planes (n, ..., 2, 8, 8): (n, ..., 32)."""
    rows = planes[..., 0, :, :] + planes[..., 1, :, :]
    summed: Floats = rows[..., 0::2, :] + rows[..., 1::2, :]
    return summed.reshape(*summed.shape[:-2], 32)


def from_pixels(unknown: Mask, channels: int) -> Level:
    """The finest level of a domain bool (h, w)."""
    height, width = unknown.shape
    padded = np.pad(unknown, ((0, -height % 8), (0, -width % 16)))
    around = np.pad(padded, 1)
    inner = padded & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    blocks = (padded.shape[0] // 8, 8, padded.shape[1] // 16, 16)
    some, every = padded.reshape(blocks).any((1, 3)), inner.reshape(blocks).all((1, 3))
    level = Level((height, width), np.add(some, every, dtype=np.uint8), channels, 1)
    edge = np.flatnonzero(level.partial)
    cells = padded.reshape(blocks)[level.rows[edge], :, level.columns[edge]].reshape(-1, 8, 8, 2)
    for parity in (0, 1):
        level.exists[edge, parity, parity::2] = cells[:, parity::2, :, 0]
        level.exists[edge, 1 - parity, parity::2] = cells[:, parity::2, :, 1]
    return level


def coarsened(fine: Level) -> Step:
    """To the next coarser level: pixels, Dirichlet links and values summed."""
    height, width = fine.kind.shape
    padded = np.pad(fine.kind, ((0, height % 2), (0, width % 2)))
    quads = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    some, every = (quads != _VOID).any((1, 3)), (quads == _FULL).all((1, 3))
    kind = np.add(some, every, dtype=np.uint8)
    shape = ((fine.shape[0] + 1) // 2, (fine.shape[1] + 1) // 2)
    step = Step(fine, Level(shape, kind, fine.channels, 4 * fine.pixels))
    coarse, under = step.coarse, step.cells_under(step.active, 1)
    coarse.exists.reshape(-1)[under] = children(fine.exists[1 : fine.active, None])
    coarse.inverse.reshape(-1)[under] = children(fine.inverse[1 : fine.active, None])
    coarse.load.reshape(-1)[step.under - coarse.channels * _PLANES] = children(fine.load)
    inner = np.arange(fine.active, fine.deep)
    parents = coarse.grid[fine.rows[inner] // 2 + 1, fine.columns[inner] // 2 + 1]
    coarse.exists.reshape(-1)[step.cells_under(inner[parents < coarse.active], 1)] = coarse.pixels
    return step


def _near(padded: Mask) -> Mask:
    """Whether a tile or one of its eight neighbours is set, of a plane with a margin of one."""
    height, width = padded.shape[0] - 2, padded.shape[1] - 2
    found = np.zeros((height, width), bool)
    for row in (0, 1, 2):
        for column in (0, 1, 2):
            found |= padded[row : row + height, column : column + width]
    return found


def _spots(tile: Numbers, cell: Numbers, channels: int) -> Numbers:
    """Flat indices (n, channels, ...) of cells (n, ...) in planes of so many channels."""
    channel = np.arange(channels).reshape(1, -1, *[1] * (tile.ndim - 1))
    found: Numbers = (tile[:, None] * channels + channel) * _PLANES + cell[:, None]
    return found
