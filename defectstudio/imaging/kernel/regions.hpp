// Which pixels are blended and which are solved for: depths and ramps.
#pragma once
#include <algorithm>
#include <cmath>

#include "bits.hpp"

namespace regions {

constexpr float THIN = 0.6f;

// How far the ramp can feel a part's width (ramps.py).
inline int reach_of(int ramp) { return int(ramp / 0.6); }

// 1 - alpha of eq. (8) by pixel, in tiles that have any: 0 elsewhere.
struct Shares {
    int columns;
    std::vector<int> tile;
    std::vector<float> values;
    Shares(int height, int width)
        : columns((width + 15) / 16), tile(size_t((height + 7) / 8) * columns, -1) {}
    void set(int y, int x, float value) { sixteen(y, x >> 4)[x & 15] = value; }
    // Row y of a tile, for writing.
    float* sixteen(int y, int column) {
        int& slot = tile[size_t(y >> 3) * columns + column];
        if (slot < 0) {
            slot = int(values.size() / 128);
            values.resize(values.size() + 128, 0.0f);
        }
        return &values[size_t(slot) * 128 + (y & 7) * 16];
    }
    const float* of_tile(int row, int column) const {
        int slot = tile[size_t(row) * columns + column];
        return slot < 0 ? nullptr : values.data() + size_t(slot) * 128;
    }
    float at(int y, int x) const {
        const float* found = of_tile(y >> 3, x >> 4);
        return found ? found[(y & 7) * 16 + (x & 15)] : 0.0f;
    }
};

constexpr int WHOLE = 32;  // cells that passes over a row take at once

// Passes over rows of squared distances, in bytes where they suffice. Instances with the ISA's own
// vectors are made below: a template itself cannot be compiled for several.
namespace row {
// Distances within a column to the nearest pixel outside the mask, at most `cap`.
template <class T>
INLINE void down(const uint8_t* mask, const T* above, T* out, int n, T cap) {
    for (int x = 0; x < n; ++x) {
        T next = above[x] < cap ? T(above[x] + 1) : cap;
        out[x] = mask[x] ? next : T(0);
    }
}
template <class T>
INLINE void up(const T* below, T* out, int n) {
    for (int x = 0; x < n; ++x) {
        T next = T(below[x] + 1);
        out[x] = next < out[x] ? next : out[x];
    }
}
// Squared distances from the squares of those within the columns, `cap` cells are left and right.
template <class T>
INLINE void nearest(const T* RESTRICT column, T* RESTRICT out, int n, int cap) {
    n = n / WHOLE * WHOLE;
    for (int x = 0; x < n; ++x) out[x] = column[x];
    for (int d = 1; d < cap; ++d) {
        T add = T(d * d);
        for (int x = 0; x < n; ++x) {
            T far = column[x - d] < column[x + d] ? column[x - d] : column[x + d];
            far = T(far + add);
            out[x] = far < out[x] ? far : out[x];
        }
    }
}
template <class T>
INLINE void square(T* values, int n) {
    for (int x = 0; x < n; ++x) values[x] = T(values[x] * values[x]);
}
template <class T>
INLINE void take_deeper(const T* RESTRICT square, T* RESTRICT half, int n, T than) {
    n = n / WHOLE * WHOLE;
    for (int x = 0; x < n; ++x) {
        T deep = square[x] > than ? square[x] : T(0);
        half[x] = deep > half[x] ? deep : half[x];
    }
}
// A pixel reaches itself, and none is thinner than a line.
template <class T>
INLINE void take_own(const T* square, T* half, int n) {
    for (int x = 0; x < n; ++x) {
        T own = square[x] > 1 ? square[x] : T(1);
        half[x] = own > half[x] ? own : half[x];
    }
}
// One step of a dilation of rows by a cross or a square of 3x3 pixels; `tall` is a row's scratch.
template <class T>
INLINE void dilate(const T* RESTRICT half, T* RESTRICT out, T* RESTRICT tall, int rows, int n,
                   int stride, bool cross) {
    auto larger = [](T a, T b) { return a > b ? a : b; };
    n = n / WHOLE * WHOLE;
    for (; rows-- > 0; half += stride, out += stride) {
        if (cross) {
            for (int x = 0; x < n; ++x) {
                T beside = larger(half[x - 1], half[x + 1]);
                T vertical = larger(half[x - stride], half[x + stride]);
                out[x] = larger(larger(beside, vertical), half[x]);
            }
            continue;
        }
        for (int x = 0; x < n + WHOLE; ++x) {
            const T* here = half + x - 1;
            tall[x] = larger(larger(here[-stride], here[stride]), here[0]);
        }
        for (int x = 0; x < n; ++x) out[x] = larger(larger(tall[x], tall[x + 1]), tall[x + 2]);
    }
}
}  // namespace row

#define ROWS_OF(T)                                                                               \
    HOT inline void down(const uint8_t* mask, const T* above, T* out, int n, T cap) {            \
        row::down(mask, above, out, n, cap);                                                     \
    }                                                                                            \
    HOT inline void up(const T* below, T* out, int n) { row::up(below, out, n); }                \
    HOT inline void nearest(const T* column, T* out, int n, int cap) {                           \
        row::nearest(column, out, n, cap);                                                       \
    }                                                                                            \
    HOT inline void take_deeper(const T* square, T* half, int n, T than) {                       \
        row::take_deeper(square, half, n, than);                                                 \
    }                                                                                            \
    HOT inline void take_own(const T* square, T* half, int n) { row::take_own(square, half, n); } \
    HOT inline void square(T* values, int n) { row::square(values, n); }                         \
    HOT inline void dilate(const T* half, T* out, T* tall, int rows, int n, int stride,          \
                           bool cross) {                                                         \
        row::dilate(half, out, tall, rows, n, stride, cross);                                    \
    }
ROWS_OF(uint8_t)
ROWS_OF(uint16_t)

// The depth beyond which all is alike.
inline int cap_of(int ramp, int retention) { return std::max(reach_of(ramp), retention) + 1; }
inline int round_up(int n) { return (n + WHOLE - 1) / WHOLE * WHOLE; }
// Whether squared distances up to there, and their sums, fit into a byte.
inline bool fits_byte(int cap) { return cap * cap + (cap - 1) * (cap - 1) < 256; }

// Depths and ramps of one block of pixels, as in ramps.py, on squared distances up to `cap`.
template <class T>
class Block {
public:
    Block(const uint8_t* bytes, ptrdiff_t bytes_stride, const Bits& mask, Sides open,
          int ramp, int retention)
        : bytes(bytes), bytes_stride(bytes_stride), mask(mask), open(open), ramp(ramp), retention(retention),
          reach(reach_of(ramp)), cap(cap_of(ramp, retention)), margin(reach + cap) {
        for (int square = 0; square <= cap * cap; ++square) {
            depths.push_back(std::sqrt(float(square)));
            ramps.push_back(std::min(float(ramp), THIN * depths.back()));
        }
    }

