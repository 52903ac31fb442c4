// Blends contents into backgrounds (blending.py has the readings, fallback.py the same in NumPy),
// and paints (paint.hpp).
//
// One call blends many jobs on a few threads of its own. Every float operation is rounded to 32
// bits one by one (no contraction, no reassociation), so that all machines give the same bits.
#include <atomic>
#include <thread>

#include "multigrid.hpp"
#include "paint.hpp"
#include "pixels.hpp"
#include "rims.hpp"

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace {

constexpr int MOST_CHANNELS = 4;
constexpr size_t RING = 512;  // pixels whose values are fetched while others are found

using multigrid::Level;
using pixels::line;
using regions::Bits;
using regions::Shares;
using regions::Sides;

enum Mode : int32_t { ALPHA, POISSON, IMPROVED };
enum Type : int32_t { UINT8, UINT16, FLOAT32 };

}  // namespace

// One blend. Pixels of a row are contiguous; strides are bytes from row to row. `out` holds the
// background already; background and content start at the mask's box.
struct Job {
    const void *background, *content;
    const uint8_t* mask;
    void* out;
    int64_t background_stride, content_stride, mask_stride, out_stride;
    int32_t height, width, channels, type, content_type;
    int32_t mode, ramp, retention;
    int32_t sides[4];  // open ones: top, bottom, left, right
    float scale;      // of the content, to the background's grey levels
    float highest;    // of the background's type; 0 for floats, which are not clipped
    float tolerance;  // of the estimated error, in grey levels
    float* offset;    // (height, width, channels) for the membrane alone, or null
    int32_t bad;      // set where the content holds what is no number
};

namespace {

// e = (1 - alpha)(I_n - I_d) given on the boundary of Omega, solved for inside (BLENDING).
template <class B, class C>
class Blend {
public:
    Blend(Job& job, Arena& arena)
        : job(job), arena(arena), open{job.sides[0] != 0, job.sides[1] != 0, job.sides[2] != 0, job.sides[3] != 0},
          mask(regions::pack(job.mask, job.mask_stride, job.height, job.width)),
          omega(job.height, job.width), shares(job.height, job.width) {}

    void run() {
        if (job.mode == IMPROVED) retain();
        if (job.mode == POISSON) omega = mask;
        if (job.mode != ALPHA) prepare();
        if (solvable) multigrid::solve(levels, job.tolerance, arena);
        for (int row = 0; row < (job.height + 7) / 8; ++row) compose(row);
    }

private:
    struct Pixel { int y, x; };

    Job& job;
    Arena& arena;
    Sides open;
    Bits mask, omega;
    Shares shares;
    std::vector<Level> levels;
    std::vector<Pixel> ring;  // pixels beside Omega, to be pulled
    bool solvable = false;

    const B* behind(int y, int x) const {
        return line<B>(job.background, job.background_stride, y) + size_t(x) * job.channels;
    }
    const C* content(int y, int x) const {
        return line<C>(job.content, job.content_stride, y) + size_t(x) * job.channels;
    }
    // Adds factor * (I_n - I_d) of a pixel to `sum`.
    INLINE void add_gap(int y, int x, float factor, float* sum) const {
        const B* b = behind(y, x);
        const C* c = content(y, x);
        for (int i = 0; i < job.channels; ++i)
            sum[i] += factor * (float(b[i]) - float(c[i]) * job.scale);
    }

    // Omega of the improved mode: what is deeper than the retention, without its own rim.
    void retain() {
        if (regions::fits_byte(regions::cap_of(job.ramp, job.retention)))
            retain<uint8_t>();
        else
            retain<uint16_t>();
    }
    template <class T>
    void retain() {
        using Block = regions::Block<T>;
        Bits closed(job.height, job.width);
        Block block(job.mask, job.mask_stride, mask, open, job.ramp, job.retention);
        // Of longer ramps nothing is sure: every block takes the long way.
        bool quick = std::max(job.ramp, job.retention) <= regions::Rims::LONGEST;
        Bits sure = quick ? regions::wide(mask, job.ramp) : closed;
        regions::Rims rims(mask, open, quick ? job.ramp : 1, job.retention);
        for (int top = 0; top < job.height; top += Block::TALL)
            for (int left = 0; left < job.width; left += Block::SIDE) {
                int bottom = std::min(top + Block::TALL, job.height), word = left >> 6;
                uint64_t narrow = 0;
                for (int y = top; y < bottom; ++y) narrow |= mask.row(y)[word] & ~sure.row(y)[word];
                if (narrow)
                    block.run(top, left, closed, shares);
                else
                    for (int y = top; y < bottom; ++y) rims.run(y, word, closed, shares);
            }
        rims.finish(closed, shares);
        omega = regions::inner(closed, {!open.top, !open.bottom, !open.left, !open.right});
    }

