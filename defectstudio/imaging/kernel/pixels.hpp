// Pixels of a row or a tile of 8 x 16 in their own types, against offsets in grey levels.
#pragma once
#include <type_traits>

#include "vec.hpp"

namespace pixels {

template <class T>
INLINE const T* line(const void* data, int64_t stride, int y) {
    return (const T*)((const char*)data + y * stride);
}

// content * scale + offset in the background's type. Returns whether a content is no number.
template <class B, class C>
INLINE int convert(const C* RESTRICT from, const float* RESTRICT offset, B* RESTRICT to, int n,
                   float scale, float highest) {
    int bad = 0;
    for (int i = 0; i < n; ++i) {
        float value = std::is_same_v<B, C> ? float(from[i]) : float(from[i]) * scale;
        if (std::is_floating_point_v<C>) bad |= !(value - value == 0);
        value += offset[i];
        if (std::is_floating_point_v<B>) {
            to[i] = B(value);
        } else {
            value = highest < value ? highest : value;
            value = value < 0.0f ? 0.0f : value;
            to[i] = B(int32_t(value + 0.5f));
        }
    }
    return bad;
}
// Whole tiles of three channels are most of the work of storing: there the count is a constant.
template <class B, class C>
INLINE int convert_tile(const C* from, ptrdiff_t from_stride, const float* offset, B* to,
                        ptrdiff_t to_stride, int channels, float scale, float highest) {
    int bad = 0, n = 16 * channels;
    for (int row = 0; row < 8; ++row, offset += n) {
        bad |= channels == 3 ? convert(from, offset, to, 3 * 16, scale, highest)
                             : convert(from, offset, to, n, scale, highest);
        from = (const C*)((const char*)from + from_stride);
        to = (B*)((char*)to + to_stride);
    }
    return bad;
}
// Adds share * (I_n - I_d) to up to 16 pixels of a row, to those whose bit is set and share above 0:
// what lies elsewhere may be no number.
template <class B, class C>
INLINE void add_gaps(const B* RESTRICT behind, const C* RESTRICT content, const float* share,
                     uint32_t bits, float* offset, int count, int channels, float scale) {
    V gaps[2 * 4];
    auto differ = [&](int n) {
        for (int i = 0; i < n; ++i) {
            float inner = std::is_same_v<B, C> ? float(content[i]) : float(content[i]) * scale;
            ((float*)gaps)[i] = float(behind[i]) - inner;
        }
    };
    V a = chosen(bits, load(share), all(0)), b = chosen(bits >> 8, load(share + 8), all(0));
    if (count == 16 && channels == 3) {
        differ(48);
        V wide[6] = {SHUFFLE(a, a, 0, 0, 0, 1, 1, 1, 2, 2), SHUFFLE(a, a, 2, 3, 3, 3, 4, 4, 4, 5),
                     SHUFFLE(a, a, 5, 5, 6, 6, 6, 7, 7, 7), SHUFFLE(b, b, 0, 0, 0, 1, 1, 1, 2, 2),
                     SHUFFLE(b, b, 2, 3, 3, 3, 4, 4, 4, 5), SHUFFLE(b, b, 5, 5, 6, 6, 6, 7, 7, 7)};
        for (int j = 0; j < 6; ++j)
            keep(offset + 8 * j, load(offset + 8 * j) + where(wide[j], wide[j] * gaps[j]));
        return;
    }
    differ(count * channels);
    for (int k = 0; k < count; ++k) {
        float own = k < 8 ? a[k] : b[k - 8];
        if (own > 0)
            for (int i = k * channels; i < (k + 1) * channels; ++i)
                offset[i] += own * ((float*)gaps)[i];
    }
}
#define PIXELS_OF(B, C)                                                                          \
    HOT inline int store(const C* from, const float* offset, B* to, int n, float scale, float highest) { \
        return convert(from, offset, to, n, scale, highest);                                   \
    }                                                                                          \
    HOT inline int store_tile(const C* from, ptrdiff_t from_stride, const float* offset, B* to,       \
                       ptrdiff_t to_stride, int channels, float scale, float highest) {        \
        return convert_tile(from, from_stride, offset, to, to_stride, channels, scale, highest); \
    }                                                                                          \
    HOT inline void feather(const B* behind, const C* content, const float* share, uint32_t bits,     \
                     float* offset, int count, int channels, float scale) {                    \
        add_gaps(behind, content, share, bits, offset, count, channels, scale);                \
    }
PIXELS_OF(uint8_t, uint8_t)
PIXELS_OF(uint8_t, float)
PIXELS_OF(uint16_t, uint16_t)
PIXELS_OF(uint16_t, float)
PIXELS_OF(float, float)

}  // namespace pixels
