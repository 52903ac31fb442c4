// Levels of sparse tiles for the multigrid (tiles.py is the same in NumPy).
//
// A tile is 8 rows of 16 cells, kept as a red and a black plane of 8x8: a cell is red where row +
// column is even, so that a half sweep works on whole vectors. Cells outside the domain hold 0.
#pragma once
#include <algorithm>

#include "memory.hpp"

namespace multigrid {

constexpr int ROWS = 8, COLS = 16, PLANE = ROWS;  // a plane is ROWS vectors

enum Kind : uint8_t { VOID, PARTIAL, FULL };

struct Place {
    int row, column;  // of the tile grid
    int cell;         // index into `grid`
    int inverse;      // plane pair in `inverse`: 0 void, 1 all full, else its own
    uint8_t covered;  // bit 2 * (row & 1) + (column & 1): that child is active on the finer level
};

struct Level {
    int height, width;    // cells
    int rows, columns;    // tiles
    int stride;           // of the padded grid
    int channels;
    bool finest = false;
    float pixels = 1;            // of a full cell
    std::vector<int> grid;       // tile number by padded place; 0 void, -1 without memory
    std::vector<uint8_t> kind;   // by padded place
    std::vector<Place> tiles;    // [0] is void; then active, halo, deep
    int active, halo, deep;      // ends of these ranges
    std::vector<int> first;      // active tile of each row of tiles, and the end
    // By tile and channel; `before` is what `value` was, then the change.
    V *value, *load, *before;
    // By slot; until `finish_level` the cells' pixels and their Dirichlet links.
    V *exists, *inverse;

