// Depths and ramps where the mask is wide, many pixels at once: regions.hpp does the rest.
#pragma once
#include "regions.hpp"

namespace regions {

// Pixels where the ramp surely has its whole length: a disc reaches them that lies in the mask
// and is wide enough, rounded up to an octagon. Beyond the image nothing is of the mask.
inline Bits wide(const Bits& mask, int ramp) {
    int reach = reach_of(ramp), squares = int(std::sqrt(2.0) * ramp / THIN) - reach;
    size_t count = size_t(mask.height) * mask.words - 2;
    Bits bits = mask;
    auto flip = [&] { for (uint64_t& word : bits.rows) word = ~word; };
    flip();
    Bits next = bits;
    auto step = [&](bool cross) {
        grow(bits.row(0), next.row(0), count, mask.words, cross);
        bits.rows.swap(next.rows);
    };
    for (int i = 0; i < reach; ++i) step(i >= squares);
    flip();
    std::fill(next.rows.begin(), next.rows.end(), 0);
    for (int j = reach; j > 0; --j) step(j & 1);
    return bits;
}

// Depths and ramps of words whose ramps have their whole length: the pixels of a depth are those
// that find the mask's outside so many steps away, and did not find it nearer.
class Rims {
public:
    static constexpr int LONGEST = 8;  // ramp; of longer ones there are too many steps to try

    Rims(const Bits& mask, Sides open, int ramp, int retention)
        : mask(mask), reach(std::max(ramp, retention)), words(mask.words),
          outside(size_t(mask.height + 2 * reach) * words) {
        for (int y = -reach; y < mask.height + reach; ++y) fill(y, open);
        for (int square = 1; square < std::max(ramp * ramp, retention * retention + 1); ++square) {
            size_t first = steps.size();
            for (int down = 0; down <= reach; ++down)
                for (int right = 0; right <= reach; ++right)
                    if (down * down + right * right == square) steps.push_back({down, right});
            if (steps.size() == first) continue;
            float alpha = std::sqrt(float(square)) / float(ramp);
            depths.push_back({1.0f - std::min(alpha, 1.0f), square <= retention * retention,
                              steps.size()});
        }
    }

    // Sets `closed` (deeper than the retention) and `shares` of the 64 pixels of a word.
    HOT void run(int y, int word, Bits& closed, Shares& shares) const {
        uint64_t left = mask.row(y)[word], kept = left;
        Words rows[MOST_ROWS];
        if (left && gather(row(y) + word, rows)) {
            size_t step = 0;
            for (const Depth& depth : depths) {
                uint64_t found = 0;
                for (; step < depth.end; ++step) found |= rows[steps[step].down].moved(steps[step].right);
                if (depth.share > 0)
                    for (uint64_t hit = left & found; hit;) {
                        int group = lowest(hit) >> 4;
                        put(shares.sixteen(y, 4 * word + group), hit >> 16 * group, depth.share);
                        hit &= ~(0xffffull << 16 * group);
                    }
                left &= ~found;
                if (depth.open) kept = left;
                if (!left) break;
            }
        }
        closed.row(y)[word] = kept;
    }

private:
    static INLINE void put(float* to, uint64_t bits, float value) {
        keep(to, chosen(uint32_t(bits), all(value), load(to)));
        keep(to + 8, chosen(uint32_t(bits) >> 8, all(value), load(to + 8)));
    }

    struct Step { int down, right; };                      // rows and bits, to either side
    struct Depth { float share; bool open; size_t end; };  // open: not deeper than the retention

    const Bits& mask;
    int reach, words;
    std::vector<uint64_t> outside;
    std::vector<Step> steps;
    std::vector<Depth> depths;

    const uint64_t* row(int y) const { return outside.data() + size_t(y + reach) * words + 1; }

    // One row of the outside: a border of the image is no rim.
    void fill(int y, Sides open) {
        uint64_t* line = outside.data() + size_t(y + reach) * words + 1;
        if ((y < 0 && !open.top) || (y >= mask.height && !open.bottom)) return;
        bool beyond = y < 0 || y >= mask.height;
        int last = (mask.width - 1) >> 6;
        for (int i = 0; i <= last; ++i) line[i] = beyond ? ~0ull : ~mask.row(y)[i];
        uint64_t past = (mask.width & 63) ? ~0ull << (mask.width & 63) : 0;
        line[last] = open.right ? line[last] | past : line[last] & ~past;
        line[-1] = open.left ? ~0ull : 0;
        line[last + 1] = open.right ? ~0ull : 0;
    }
    // A word, and those beside it, of the rows so far above and below.
    struct Words {
        uint64_t before, here, after;
        uint64_t moved(int right) const {
            if (!right) return here;
            return here >> right | after << (64 - right) | here << right | before >> (64 - right);
        }
    };
    static constexpr int MOST_ROWS = LONGEST + 1;
    // Whether anything of the outside is within reach of a word.
    bool gather(const uint64_t* here, Words* rows) const {
        uint64_t any = 0;
        for (int down = 0; down <= reach; ++down) {
            const uint64_t *above = here - down * words, *below = here + down * words;
            rows[down] = {above[-1] | below[-1], above[0] | below[0], above[1] | below[1]};
            any |= rows[down].here | rows[down].before >> (64 - reach) |
                   rows[down].after << (64 - reach);
        }
        return any;
    }
};

}  // namespace regions
