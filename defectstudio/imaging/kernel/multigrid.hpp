// Laplace's equation on a set of pixels: full multigrid, active near the boundary only, since the
// interior is harmonic and follows from the coarser level (BLENDING).
//
// Every level has unit links between its cells; `inverse` is 1 / (links + Dirichlet conductance).
// membrane.py gives the same solution to the last bit: change both or neither.
#pragma once
#include <functional>

#include "tiles.hpp"

namespace multigrid {

constexpr int SWEEPS = 2, BOTTOM_SWEEPS = 10, BOTTOM_CELLS = 16, MOST_CYCLES = 200, NARROW_CYCLES = 12;
constexpr size_t LARGE = 9;
constexpr float OVER = 1.6f;

// Conductance of one of a cell's links to given values. Where thin necks meet it holds a cell
// as fast as its few pixels are held; elsewhere whole edges and single pixels hold it alike.
// Measured to converge best; the natural value, 1 / sqrt(pixels), diverges.
INLINE V conductance(int level, V links, V pixels) {
    if (level == 0) return all(1);
    V wide = all(1) / (all(0.3f) * smaller(links, all(float(1 << level))) + all(0.9f));
    return larger(wide, smaller(all(2) * links / pixels, all(1)));
}

// The neighbours of one colour's cells in a row: vertical + (straight + sideways).
struct Around {
    const V *here, *up, *down, *left, *right;  // planes of the other colour
    INLINE V sum(int row, int colour) const {
        V above = row ? here[row - 1] : up[ROWS - 1];
        V below = row + 1 < ROWS ? here[row + 1] : down[0];
        V side = (row + colour) & 1 ? from_right(here[row], right[row])
                                    : from_left(here[row], left[row]);
        return (above + below) + (here[row] + side);
    }
};

INLINE Around around(Level& level, int tile, int channel, int colour) {
    const int* cell = level.grid.data() + level.tiles[tile].cell;
    auto other = [&](int number) {
        return level.planes(level.value, number, channel) + (1 - colour) * PLANE;
    };
    return {other(tile), other(cell[-level.stride]), other(cell[level.stride]), other(cell[-1]),
            other(cell[1])};
}

template <int colour, bool over>
INLINE void relax_tiles(Level& level, int first, int last) {
    for (int tile = first; tile < last; ++tile) {
        int slot = level.tiles[tile].inverse;
        const V* inverse = level.own(level.inverse, slot) + colour * PLANE;
        for (int channel = 0; channel < level.channels; ++channel) {
            Around near = around(level, tile, channel, colour);
            V* value = level.planes(level.value, tile, channel) + colour * PLANE;
            const V* load = level.planes(level.load, tile, channel) + colour * PLANE;
            if (slot == 1 && level.finest) {
                UNROLL
                for (int row = 0; row < ROWS; ++row)
                    value[row] = near.sum(row, colour) * all(0.25f);  // there is no load
                continue;
            }
            UNROLL
            for (int row = 0; row < ROWS; ++row) {
                V next = (load[row] + near.sum(row, colour)) * inverse[row];
                value[row] = over ? value[row] + all(OVER) * (next - value[row]) : next;
            }
        }
    }
}

HOT inline void relax(Level& level, int colour, int first, int last) {
    colour ? relax_tiles<1, false>(level, first, last) : relax_tiles<0, false>(level, first, last);
}

// The coarsest level alone is solved, by successive over-relaxation.
HOT inline void solve_bottom(Level& level) {
    for (int sweep = 0; sweep < BOTTOM_SWEEPS; ++sweep) {
        relax_tiles<0, true>(level, 1, level.active);
        relax_tiles<1, true>(level, 1, level.active);
    }
}

// Runs stages over the rows of tiles, each one row behind the one before it, so that a level goes
// through the cache once: a stage may need the stage before it on the rows beside its own.
using Stage = std::function<void(int first, int last)>;
inline void wave(Level& level, const std::vector<Stage>& stages) {
    int last = int(stages.size());
    for (int step = 0; step < level.rows + last; ++step)
        for (int i = 0; i < last; ++i) {
            int row = step - i;
            if (row >= 0 && row < level.rows && level.first[row] < level.first[row + 1])
                stages[i](level.first[row], level.first[row + 1]);
        }
}

inline void add_sweeps(std::vector<Stage>& stages, Level& level, int sweeps) {
    for (int i = 0; i < 2 * sweeps; ++i)
        stages.push_back([&level, i](int first, int last) { relax(level, i & 1, first, last); });
}

// Mean values and the sums of the (red) residuals of a smoothed level become the coarse problem.
HOT inline void restrict_to(Level& fine, Level& coarse, int first, int last) {
    for (int tile = first; tile < last; ++tile) {
        const Place& place = fine.tiles[tile];
        const V* inverse = fine.own(fine.inverse, place.inverse);
        int parent = coarse.grid[coarse.at(place.row / 2, place.column / 2)];
        int top = 4 * (place.row & 1), half = place.column & 1;
        for (int channel = 0; channel < fine.channels; ++channel) {
            Around near = around(fine, tile, channel, 0);
            const V* value = fine.planes(fine.value, tile, channel);
            const V* load = fine.planes(fine.load, tile, channel);
            auto residual = [&](int row) {
                return where(inverse[row],
                             (load[row] + near.sum(row, 0)) - value[row] / inverse[row]);
            };
            V* means = coarse.planes(coarse.value, parent, channel);
            V* loads = coarse.planes(coarse.load, parent, channel);
            for (int row = 0; row < ROWS / 2; ++row) {
                put(children(value, row) * all(0.25f), means, top + row, half);
                put(residual(2 * row) + residual(2 * row + 1), loads, top + row, half);
            }
        }
    }
}

// The coarse load is residual + A mean where a finer tile lies, 0 elsewhere; keeps the means.
HOT inline void complete_load(Level& level) {
    size_t kept = size_t(level.halo) * level.channels * 2 * PLANE;
    std::copy_n(level.value, kept, level.before);
    for (int tile = 1; tile < level.active; ++tile) {
        const Place& place = level.tiles[tile];
        const V* inverse = level.own(level.inverse, place.inverse);
        V covered[2];
        for (int low = 0; low < 2; ++low)
            for (int lane = 0; lane < LANES; ++lane)
                covered[low][lane] = float(place.covered >> (2 * low + lane / 4) & 1);
        for (int channel = 0; channel < level.channels; ++channel)
            for (int colour = 0; colour < 2; ++colour) {
                Around near = around(level, tile, channel, colour);
                const V* value = level.planes(level.value, tile, channel) + colour * PLANE;
                V* load = level.planes(level.load, tile, channel) + colour * PLANE;
                for (int row = 0; row < ROWS; ++row) {
                    V share = inverse[colour * PLANE + row];
                    V applied = where(share, value[row] / share - near.sum(row, colour));
                    load[row] = where(covered[row / 4], load[row] + applied);
                }
            }
    }
}

// The coarse cells under a tile and one more row on each side, interpolated along the rows.
struct Window {
    V even[6], odd[6];  // of the finer columns
    // planes(number): the red and black plane of a coarse tile
    template <class Planes>
    INLINE void fill(const Level& coarse, int fine_row, int fine_column, Planes planes) {
        bool low = fine_row & 1, far = fine_column & 1;
        const int* grid = coarse.grid.data() + coarse.at(fine_row / 2, fine_column / 2);
        const int* next = grid + (low ? coarse.stride : -coarse.stride);
        int sideways = far ? 1 : -1;
        const V *own[2] = {planes(grid[0]), planes(grid[sideways])};
        const V *outer[2] = {planes(next[0]), planes(next[sideways])};
        far ? fill_rows<true>(own, outer, low) : fill_rows<false>(own, outer, low);
    }
    template <bool far>
    INLINE void fill_rows(const V* const* own, const V* const* outer, bool low) {
        fill_row<far>(0, low ? own : outer, low ? 3 : 7);
        for (int i = 0; i < 4; ++i) fill_row<far>(i + 1, own, 4 * low + i);
        fill_row<far>(5, low ? outer : own, low ? 0 : 4);
    }
    template <bool far>
    INLINE void fill_row(int i, const V* const* planes, int row) {
        // Cells of even column are red in even rows.
        int red = row & 1 ? PLANE + row : row, black = row & 1 ? row : PLANE + row;
        V evens = planes[0][red], odds = planes[0][black];
        V first = SHUFFLE(evens, odds, 0, 8, 1, 9, 2, 10, 3, 11);
        V second = SHUFFLE(evens, odds, 4, 12, 5, 13, 6, 14, 7, 15);
        V middle = far ? second : first;
        V left = from_left(middle, far ? first : planes[1][black]);
        V right = from_right(middle, far ? planes[1][red] : second);
        even[i] = all(0.75f) * middle + all(0.25f) * left;
        odd[i] = all(0.75f) * middle + all(0.25f) * right;
    }
    // Bilinear interpolation: the cells of even and of odd column in a row of the finer tile.
    INLINE void interpolate(int row, V& evens, V& odds) const {
        int near = row / 2 + 1, far = row & 1 ? near + 1 : near - 1;
        evens = all(0.75f) * even[near] + all(0.25f) * even[far];
        odds = all(0.75f) * odd[near] + all(0.25f) * odd[far];
    }
};

// Whole values of the coarse level, for one channel of one tile.
HOT inline void interpolate_tile(Level& coarse, int row, int column, int channel, V* planes) {
    Window window;
    window.fill(coarse, row, column, [&](int number) {
        return coarse.planes(coarse.value, number, channel);
    });
    UNROLL
    for (int r = 0; r < ROWS; ++r)
        window.interpolate(r, planes[r & 1 ? PLANE + r : r], planes[r & 1 ? r : PLANE + r]);
}

inline void interpolate_values(Level& fine, Level& coarse, int first, int last) {
    for (int tile = first; tile < last; ++tile)
        for (int channel = 0; channel < fine.channels; ++channel)
            interpolate_tile(coarse, fine.tiles[tile].row, fine.tiles[tile].column, channel,
                             fine.planes(fine.value, tile, channel));
}

// First values from the coarse level: near the boundary the weights of void cells are left out.
HOT inline void start_from(Level& fine, Level& coarse) {
    interpolate_values(fine, coarse, fine.active, fine.halo);
    for (int tile = 1; tile < fine.active; ++tile) {
        interpolate_values(fine, coarse, tile, tile + 1);
        const Place& place = fine.tiles[tile];
        if (place.inverse == 1) continue;
        Window window;
        window.fill(coarse, place.row, place.column, [&](int number) {
            return coarse.own(coarse.exists, coarse.tiles[number].inverse);
        });
        const V* inverse = fine.own(fine.inverse, place.inverse);
        for (int row = 0; row < ROWS; ++row) {
            V weight[2];
            window.interpolate(row, weight[row & 1], weight[1 - (row & 1)]);
            for (int colour = 0; colour < 2; ++colour)
                for (int channel = 0; channel < fine.channels; ++channel) {
                    V& value = fine.planes(fine.value, tile, channel)[colour * PLANE + row];
                    value = where(inverse[colour * PLANE + row], value / weight[colour]);
                }
        }
    }
}

// What the coarse level has changed.
HOT inline void find_change(Level& coarse) {
    for (size_t i = 0; i < size_t(coarse.halo) * coarse.channels * 2 * PLANE; ++i)
        coarse.before[i] = coarse.value[i] - coarse.before[i];
}

// Adds the interpolated change of the coarse level; `most` becomes the largest of it.
HOT inline void correct(Level& fine, Level& coarse, int first, int last, V& most) {
    V largest[4] = {most, most, most, most};  // one would be waited for at every row
    for (int tile = first; tile < last; ++tile) {
        const Place& place = fine.tiles[tile];
        const V* inverse = fine.own(fine.inverse, place.inverse);
        for (int channel = 0; channel < fine.channels; ++channel) {
            Window window;
            window.fill(coarse, place.row, place.column, [&](int number) {
                return coarse.planes(coarse.before, number, channel);
            });
            V* value = fine.planes(fine.value, tile, channel);
            UNROLL
            for (int row = 0; row < ROWS; ++row) {
                V change[2];
                window.interpolate(row, change[row & 1], change[1 - (row & 1)]);
                for (int colour = 0; colour < 2; ++colour) {
                    int i = colour * PLANE + row;
                    V kept = where(inverse[i], change[colour]);
                    value[i] += kept;
                    V& own = largest[2 * (row & 1) + colour];
                    own = larger_size(own, kept);
                }
            }
        }
    }
    most = larger(larger(largest[0], largest[1]), larger(largest[2], largest[3]));
}

// One V-cycle; returns the largest change that came from the coarser levels. What smoothes a
// residual before it is restricted pays more than what smoothes a correction. Large domains (of
// LARGE levels) have far parts behind narrow necks, which the coarse levels reach in two passes.
inline float cycle(std::vector<Level>& levels, size_t number, int sweeps) {
    Level& level = levels[number];
    if (number + 1 == levels.size()) {
        solve_bottom(level);
        return 0;
    }
    std::vector<Stage> down, up;
    Level& coarse = levels[number + 1];
    add_sweeps(down, level, sweeps);
    down.push_back([&](int first, int last) { restrict_to(level, coarse, first, last); });
    wave(level, down);
    complete_load(coarse);
    for (int passes = number == 1 && levels.size() >= LARGE ? 2 : 1; passes > 0; --passes)
        cycle(levels, number + 1, sweeps);
    V most = all(0);
    find_change(coarse);
    interpolate_values(level, coarse, level.active, level.halo);
    up.push_back([&](int first, int last) { correct(level, coarse, first, last, most); });
    add_sweeps(up, level, (sweeps + 1) / 2);
    wave(level, up);
    return largest(most);
}

// 1 / (links + conductance * Dirichlet links) where a cell is; loads become conductance * values.
HOT inline void finish_level(Level& level, int number) {
    // The neighbours' sum of ones is the number of links: there are no values yet.
    for (int tile = 1; tile < level.halo; ++tile) {
        const V* pixels = level.own(level.exists, level.tiles[tile].inverse);
        V* ones = level.planes(level.value, tile, 0);
        for (int i = 0; i < 2 * PLANE; ++i) ones[i] = where(pixels[i], all(1));
    }
    for (int tile = 1; tile < level.active; ++tile) {
        int slot = level.tiles[tile].inverse;
        if (slot == 1) continue;
        for (int i = 0; i < 2 * PLANE; ++i) {
            V links = around(level, tile, 0, i / PLANE).sum(i % PLANE, i / PLANE);
            V& inverse = level.own(level.inverse, slot)[i];
            V& exists = level.own(level.exists, slot)[i];
            V share = conductance(number, inverse, exists), sum = links + share * inverse;
            for (int channel = 0; number && channel < level.channels; ++channel) {
                V& load = level.planes(level.load, tile, channel)[i];
                load = share * load;
            }
            inverse = where(exists, all(1) / sum);
            exists = where(exists, all(1));
        }
    }
    std::fill_n(level.own(level.exists, 1), 2 * PLANE, all(1));
}

// Whether over-relaxation solves a level: small, and held by given values in many places.
inline bool is_bottom(const Level& level) {
    int side = std::max(level.height, level.width), cells = 0, held = 0;
    if (side > BOTTOM_CELLS) return false;
    for (int tile = 1; tile < level.active; ++tile) {
        int slot = level.tiles[tile].inverse;
        for (int i = 0; i < 2 * PLANE; ++i)
            for (int lane = 0; lane < LANES; ++lane) {
                cells += level.own(level.exists, slot)[i][lane] > 0;
                held += slot != 1 && level.own(level.inverse, slot)[i][lane] > 0;
            }
    }
    return side <= 2 || 4 * held >= cells;
}

// Two cycles mostly suffice, a third is as short. What still grows then needs more and more sweeps.
inline int sweeps_of(int cycle) { return cycle < 3 ? SWEEPS : std::min(2 * cycle, 16); }

// The error after a cycle that changed so much, by how much the changes shrink.
inline double error_left(double change, double before) {
    if (!(change > 0)) return 0;
    double ratio = std::min(std::max(change / before, 0.2), 0.99);
    return change * ratio / (1 - ratio);
}

// Solves the problem that levels[0] holds: kinds, tiles, exists, inverse (number of links to given
// values) and load (their sums). Values end on all levels, deep tiles included.
inline void solve(std::vector<Level>& levels, float tolerance, Arena& arena) {
    while (!is_bottom(levels.back())) {
        Level next = coarsened(levels.back(), arena);
        levels.push_back(std::move(next));
    }
    for (size_t i = 0; i < levels.size(); ++i) finish_level(levels[i], int(i));
    Level& bottom = levels.back();
    std::fill_n(bottom.value, size_t(bottom.deep) * bottom.channels * 2 * PLANE, all(0));
    cycle(levels, levels.size() - 1, SWEEPS);
    for (size_t i = levels.size() - 1; i-- > 1;) {
        start_from(levels[i], levels[i + 1]);
        cycle(levels, i, 1);  // more of it does not help the start
    }
    if (levels.size() > 1) start_from(levels[0], levels[1]);
    double before = 0;
    // In narrow boxes the sweeps do most of the work, which the changes do not tell.
    int least = std::min(levels[0].height, levels[0].width) < ROWS ? NARROW_CYCLES : 1;
    for (int i = 0; i < MOST_CYCLES; ++i) {
        double change = cycle(levels, 0, sweeps_of(i));
        double left = error_left(change, i ? before : 2 * change);
        if (i + 1 >= least && !(left > tolerance)) break;
        before = change;
    }
    for (size_t i = levels.size() - 1; i-- > 1;)
        interpolate_values(levels[i], levels[i + 1], levels[i].halo, levels[i].deep);
}

}  // namespace multigrid