    int at(int row, int column) const { return (row + 1) * stride + column + 1; }
    V* planes(V* of, int tile, int channel) const {
        return of + size_t(tile * channels + channel) * 2 * PLANE;
    }
    static V* own(V* of, int slot) { return of + size_t(slot) * 2 * PLANE; }
};

inline Level empty_level(int height, int width, int channels) {
    Level level;
    level.height = height, level.width = width, level.channels = channels;
    level.rows = (height + ROWS - 1) / ROWS, level.columns = (width + COLS - 1) / COLS;
    level.stride = level.columns + 2;
    level.grid.assign(size_t(level.rows + 2) * level.stride, 0);
    level.kind.assign(level.grid.size(), VOID);
    return level;
}

// Numbers the tiles: active are partial tiles and the full ones beside them, halo those beside.
// Deep tiles of the finest level have no memory: they are only ever interpolated.
inline void number_tiles(Level& level, Arena& arena) {
    auto near = [&](int place, auto test) {
        for (int dr = -1; dr <= 1; ++dr)
            for (int dc = -1; dc <= 1; ++dc)
                if (test(place + dr * level.stride + dc)) return true;
        return false;
    };
    std::vector<uint8_t> state(level.grid.size(), 0);  // 1 active, 2 halo, 3 deep
    auto each = [&](auto act) {
        for (int row = 0; row < level.rows; ++row)
            for (int column = 0; column < level.columns; ++column) {
                int place = level.at(row, column);
                if (level.kind[place] != VOID) act(place, row, column);
            }
    };
    each([&](int p, int, int) {
        state[p] = near(p, [&](int q) { return level.kind[q] != FULL; }) ? 1 : 3;
    });
    each([&](int p, int, int) {
        if (state[p] == 3 && near(p, [&](int q) { return state[q] == 1; })) state[p] = 2;
    });
    level.tiles.push_back({0, 0, 0, 0, 0});
    int planes = 2, ends[4] = {};
    for (int wanted = 1; wanted <= 3; ++wanted) {
        each([&](int p, int row, int column) {
            if (state[p] != wanted) return;
            if (wanted == 3 && level.finest) {
                level.grid[p] = -1;
                return;
            }
            level.grid[p] = int(level.tiles.size());
            int slot = level.kind[p] == PARTIAL ? planes++ : 1;
            level.tiles.push_back({row, column, p, slot, 0});
        });
        ends[wanted] = int(level.tiles.size());
    }
    level.active = ends[1], level.halo = ends[2], level.deep = ends[3];
    level.first.assign(level.rows + 1, level.active);
    for (int tile = level.active; tile-- > 1;) level.first[level.tiles[tile].row] = tile;
    for (int row = level.rows; row-- > 0;)
        level.first[row] = std::min(level.first[row], level.first[row + 1]);
    size_t cells = size_t(level.channels) * 2 * PLANE;
    level.value = arena.take(level.deep * cells);
    level.before = arena.take(level.finest ? 0 : level.halo * cells);
    level.load = arena.zeroed(level.active * cells);
    level.inverse = arena.zeroed(size_t(planes) * 2 * PLANE);
    level.exists = arena.zeroed(size_t(planes) * 2 * PLANE);
    std::fill_n(level.value, cells, all(0));
    std::fill_n(level.own(level.inverse, 1), 2 * PLANE, all(0.25f));
    std::fill_n(level.own(level.exists, 1), 2 * PLANE, all(level.pixels));
}

// Eight neighbouring coarse cells of one row, into the two planes of their tile.
INLINE void put(V cells, V* planes, int row, int half) {
    float* even = (float*)(planes + (row & 1 ? PLANE : 0) + row) + 4 * half;
    float* odd = (float*)(planes + (row & 1 ? 0 : PLANE) + row) + 4 * half;
    V sorted = SHUFFLE(cells, cells, 0, 2, 4, 6, 1, 3, 5, 7);
    memcpy(even, &sorted, sizeof(V) / 2);
    memcpy(odd, (const float*)&sorted + LANES / 2, sizeof(V) / 2);
}

// Sums over 2x2 cells: row `row` (0..3) of the coarse cells under a tile.
INLINE V children(const V* planes, int row) {
    return (planes[2 * row] + planes[PLANE + 2 * row]) +
           (planes[2 * row + 1] + planes[PLANE + 2 * row + 1]);
}

// The next coarser level: pixels, Dirichlet links and values summed.
HOT inline Level coarsened(Level& fine, Arena& arena) {
    Level level = empty_level((fine.height + 1) / 2, (fine.width + 1) / 2, fine.channels);
    level.pixels = 4 * fine.pixels;
    for (int row = 0; row < level.rows; ++row)
        for (int column = 0; column < level.columns; ++column) {
            int full = 0, none = 0;
            for (int i = 0; i < 4; ++i) {
                int r = 2 * row + i / 2, c = 2 * column + i % 2;
                bool inside = r < fine.rows && c < fine.columns;
                Kind kind = inside ? Kind(fine.kind[fine.at(r, c)]) : VOID;
                full += kind == FULL, none += kind == VOID;
            }
            level.kind[level.at(row, column)] = full == 4 ? FULL : none == 4 ? VOID : PARTIAL;
        }
    number_tiles(level, arena);
    for (int tile = 1; tile < fine.active; ++tile) {
        const Place& place = fine.tiles[tile];
        int parent = level.grid[level.at(place.row / 2, place.column / 2)];
        level.tiles[parent].covered |= 1 << (2 * (place.row & 1) + (place.column & 1));
        if (level.tiles[parent].inverse == 1) continue;
        int top = 4 * (place.row & 1), half = place.column & 1;
        const V* exists = fine.own(fine.exists, place.inverse);
        const V* links = fine.own(fine.inverse, place.inverse == 1 ? 0 : place.inverse);
        for (int row = 0; row < ROWS / 2; ++row) {
            put(children(exists, row), level.own(level.exists, level.tiles[parent].inverse),
                top + row, half);
            put(children(links, row), level.own(level.inverse, level.tiles[parent].inverse),
                top + row, half);
            for (int channel = 0; channel < level.channels; ++channel)
                put(children(fine.planes(fine.load, tile, channel), row),
                    level.planes(level.load, parent, channel), top + row, half);
        }
    }
    // Full children without memory of their own beside partial ones.
    for (int tile = 1; tile < level.active; ++tile) {
        const Place& place = level.tiles[tile];
        if (place.inverse == 1) continue;
        for (int i = 0; i < 4; ++i) {
            int r = 2 * place.row + i / 2, c = 2 * place.column + i % 2;
            if (r >= fine.rows || c >= fine.columns || fine.kind[fine.at(r, c)] != FULL) continue;
            for (int row = 0; row < ROWS / 2; ++row)
                put(all(level.pixels), level.own(level.exists, place.inverse),
                    4 * (i / 2) + row, i % 2);
        }
    }
    return level;
}

// The 8x16 cells of a tile in row order, channels interleaved.
template <int CHANNELS>
INLINE void interleave(const V* const* planes, float* out) {
    for (int row = 0; row < ROWS; ++row, out += COLS * CHANNELS) {
        int even = row & 1 ? PLANE + row : row, odd = row & 1 ? row : PLANE + row;
        for (int lane = 0; lane < LANES; ++lane)
            for (int channel = 0; channel < CHANNELS; ++channel) {
                out[2 * lane * CHANNELS + channel] = planes[channel][even][lane];
                out[(2 * lane + 1) * CHANNELS + channel] = planes[channel][odd][lane];
            }
    }
}

HOT inline void interleave(const V* const* planes, float* out, int channels) {
    if (channels == 1) interleave<1>(planes, out);
    if (channels == 2) interleave<2>(planes, out);
    if (channels == 3) interleave<3>(planes, out);
    if (channels == 4) interleave<4>(planes, out);
}

}  // namespace multigrid
