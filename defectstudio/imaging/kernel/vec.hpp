// Eight floats at once, in a way every compiler understands; bits never depend on the processor.
#pragma once
#include <cstdint>
#include <cstring>

constexpr int LANES = 8;

#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#define RESTRICT __restrict__
#define PREFETCH(address) __builtin_prefetch(address)
#define UNROLL _Pragma("GCC unroll 8")
// One machine code for every x86-64 and one for those with AVX2, chosen when the library is loaded.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12
#define HOT __attribute__((flatten, target_clones("arch=x86-64-v3", "default")))
#else
#define HOT __attribute__((flatten))
#endif
typedef float V __attribute__((vector_size(32)));
typedef int32_t VI __attribute__((vector_size(32)));

INLINE V all(float s) { return V{s, s, s, s, s, s, s, s}; }
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, VI{__VA_ARGS__})
#endif
// a where the lane's bit is set, else b
INLINE V chosen(uint32_t bits, V a, V b) {
    VI lanes = {1, 2, 4, 8, 16, 32, 64, 128}, own = int32_t(bits & 255) - VI{};
    VI set = (own & lanes) == lanes;
    return (V)(((VI)a & set) | ((VI)b & ~set));
}
// x where w > 0, else 0
INLINE V where(V w, V x) { return (V)((VI)x & (w > all(0))); }
INLINE V smaller(V a, V b) { return (V)(((VI)a & (a < b)) | ((VI)b & ~(a < b))); }
INLINE V larger(V a, V b) { return (V)(((VI)a & (a > b)) | ((VI)b & ~(a > b))); }
INLINE V larger_size(V m, V x) {
    V a = (V)((VI)x & 0x7fffffff);
    return (V)(((VI)a & (a > m)) | ((VI)m & ~(a > m)));
}
#else
#define INLINE __forceinline
#define RESTRICT __restrict
#define PREFETCH(address)
#define UNROLL
#define HOT
struct alignas(32) V {
    float v[LANES];
    float& operator[](int i) { return v[i]; }
    float operator[](int i) const { return v[i]; }
};
#define LANEWISE(OP)                                    \
    INLINE V operator OP(const V& a, const V& b) {      \
        V r;                                            \
        for (int i = 0; i < LANES; ++i) r[i] = a[i] OP b[i]; \
        return r;                                       \
    }
LANEWISE(+)
LANEWISE(-)
LANEWISE(*)
LANEWISE(/)
INLINE V& operator+=(V& a, const V& b) { return a = a + b; }
INLINE V all(float s) { return V{{s, s, s, s, s, s, s, s}}; }
inline V shuffled(const V& a, const V& b, const int (&from)[LANES]) {
    V r;
    for (int i = 0; i < LANES; ++i) r[i] = from[i] < LANES ? a[from[i]] : b[from[i] - LANES];
    return r;
}
#define SHUFFLE(a, b, ...) shuffled(a, b, {__VA_ARGS__})
INLINE V chosen(uint32_t bits, const V& a, const V& b) {
    V r;
    for (int i = 0; i < LANES; ++i) r[i] = bits >> i & 1 ? a[i] : b[i];
    return r;
}
INLINE V where(const V& w, const V& x) {
    V r;
    for (int i = 0; i < LANES; ++i) r[i] = w[i] > 0 ? x[i] : 0.0f;
    return r;
}
INLINE V smaller(const V& a, const V& b) {
    V r;
    for (int i = 0; i < LANES; ++i) r[i] = a[i] < b[i] ? a[i] : b[i];
    return r;
}
INLINE V larger(const V& a, const V& b) {
    V r;
    for (int i = 0; i < LANES; ++i) r[i] = a[i] > b[i] ? a[i] : b[i];
    return r;
}
INLINE V larger_size(const V& m, const V& x) {
    V r;
    for (int i = 0; i < LANES; ++i) {
        float a = x[i] < 0 ? -x[i] : x[i];
        r[i] = a > m[i] ? a : m[i];
    }
    return r;
}
#endif

// From and to any address
INLINE V load(const float* from) {
    V r;
    memcpy(&r, from, sizeof r);
    return r;
}
INLINE void keep(float* to, const V& x) { memcpy(to, &x, sizeof x); }
// l7, a0 .. a6
INLINE V from_left(const V& a, const V& l) { return SHUFFLE(a, l, 15, 0, 1, 2, 3, 4, 5, 6); }
// a1 .. a7, r0
INLINE V from_right(const V& a, const V& r) { return SHUFFLE(a, r, 1, 2, 3, 4, 5, 6, 7, 8); }
INLINE float largest(V a) {
    float most = 0;
    for (int i = 0; i < LANES; ++i) most = a[i] > most ? a[i] : most;
    return most;
}