    // Level 0 of the solver: kinds from the bits, then links and loads of the boundary's pixels.
    void prepare() {
        Level level = multigrid::empty_level(job.height, job.width, job.channels);
        Bits deep = regions::inner(omega, {});
        for (int row = 0; row < level.rows; ++row)
            for (int column = 0; column < level.columns; ++column) {
                uint32_t any = 0, every = 0xffff;
                for (int y = 8 * row; y < 8 * row + 8; ++y)
                    any |= omega.sixteen(y, column), every &= deep.sixteen(y, column);
                level.kind[level.at(row, column)] =
                    every == 0xffff ? multigrid::FULL : any ? multigrid::PARTIAL : multigrid::VOID;
            }
        level.finest = true;
        multigrid::number_tiles(level, arena);
        for (int tile = 1; tile < level.active; ++tile) fill(level, tile);
        for (int y = -1; y <= job.height; ++y) find_ring(level, y);
        pull_ring(level);
        levels.push_back(std::move(level));
    }

    void fill(Level& level, int tile) {
        const multigrid::Place& place = level.tiles[tile];
        if (place.inverse == 1) return;
        float* exists = (float*)level.own(level.exists, place.inverse);
        for (int r = 0; r < 8; ++r) {
            uint32_t bits = omega.sixteen(8 * place.row + r, place.column);
            for (int c = 0; c < 16; ++c)
                exists[((r + c) & 1) * 64 + r * 8 + (c >> 1)] = float(bits >> c & 1);
        }
    }

    // The pixels of row y beside Omega, inside the image; pulls them when there are many.
    void find_ring(Level& level, int y) {
        if ((y < 0 && !open.top) || (y == job.height && !open.bottom)) return;
        const uint64_t *row = omega.row(y), *up = omega.row(y - 1), *down = omega.row(y + 1);
        for (int i = -1; i <= job.width >> 6; ++i) {
            uint64_t left = row[i] << 1 | (i >= 0 ? row[i - 1] >> 63 : 0);
            uint64_t right = row[i] >> 1 | row[i + 1] << 63;
            uint64_t beside = (up[i] | down[i] | left | right) & ~row[i];
            for (; beside; beside &= beside - 1) {
                int x = 64 * i + regions::lowest(beside);
                if ((x < 0 && !open.left) || (x >= job.width && !open.right)) continue;
                PREFETCH(behind(y, x));
                if (y >= 0 && y < job.height && x >= 0 && x < job.width) PREFETCH(content(y, x));
                ring.push_back({y, x});
            }
        }
        if (ring.size() >= RING) pull_ring(level);
    }
    void pull_ring(Level& level) {
        for (const Pixel& each : ring) pull(level, each.y, each.x);
        ring.clear();
    }
    // The Dirichlet value there, into the loads of its neighbours in Omega.
    void pull(Level& level, int y, int x) {
        const int beside[4][2] = {{y - 1, x}, {y, x - 1}, {y, x + 1}, {y + 1, x}};
        float values[MOST_CHANNELS] = {};
        int inside[4], count = 0;
        for (int i = 0; i < 4; ++i)
            if (omega.at(beside[i][0], beside[i][1])) inside[count++] = i;
        if (job.mode == IMPROVED) {
            add_gap(y, x, shares.at(y, x), values);
        } else {
            for (int i = 0; i < count; ++i)
                add_gap(beside[inside[i]][0], beside[inside[i]][1], 1.0f, values);
            for (int c = 0; c < job.channels; ++c) values[c] /= float(count);
        }
        for (int c = 0; c < job.channels; ++c) solvable |= values[c] != 0;
        for (int i = 0; i < count; ++i) {
            int py = beside[inside[i]][0], px = beside[inside[i]][1];
            int tile = level.grid[level.at(py >> 3, px >> 4)];
            int cell = ((py + px) & 1) * 64 + (py & 7) * 8 + (px & 15) / 2;
            ((float*)level.own(level.inverse, level.tiles[tile].inverse))[cell] += 1;
            for (int c = 0; c < job.channels; ++c)
                ((float*)level.planes(level.load, tile, c))[cell] += values[c];
        }
    }