    // Fills `closed` (deeper than the retention) and `shares` for pixels [top, +64) x [left, +64).
    void run(int top, int left, Bits& closed, Shares& shares) {
        int bottom = std::min(top + TALL, mask.height);
        uint64_t any = 0;
        for (int y = top; y < bottom; ++y) any |= mask.row(y)[left >> 6];
        if (!any) return;
        if (whole(top - margin, left - margin)) {
            for (int y = top; y < bottom; ++y) closed.row(y)[left >> 6] = mask.row(y)[left >> 6];
            return;
        }
        load(top - margin, left - margin);
        squares(top - margin, left - margin);
        half_widths();
        for (int y = top; y < bottom; ++y) {
            const T* depth = &square[size_t(y - top + margin) * stride + margin];
            const T* thick = &half[size_t(y - top + margin) * stride + margin];
            uint64_t deep = 0, ramped = 0;
            const T kept = T(retention * retention), end = T(std::min(ramp * ramp, cap * cap));
            for (int i = 0; i < SIDE; ++i) flags[i] = depth[i] > kept;
            for (int i = 0; i < SIDE; i += 8) deep |= eight_bits(&flags[i]) << i;
            for (int i = 0; i < SIDE; ++i) flags[i] = depth[i] < end;
            for (int i = 0; i < SIDE; i += 8) ramped |= eight_bits(&flags[i]) << i;
            deep &= mask.row(y)[left >> 6];
            for (ramped &= mask.row(y)[left >> 6]; ramped; ramped &= ramped - 1) {
                int i = lowest(ramped);
                float value = share(depth[i], thick[i]);
                if (value > 0) shares.set(y, left + i, value);
            }
            closed.row(y)[left >> 6] = deep;
        }
    }

