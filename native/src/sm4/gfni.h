/*
 * The instructions of the GFNI kernels whose operation MemorySanitizer does not know. It would take every use of a
 * secret in them for a fault. In its builds the result is poisoned when any bit of the input is, and clean otherwise;
 * in all other builds these are the plain instructions.
 *
 * A matrix is eight bytes, a constant is known at compile time: x -> matrix x + constant for each byte of x
 * (GFNI_AFFINE), or x -> matrix / x + constant (GFNI_INVERT).
 */
#ifndef GMPKI_SRC_SM4_GFNI_H
#define GMPKI_SRC_SM4_GFNI_H

#include <immintrin.h>

#include "common/sanitizers.h"

#define GFNI_PLAIN_AFFINE_512(x, name)                                                                                 \
    _mm512_gf2p8affine_epi64_epi8((x), _mm512_set1_epi64((long long)name##_MATRIX), name##_CONSTANT)
#define GFNI_PLAIN_INVERT_512(x, name)                                                                                 \
    _mm512_gf2p8affineinv_epi64_epi8((x), _mm512_set1_epi64((long long)name##_MATRIX), name##_CONSTANT)
#define GFNI_PLAIN_AFFINE_256(x, name)                                                                                 \
    _mm256_gf2p8affine_epi64_epi8((x), _mm256_set1_epi64x((long long)name##_MATRIX), name##_CONSTANT)
#define GFNI_PLAIN_INVERT_256(x, name)                                                                                 \
    _mm256_gf2p8affineinv_epi64_epi8((x), _mm256_set1_epi64x((long long)name##_MATRIX), name##_CONSTANT)
#define GFNI_PLAIN_AFFINE_128(x, name)                                                                                 \
    _mm_gf2p8affine_epi64_epi8((x), _mm_set1_epi64x((long long)name##_MATRIX), name##_CONSTANT)
#define GFNI_PLAIN_INVERT_128(x, name)                                                                                 \
    _mm_gf2p8affineinv_epi64_epi8((x), _mm_set1_epi64x((long long)name##_MATRIX), name##_CONSTANT)

#ifdef GMPKI_MSAN

#include <sanitizer/msan_interface.h>

#if defined(__AVX512F__)
static inline __m512i gfni_clean_512(__m512i x) {
    __msan_unpoison(&x, sizeof x);
    return x;
}

static inline __m512i gfni_shadow_512(__m512i y, __m512i x) {
    if (__msan_test_shadow(&x, sizeof x) >= 0) {
        __msan_poison(&y, sizeof y);
    }
    return y;
}

#endif

static inline __m256i gfni_clean_256(__m256i x) {
    __msan_unpoison(&x, sizeof x);
    return x;
}

static inline __m256i gfni_shadow_256(__m256i y, __m256i x) {
    if (__msan_test_shadow(&x, sizeof x) >= 0) {
        __msan_poison(&y, sizeof y);
    }
    return y;
}

static inline __m128i gfni_clean_128(__m128i x) {
    __msan_unpoison(&x, sizeof x);
    return x;
}

static inline __m128i gfni_shadow_128(__m128i y, __m128i x) {
    if (__msan_test_shadow(&x, sizeof x) >= 0) {
        __msan_poison(&y, sizeof y);
    }
    return y;
}

#define GFNI_AFFINE_512(x, name) gfni_shadow_512(GFNI_PLAIN_AFFINE_512(gfni_clean_512(x), name), (x))
#define GFNI_INVERT_512(x, name) gfni_shadow_512(GFNI_PLAIN_INVERT_512(gfni_clean_512(x), name), (x))
#define GFNI_AFFINE_256(x, name) gfni_shadow_256(GFNI_PLAIN_AFFINE_256(gfni_clean_256(x), name), (x))
#define GFNI_INVERT_256(x, name) gfni_shadow_256(GFNI_PLAIN_INVERT_256(gfni_clean_256(x), name), (x))
#define GFNI_AFFINE_128(x, name) gfni_shadow_128(GFNI_PLAIN_AFFINE_128(gfni_clean_128(x), name), (x))
#define GFNI_INVERT_128(x, name) gfni_shadow_128(GFNI_PLAIN_INVERT_128(gfni_clean_128(x), name), (x))

#if defined(__AVX512VL__)
static inline __m512i gfni_xor3_512(__m512i a, __m512i b, __m512i c) {
    return _mm512_xor_si512(_mm512_xor_si512(a, b), c);
}

static inline __m256i gfni_xor3_256(__m256i a, __m256i b, __m256i c) {
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

static inline __m128i gfni_xor3_128(__m128i a, __m128i b, __m128i c) {
    return _mm_xor_si128(_mm_xor_si128(a, b), c);
}
#endif

#else

#define GFNI_AFFINE_512 GFNI_PLAIN_AFFINE_512
#define GFNI_INVERT_512 GFNI_PLAIN_INVERT_512
#define GFNI_AFFINE_256 GFNI_PLAIN_AFFINE_256
#define GFNI_INVERT_256 GFNI_PLAIN_INVERT_256
#define GFNI_AFFINE_128 GFNI_PLAIN_AFFINE_128
#define GFNI_INVERT_128 GFNI_PLAIN_INVERT_128

#if defined(__AVX512VL__)
/* a ^ b ^ c in one instruction. */
static inline __m512i gfni_xor3_512(__m512i a, __m512i b, __m512i c) {
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

static inline __m256i gfni_xor3_256(__m256i a, __m256i b, __m256i c) {
    return _mm256_ternarylogic_epi32(a, b, c, 0x96);
}

static inline __m128i gfni_xor3_128(__m128i a, __m128i b, __m128i c) {
    return _mm_ternarylogic_epi32(a, b, c, 0x96);
}
#endif

#endif

#endif /* GMPKI_SRC_SM4_GFNI_H */
