// Planes of bits, and which pixels of a mask lie inside it.
#pragma once
#include <cstddef>
#include <vector>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

#include "vec.hpp"

namespace regions {

// The sides of the box beyond which the background goes on: 1 open, 0 the image's border.
struct Sides {
    bool top, bottom, left, right;
};

// A plane of bits (height, width), with a word of margin on each side and two rows above and below.
struct Bits {
    int height, width, words;
    std::vector<uint64_t> rows;
    Bits(int height, int width)
        : height(height), width(width), words(width / 64 + 3),
          rows(size_t(height + 4) * words, 0) {}
    uint64_t* row(int y) { return rows.data() + size_t(y + 2) * words + 1; }
    const uint64_t* row(int y) const { return rows.data() + size_t(y + 2) * words + 1; }
    // Also up to two pixels outside, where nothing is set.
    bool at(int y, int x) const { return row(y)[x >> 6] >> (x & 63) & 1; }
    uint32_t sixteen(int y, int column) const {
        return y < height ? row(y)[column >> 2] >> (16 * (column & 3)) & 0xffff : 0;
    }
};

// The number of the lowest bit that is set.
inline int lowest(uint64_t bits) {
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    unsigned long found;
    _BitScanForward64(&found, bits);
    return int(found);
#endif
}

// Eight bytes of 0 and 1 as bits.
inline uint64_t eight_bits(const uint8_t* bytes) {
    uint64_t eight;
    memcpy(&eight, bytes, 8);
    return eight * 0x0102040810204080ull >> 56;
}

inline Bits pack(const uint8_t* mask, ptrdiff_t stride, int height, int width) {
    Bits bits(height, width);
    for (int y = 0; y < height; ++y) {
        const uint8_t* line = mask + y * stride;
        uint64_t* row = bits.row(y);
        int x = 0;
        for (; x + 8 <= width; x += 8) {
            uint64_t eight;
            memcpy(&eight, line + x, 8);
            if (!eight) continue;
            // 1 for every byte that is not 0, then those eight side by side.
            constexpr uint64_t low = 0x7f7f7f7f7f7f7f7full, ones = 0x0101010101010101ull;
            eight = (((eight & low) + low) | eight) >> 7 & ones;
            row[x >> 6] |= (eight * 0x0102040810204080ull >> 56) << (x & 63);
        }
        for (; x < width; ++x) row[x >> 6] |= uint64_t(line[x] != 0) << (x & 63);
    }
    return bits;
}

// Pixels whose four neighbours are set too; those beyond the box count as `sides` says.
inline Bits inner(const Bits& bits, Sides as_set) {
    Bits result(bits.height, bits.width);
    int last = (bits.width - 1) >> 6;
    for (int y = 0; y < bits.height; ++y) {
        const uint64_t *row = bits.row(y), *up = bits.row(y - 1), *down = bits.row(y + 1);
        uint64_t* out = result.row(y);
        bool above = y == 0 && as_set.top, below = y + 1 == bits.height && as_set.bottom;
        for (int i = 0; i <= last; ++i) {
            if (!row[i]) continue;
            uint64_t left = row[i] << 1 | row[i - 1] >> 63, right = row[i] >> 1 | row[i + 1] << 63;
            if (i == 0 && as_set.left) left |= 1;
            if (i == last && as_set.right) right |= uint64_t(1) << ((bits.width - 1) & 63);
            out[i] = row[i] & left & right & (above ? ~0ull : up[i]) & (below ? ~0ull : down[i]);
        }
    }
    return result;
}

// One step of a dilation by a cross or a square of 3x3 pixels. Words of a row go on in those of the
// next one: the margin between them is wider than any reach.
template <bool cross>
INLINE void grow(const uint64_t* RESTRICT from, uint64_t* RESTRICT to, size_t count, int words) {
    auto beside = [](const uint64_t* row) {
        return row[0] << 1 | row[-1] >> 63 | row[0] >> 1 | row[1] << 63;
    };
    for (size_t i = 0; i < count; ++i) {
        const uint64_t *here = from + i, *up = here - words, *down = here + words;
        uint64_t any = here[0] | up[0] | down[0] | beside(here);
        to[i] = cross ? any : any | beside(up) | beside(down);
    }
}
HOT inline void grow(const uint64_t* from, uint64_t* to, size_t count, int words, bool cross) {
    cross ? grow<true>(from, to, count, words) : grow<false>(from, to, count, words);
}

}  // namespace regions