    static constexpr int SIDE = 64, TALL = 64;

private:
    const uint8_t* bytes;
    ptrdiff_t bytes_stride;
    const Bits& mask;
    Sides open;
    int ramp, retention, reach, cap, margin;
    int width = SIDE + 2 * margin, height = TALL + 2 * margin;
    // Passes run over whole vectors: `span` cells from column `cap` on, in rows of `stride`.
    int span = round_up(SIDE + 2 * reach), stride = round_up(span + 2 * cap);
    std::vector<T> column, square, half, spread, tall = std::vector<T>(span + WHOLE);
    std::vector<uint8_t> line;
    uint8_t flags[SIDE];

    // Square roots, and lengths of the ramp, by squares.
    std::vector<float> depths, ramps;

    float share(T square, T half) const {
        float alpha = depths[square] / ramps[half];
        return 1.0f - std::min(alpha, 1.0f);
    }
    // Whether no pixel outside the mask is near: a border of the image is no rim.
    bool whole(int top, int left) const {
        int bottom = top + height, right = left + width;
        if ((top < 0 && open.top) || (bottom > mask.height && open.bottom) ||
            (left < 0 && open.left) || (right > mask.width && open.right))
            return false;
        left = std::max(left, 0), right = std::min(right, mask.width);
        for (int y = std::max(top, 0); y < std::min(bottom, mask.height); ++y)
            for (int i = left >> 6; i <= (right - 1) >> 6; ++i) {
                uint64_t wanted = ~0ull;
                if (i == left >> 6) wanted &= ~0ull << (left & 63);
                if (i == (right - 1) >> 6) wanted &= ~0ull >> (63 - ((right - 1) & 63));
                if (wanted & ~mask.row(y)[i]) return false;
            }
        return true;
    }
    // The window's columns: distances to the nearest pixel outside.
    void load(int top, int left) {
        for (auto* plane : {&column, &square, &half, &spread})
            plane->resize(size_t(height) * stride);
        std::vector<T> before(stride, T(cap));
        for (int y = 0; y < height; ++y) {
            fill_line(top + y, left);
            T* row = &column[size_t(y) * stride];
            down(line.data(), y ? row - stride : before.data(), row, stride, T(cap));
        }
        for (int y = height - 1; y-- > 0;)
            up(&column[size_t(y + 1) * stride], &column[size_t(y) * stride], stride);
        regions::square(column.data(), height * stride);
    }
    // One row of the window: 1 inside the mask or beyond a border of the image.
    void fill_line(int y, int left) {
        bool over = y < 0 || y >= mask.height;
        bool beyond = (y < 0 && !open.top) || (y >= mask.height && !open.bottom);
        line.assign(stride, beyond);
        if (beyond) return;
        int from = std::max(left, 0), to = std::min(left + width, mask.width);
        if (!over && from < to) memcpy(&line[from - left], bytes + y * bytes_stride + from, to - from);
        if (left < 0 && !open.left) std::fill_n(line.begin(), std::min(-left, width), uint8_t(1));
        int past = std::max(mask.width - left, 0);
        if (past < width && !open.right) std::fill(line.begin() + past, line.end(), uint8_t(1));
    }
    void squares(int top, int left);
    void half_widths();
};

template <class T>
void Block<T>::squares(int top, int left) {
    // Beyond the image there is nothing to reach from.
    int from = std::max(-left, 0), to = std::max(std::min(mask.width - left, width), from);
    for (int y = cap; y < height - cap; ++y) {
        T* row = &square[size_t(y) * stride];
        bool within = top + y >= 0 && top + y < mask.height;
        if (within) nearest(&column[size_t(y) * stride + cap], row + cap, span, cap);
        std::fill(row, row + (within ? from : stride), T(0));
        std::fill(row + to, row + stride, T(0));
    }
}

// The greatest depth whose ball reaches a pixel, by Horner's scheme (ramps.py).
template <class T>
void Block<T>::half_widths() {
    std::fill(half.begin(), half.end(), T(0));
    std::fill(spread.begin(), spread.end(), T(0));
    int first = cap, last = height - cap;
    for (int j = reach; j > 0; --j) {
        size_t begin = size_t(first) * stride;
        take_deeper(&square[begin], &half[begin], (last - first) * stride, T(j * j));
        ++first, --last;
        size_t at = size_t(first) * stride + cap;
        dilate(&half[at], &spread[at], tall.data(), last - first, span, stride, j & 1);
        half.swap(spread);
    }
    size_t begin = size_t(first) * stride;
    take_own(&square[begin], &half[begin], (last - first) * stride);
}

}  // namespace regions
