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

    // Sets `closed` (deeper than the retention) and `shares` of the 64 pixels of a word, at the
    // latest when all are finished.
    void run(int y, int word, Bits& closed, Shares& shares) {
        uint64_t inside = mask.row(y)[word];
        closed.row(y)[word] = inside;
        if (!inside || !gather(row(y) + word)) return;
        taken[count++] = {y, word};
        if (count == TOGETHER) finish(closed, shares);
    }
    HOT void finish(Bits& closed, Shares& shares) {
        uint64_t left[TOGETHER] = {}, kept[TOGETHER];
        for (int i = 0; i < count; ++i) left[i] = mask.row(taken[i].y)[taken[i].word];
        for (int i = 0; i < TOGETHER; ++i) kept[i] = left[i];
        size_t step = 0;
        for (const Depth& depth : depths) {
            uint64_t found[TOGETHER] = {}, all = 0;
            for (; step < depth.end; ++step) rows[steps[step].down].add(steps[step].right, found);
            if (depth.share > 0)
                for (int i = 0; i < count; ++i) put(taken[i], left[i] & found[i], depth.share, shares);
            for (int i = 0; i < TOGETHER; ++i) {
                left[i] &= ~found[i];
                if (depth.open) kept[i] = left[i];
                all |= left[i];
            }
            if (!all) break;
        }
        for (int i = 0; i < count; ++i) closed.row(taken[i].y)[taken[i].word] = kept[i];
        count = 0;
    }

private:
    static constexpr int TOGETHER = 4;  // words in a vector's lanes
    struct Taken { int y, word; };
    static INLINE void put(Taken at, uint64_t hit, float value, Shares& shares) {
        while (hit) {
            int group = lowest(hit) >> 4;
            float* to = shares.sixteen(at.y, 4 * at.word + group);
            uint32_t bits = uint32_t(hit >> 16 * group) & 0xffff;
            keep(to, chosen(bits, all(value), load(to)));
            keep(to + 8, chosen(bits >> 8, all(value), load(to + 8)));
            hit &= ~(0xffffull << 16 * group);
        }
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
    // The words that were taken, and those beside them, of the rows so far above and below.
    struct Words {
        uint64_t before[TOGETHER], here[TOGETHER], after[TOGETHER];
        // Adds what lies so far to either side.
        INLINE void add(int right, uint64_t* found) const {
            for (int i = 0; i < TOGETHER; ++i)
                found[i] |= !right ? here[i]
                                   : here[i] >> right | after[i] << (64 - right) | here[i] << right |
                                         before[i] >> (64 - right);
        }
    };
    Words rows[LONGEST + 1] = {};
    Taken taken[TOGETHER];
    int count = 0;

    // Takes a word's surroundings; whether anything of the outside is within its reach.
    bool gather(const uint64_t* here) {
        uint64_t any = 0;
        for (int down = 0; down <= reach; ++down) {
            const uint64_t *above = here - down * words, *below = here + down * words;
            uint64_t before = above[-1] | below[-1], own = above[0] | below[0];
            uint64_t after = above[1] | below[1];
            any |= own | before >> (64 - reach) | after << (64 - reach);
            rows[down].before[count] = before;
            rows[down].here[count] = own;
            rows[down].after[count] = after;
        }
        return any;
    }
};

}  // namespace regions
