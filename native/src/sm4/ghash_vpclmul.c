/*
 * GHASH with VPCLMULQDQ: as ghash_pclmul.c, which does what is left over, but with four blocks in a register. Only
 * intrinsics, for MemorySanitizer's sake.
 */
#include <immintrin.h>

#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, QUAD = 4 };

static inline __m512i load_reversed(const uint8_t *blocks) {
    const __m512i reverse = _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    return _mm512_shuffle_epi8(_mm512_loadu_si512(blocks), reverse);
}

/* Four powers, the highest in the first lane. */
static inline __m512i load_powers(const sm4_ghash_key *key, size_t lowest) {
    __m512i powers = _mm512_loadu_si512(key->powers[lowest]);
    return _mm512_shuffle_i64x2(powers, powers, 0x1B);
}

/* The sum of the four lanes. */
static inline __m128i fold(__m512i v) {
    __m256i halves = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
}

/* sum x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1 (see ghash_pclmul.c). */
static inline __m128i reduce(__m128i low, __m128i middle, __m128i high) {
    const __m128i polynomial = _mm_set_epi64x(0, (long long)0xC200000000000000);
    low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
    high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, polynomial, 0x00));
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, polynomial, 0x00));
    return _mm_xor_si128(high, low);
}

void sm4_ghash_vpclmul(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                       size_t block_count) {
    if (block_count >= 2 * QUAD) {
        const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        __m512i first_powers = load_powers(key, QUAD), second_powers = load_powers(key, 0);
        __m128i y = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)digest), reverse);
        for (; block_count >= 2 * QUAD; block_count -= 2 * QUAD) {
            __m512i second = load_reversed(data + BLOCK * QUAD);
            __m512i first = _mm512_xor_si512(load_reversed(data), _mm512_zextsi128_si512(y));
            __m512i low = _mm512_xor_si512(_mm512_clmulepi64_epi128(first, first_powers, 0x00),
                                           _mm512_clmulepi64_epi128(second, second_powers, 0x00));
            __m512i high = _mm512_xor_si512(_mm512_clmulepi64_epi128(first, first_powers, 0x11),
                                            _mm512_clmulepi64_epi128(second, second_powers, 0x11));
            __m512i middle = _mm512_xor_si512(_mm512_xor_si512(_mm512_clmulepi64_epi128(first, first_powers, 0x01),
                                                               _mm512_clmulepi64_epi128(first, first_powers, 0x10)),
                                              _mm512_xor_si512(_mm512_clmulepi64_epi128(second, second_powers, 0x01),
                                                               _mm512_clmulepi64_epi128(second, second_powers, 0x10)));
            y = reduce(fold(low), fold(middle), fold(high));
            data += BLOCK * 2 * QUAD;
        }
        _mm_storeu_si128((__m128i *)(void *)digest, _mm_shuffle_epi8(y, reverse));
    }
    sm4_ghash_pclmul(digest, key, data, block_count);
}
