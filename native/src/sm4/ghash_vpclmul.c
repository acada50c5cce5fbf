/*
 * GHASH with VPCLMULQDQ: as ghash_pclmul.c, whose form of the powers it shares, but with four blocks in a register and
 * one reduction for up to 32 blocks. Only intrinsics, for MemorySanitizer's sake.
 */
#include <immintrin.h>

#include "sm4/sm4.h"

enum {
    BLOCK = GMPKI_SM4_BLOCK_LEN,
    QUAD = 4,
    POWERS = 32 /* powers[i] is that of exponent 32 - i, so that a run ends with the last one wherever it begins */
};

_Static_assert(POWERS + QUAD <= SM4_GHASH_MAX_POWERS, "the last quad may reach beyond the last power");

#define INLINE static inline __attribute__((always_inline))

INLINE __m512i reverse_bytes(__m512i v) {
    return _mm512_shuffle_epi8(
        v, _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}

/* A sum of products in three parts, not reduced: x^0, x^64 and x^128, four side by side. */
typedef struct products {
    __m512i low, middle, high;
} products;

INLINE products multiply(__m512i a, __m512i b) {
    return (products){
        _mm512_clmulepi64_epi128(a, b, 0x00),
        _mm512_xor_si512(_mm512_clmulepi64_epi128(a, b, 0x01), _mm512_clmulepi64_epi128(a, b, 0x10)),
        _mm512_clmulepi64_epi128(a, b, 0x11),
    };
}

INLINE products multiply_add(products sum, __m512i a, __m512i b) {
    products p = multiply(a, b);
    return (products){_mm512_xor_si512(sum.low, p.low), _mm512_xor_si512(sum.middle, p.middle),
                      _mm512_xor_si512(sum.high, p.high)};
}

/* Each of the four x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1 (see ghash_pclmul.c). */
INLINE __m512i reduce_four(products p) {
    const __m512i polynomial = _mm512_set1_epi64((long long)0xC200000000000000);
    __m512i low = _mm512_xor_si512(p.low, _mm512_bslli_epi128(p.middle, 8));
    __m512i high = _mm512_xor_si512(p.high, _mm512_bsrli_epi128(p.middle, 8));
    low = _mm512_xor_si512(_mm512_shuffle_epi32(low, _MM_PERM_BADC), _mm512_clmulepi64_epi128(low, polynomial, 0x00));
    low = _mm512_xor_si512(_mm512_shuffle_epi32(low, _MM_PERM_BADC), _mm512_clmulepi64_epi128(low, polynomial, 0x00));
    return _mm512_xor_si512(high, low);
}

/* v x: a shift, and the polynomial when a bit leaves at the top. */
INLINE __m512i multiply_by_x(__m512i v) {
    const __m512i polynomial = _mm512_broadcast_i32x4(_mm_set_epi64x((long long)0xC200000000000000, 1));
    __m512i carries = _mm512_srli_epi64(v, 63);
    __m512i shifted = _mm512_or_si512(_mm512_slli_epi64(v, 1), _mm512_bslli_epi128(carries, 8));
    __m512i top_bit = _mm512_shuffle_epi32(_mm512_srai_epi32(v, 31), _MM_PERM_DDDD);
    return _mm512_xor_si512(shifted, _mm512_and_si512(top_bit, polynomial));
}

/* The sum of the four lanes. */
INLINE __m128i fold(__m512i v) {
    __m256i halves = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
}

INLINE __m128i reduce_sum(products p) {
    products sum = {_mm512_castsi128_si512(fold(p.low)), _mm512_castsi128_si512(fold(p.middle)),
                    _mm512_castsi128_si512(fold(p.high))};
    return _mm512_castsi512_si128(reduce_four(sum));
}

INLINE __m512i load_powers(const sm4_ghash_key *key, size_t exponent) {
    return _mm512_loadu_si512(key->powers[POWERS - exponent]);
}

INLINE void store_powers(sm4_ghash_key *key, size_t exponent, __m512i powers) {
    _mm512_storeu_si512(key->powers[POWERS - exponent], powers);
}

/* Lane 3 holds the power of exponent 1, lane 0 that of exponent 4, and so on downwards in memory. */
void sm4_ghash_init_vpclmul(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]) {
    __m512i h = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)hash_key));
    h = multiply_by_x(reverse_bytes(h));
    __m512i h2 = reduce_four(multiply(h, h));
    __m512i h3_h4 = reduce_four(multiply(h2, _mm512_mask_blend_epi64(0x03, h, h2))); /* lane 0: 4, others: 3 */
    __m512i powers = _mm512_mask_blend_epi64(0x30, _mm512_mask_blend_epi64(0xC0, h3_h4, h), h2);
    __m512i h4 = _mm512_shuffle_i64x2(powers, powers, 0x00);
    __m512i to_8 = reduce_four(multiply(powers, h4));
    __m512i h8 = _mm512_shuffle_i64x2(to_8, to_8, 0x00);
    __m512i to_12 = reduce_four(multiply(powers, h8)), to_16 = reduce_four(multiply(to_8, h8));
    __m512i h16 = _mm512_shuffle_i64x2(to_16, to_16, 0x00);
    store_powers(key, 4, powers);
    store_powers(key, 8, to_8);
    store_powers(key, 12, to_12);
    store_powers(key, 16, to_16);
    store_powers(key, 20, reduce_four(multiply(powers, h16)));
    store_powers(key, 24, reduce_four(multiply(to_8, h16)));
    store_powers(key, 28, reduce_four(multiply(to_12, h16)));
    store_powers(key, 32, reduce_four(multiply(to_16, h16)));
    _mm512_storeu_si512(key->powers[POWERS], _mm512_setzero_si512()); /* beside the end of a last quad */
}

/* Up to 32 blocks, the first of which takes in what was hashed before. */
INLINE __m128i hash_run(__m128i y, const sm4_ghash_key *key, const uint8_t *data, size_t block_count) {
    products sum = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    __m512i carried = _mm512_zextsi128_si512(y);
    for (size_t i = 0; i < block_count; i += QUAD) {
        size_t left = block_count - i;
        __mmask8 exists = (__mmask8)(left >= QUAD ? 0xFF : (1u << 2 * left) - 1);
        __m512i blocks = reverse_bytes(_mm512_maskz_loadu_epi64(exists, data + BLOCK * i));
        sum = multiply_add(sum, _mm512_xor_si512(blocks, carried), load_powers(key, left));
        carried = _mm512_setzero_si512();
    }
    return reduce_sum(sum);
}

INLINE __m128i hash_full_run(__m128i y, const sm4_ghash_key *key, const uint8_t *data) {
    __m512i blocks = _mm512_xor_si512(reverse_bytes(_mm512_loadu_si512(data)), _mm512_zextsi128_si512(y));
    products sum = multiply(blocks, load_powers(key, POWERS));
#pragma GCC unroll 8
    for (size_t i = QUAD; i < POWERS; i += QUAD) {
        blocks = reverse_bytes(_mm512_loadu_si512(data + BLOCK * i));
        sum = multiply_add(sum, blocks, load_powers(key, POWERS - i));
    }
    return reduce_sum(sum);
}

void sm4_ghash_vpclmul(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                       size_t block_count) {
    const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i y = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)digest), reverse);
    for (; block_count >= POWERS; block_count -= POWERS) {
        y = hash_full_run(y, key, data);
        data += BLOCK * POWERS;
    }
    if (block_count != 0) {
        y = hash_run(y, key, data, block_count);
    }
    _mm_storeu_si128((__m128i *)(void *)digest, _mm_shuffle_epi8(y, reverse));
}