    // One row of tiles: content + e into the pixels of the mask.
    void compose(int row) {
        float offset[8 * 16 * MOST_CHANNELS];
        for (int column = 0; column < (job.width + 15) / 16; ++column) {
            uint32_t any = 0, every = 0xffff;
            for (int y = 8 * row; y < 8 * row + 8; ++y) {
                uint32_t bits = mask.sixteen(y, column);
                any |= bits, every &= bits;
            }
            if (!any) continue;
            prefetch(row, column + 1);
            bool known = solvable && levels[0].kind[levels[0].at(row, column)] != multigrid::VOID;
            if (known)
                membrane(row, column, offset);
            else
                std::fill_n(offset, 8 * 16 * job.channels, 0.0f);
            if (const float* share = shares.of_tile(row, column))
                feather(row, column, share, offset);
            if (every == 0xffff && !job.offset) {
                B* to = (B*)line<B>(job.out, job.out_stride, 8 * row);
                to += size_t(16) * column * job.channels;
                job.bad |= pixels::store_tile(content(8 * row, 16 * column), job.content_stride,
                                              offset, to, job.out_stride, job.channels, job.scale,
                                              job.highest);
                continue;
            }
            for (int y = 8 * row; y < std::min(8 * row + 8, job.height); ++y)
                write(y, column, offset + size_t(y & 7) * 16 * job.channels);
        }
    }
    // Rows of a narrow picture are no stream that a processor foresees.
    void prefetch(int row, int column) const {
        if (16 * column >= job.width) return;
        for (int y = 8 * row; y < std::min(8 * row + 8, job.height); ++y) {
            PREFETCH(content(y, 16 * column));
            PREFETCH(line<B>(job.out, job.out_stride, y) + size_t(16) * column * job.channels);
        }
    }
    void membrane(int row, int column, float* offset) {
        Level& level = levels[0];
        int tile = level.grid[level.at(row, column)];
        V made[MOST_CHANNELS][2 * multigrid::PLANE];
        const V* planes[MOST_CHANNELS];
        for (int c = 0; c < job.channels; ++c) {
            planes[c] = tile > 0 ? level.planes(level.value, tile, c) : made[c];
            if (tile < 0) multigrid::interpolate_tile(levels[1], row, column, c, made[c]);
        }
        multigrid::interleave(planes, offset, job.channels);
    }
    // The ramp's own pixels, outside Omega. `out` holds the background there still, and is fetched.
    void feather(int row, int column, const float* share, float* offset) const {
        int x = 16 * column, count = std::min(16, job.width - x);
        for (int y = 8 * row; y < std::min(8 * row + 8, job.height); ++y) {
            uint32_t bits = mask.sixteen(y, column) & ~omega.sixteen(y, column);
            const B* out = line<B>(job.out, job.out_stride, y) + size_t(x) * job.channels;
            int r = y & 7;
            if (bits)
                pixels::feather(out, content(y, x), share + r * 16, bits,
                                offset + r * 16 * job.channels, count, job.channels, job.scale);
        }
    }
    void write(int y, int column, const float* offset) {
        uint32_t bits = mask.sixteen(y, column);
        if (!bits) return;
        int x = 16 * column, count = std::min(16, job.width - x), n = count * job.channels;
        const C* from = content(y, x);
        B* to = (B*)line<B>(job.out, job.out_stride, y) + size_t(x) * job.channels;
        if (bits == 0xffff) {
            job.bad |= pixels::store(from, offset, to, n, job.scale, job.highest);
        } else {
            B made[16 * MOST_CHANNELS];
            pixels::store(from, offset, made, n, job.scale, job.highest);
            for (int k = 0; k < count; ++k)
                if (bits >> k & 1)
                    for (int i = k * job.channels; i < (k + 1) * job.channels; ++i) {
                        to[i] = made[i];
                        if (std::is_floating_point_v<C>) job.bad |= !(from[i] - from[i] == 0);
                    }
        }
        if (job.offset)
            memcpy(job.offset + (size_t(y) * job.width + x) * job.channels, offset,
                   sizeof(float) * n);
    }
};

template <class B>
void run(Job& job, Arena& arena) {
    if (job.content_type == FLOAT32)
        Blend<B, float>(job, arena).run();
    else
        Blend<B, B>(job, arena).run();
}

Arenas arenas;

void run(Job& job) {
    auto arena = arenas.take();
    if (job.type == UINT8)
        run<uint8_t>(job, *arena);
    else if (job.type == UINT16)
        run<uint16_t>(job, *arena);
    else
        run<float>(job, *arena);
    arenas.keep(std::move(arena));
}

}  // namespace

#ifndef DS_SOURCE
#define DS_SOURCE "unknown"
#endif

EXPORT uint32_t ds_abi(void) { return 2; }
EXPORT const char* ds_source(void) { return DS_SOURCE; }
EXPORT const char* ds_compiler(void) {
#if defined(__clang__)
    return __VERSION__;
#elif defined(__GNUC__)
    return "GCC " __VERSION__;
#else
    return "MSVC";
#endif
}

// Blends `count` jobs on `threads` threads. Returns 0, or 1 where memory did not suffice.
EXPORT int32_t ds_blend(Job* jobs, int64_t count, int32_t threads) {
    std::atomic<int64_t> next{0};
    std::atomic<int32_t> failed{0};
    auto work = [&] {
        for (int64_t i; (i = next++) < count;) {
            try {
                run(jobs[i]);
            } catch (...) {
                failed = 1;
            }
        }
    };
    std::vector<std::thread> helpers;
    try {
        for (int64_t i = 1; i < std::min<int64_t>(threads, count); ++i) helpers.emplace_back(work);
    } catch (...) {
        // Fewer threads do it too.
    }
    work();
    for (auto& helper : helpers) helper.join();
    return failed;
}

// As `paint::sweep` and `paint::refresh`.
EXPORT void ds_sweep(const paint::View* view, const paint::Sweep* sweep, const uint8_t* source,
                     int64_t source_stride, uint8_t value) {
    paint::sweep(*view, *sweep, source, source_stride, value);
}
EXPORT void ds_refresh(const paint::Level* levels, int64_t count, int64_t top, int64_t left,
                       int64_t bottom, int64_t right) {
    paint::refresh(levels, count, top, left, bottom, right);
}
