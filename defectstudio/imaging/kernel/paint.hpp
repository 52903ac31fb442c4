// Paints with a round brush, and keeps smaller copies of a plane up to date: app/brush.py and
// app/label_plane.py have the same in NumPy, operation by operation, so that both give the same.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace paint {

constexpr int CHUNK = 512;  // cells

// A part of a plane: its first pixel is at `top`, `left`.
struct View {
    uint8_t* pixels;
    int64_t stride, top, left, height, width;
};

// From a place to another; `touching`: from there to where the edge touches the circle, in rows.
struct Sweep {
    double row, column, down, across, touching, radius;
};

// The furthest that a row is reached to a side (-1 or 1), counted from the left to that side.
inline int64_t end(const Sweep& sweep, const View& view, double row, double side) {
    double share = side * sweep.across > 0;
    if (std::fabs(sweep.down) > 1e-9)
        share = std::min(std::max((row + side * sweep.touching) / sweep.down, 0.0), 1.0);
    double apart = row - share * sweep.down;
    double inside = sweep.radius * sweep.radius - apart * apart;
    double half = inside < 0 ? -1e9 : std::sqrt(inside);
    double reached = side * (share * sweep.across + (sweep.column - double(view.left))) + half;
    return int64_t(std::floor(reached + 0.5));
}

// Where a source is given, its pixels are taken in place of `value`.
inline void sweep(const View& view, const Sweep& sweep, const uint8_t* source,
                  int64_t source_stride, uint8_t value) {
    for (int64_t y = 0; y < view.height; ++y) {
        double row = double(view.top + y) + (0.5 - sweep.row);
        int64_t start = std::max<int64_t>(-end(sweep, view, row, -1), 0);
        int64_t stop = std::min(end(sweep, view, row, 1), view.width);
        if (start >= stop) continue;
        uint8_t* to = view.pixels + y * view.stride + start;
        if (source)
            std::memcpy(to, source + y * source_stride + start, size_t(stop - start));
        else
            std::memset(to, value, size_t(stop - start));
    }
}

struct Level {
    uint8_t* cells;
    int64_t height, width;
};

// Max over 2 x 2 cells of `fine` where `from` to `to` of a row of `coarse` are; whether one changed.
// What stays is not written to: memory that nothing is written to takes no room.
inline bool pool(const Level& fine, const Level& coarse, int64_t row, int64_t from, int64_t to) {
    const uint8_t* upper = fine.cells + 2 * row * fine.width;
    const uint8_t* lower = 2 * row + 1 < fine.height ? upper + fine.width : upper;
    uint8_t* cells = coarse.cells + row * coarse.width;
    bool changed = false;
    for (int64_t x = from; x < to; x += CHUNK) {
        int count = int(std::min<int64_t>(CHUNK, to - x));
        int width = int(std::min<int64_t>(2 * count, fine.width - 2 * x));
        uint8_t both[2 * CHUNK], made[CHUNK];
        for (int i = 0; i < width; ++i) both[i] = std::max(upper[2 * x + i], lower[2 * x + i]);
        if (width < 2 * count) both[width] = both[width - 1];
        for (int i = 0; i < count; ++i) made[i] = std::max(both[2 * i], both[2 * i + 1]);
        if (std::memcmp(cells + x, made, size_t(count))) {
            std::memcpy(cells + x, made, size_t(count));
            changed = true;
        }
    }
    return changed;
}

// A level in which nothing changed is the last one looked at.
inline void refresh(const Level* levels, int64_t count, int64_t top, int64_t left, int64_t bottom,
                    int64_t right) {
    for (int64_t level = 1; level < count; ++level) {
        top /= 2, left /= 2, bottom = (bottom + 1) / 2, right = (right + 1) / 2;
        bool changed = false;
        for (int64_t row = top; row < bottom; ++row)
            changed |= pool(levels[level - 1], levels[level], row, left, right);
        if (!changed) return;
    }
}

}  // namespace paint
