/*
 * GHASH with VPCLMULQDQ on vectors of 256 bits: as ghash_pclmul.c, which makes the key and does what is left over, but
 * with two blocks in a register. Only intrinsics, for MemorySanitizer's sake.
 */
#include <immintrin.h>

#include "sm4/sm4.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, PAIR = 2, RUN = 4 * PAIR };

/* Two factors side by side, and of each the sum of its halves. */
typedef struct factors {
    __m256i whole, halves;
} factors;

INLINE factors with_halves(__m256i v) {
    return (factors){v, _mm256_xor_si256(v, _mm256_shuffle_epi32(v, 0x4E))};
}

/* Powers lowest + 1 and lowest, the higher one in the low lane. */
INLINE factors load_powers(const sm4_ghash_key *key, size_t lowest) {
    __m256i powers = _mm256_loadu_si256((const __m256i *)(const void *)key->powers[lowest]);
    return with_halves(_mm256_permute2x128_si256(powers, powers, 0x01));
}

INLINE __m256i load_reversed(const uint8_t *blocks) {
    const __m256i reverse =
        _mm256_broadcastsi128_si256(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    return _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)(const void *)blocks), reverse);
}

/* Sums of products, not reduced, in Karatsuba's three parts. */
typedef struct products {
    __m256i low, middle, high;
} products;

INLINE products multiply_add(products sum, __m256i a, const factors *power) {
    factors f = with_halves(a);
    return (products){_mm256_xor_si256(sum.low, _mm256_clmulepi64_epi128(f.whole, power->whole, 0x00)),
                      _mm256_xor_si256(sum.middle, _mm256_clmulepi64_epi128(f.halves, power->halves, 0x00)),
                      _mm256_xor_si256(sum.high, _mm256_clmulepi64_epi128(f.whole, power->whole, 0x11))};
}

/* The sum of both lanes. */
INLINE __m128i fold(__m256i v) {
    return _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* sum x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1 (see ghash_pclmul.c). */
INLINE __m128i reduce(products sum) {
    const __m128i polynomial = _mm_set_epi64x(0, (long long)0xC200000000000000);
    __m128i low = fold(sum.low), high = fold(sum.high);
    __m128i middle = _mm_xor_si128(fold(sum.middle), _mm_xor_si128(low, high));
    low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
    high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, polynomial, 0x00));
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, polynomial, 0x00));
    return _mm_xor_si128(high, low);
}

void sm4_ghash_vpclmul256(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                          size_t block_count) {
    if (block_count >= RUN) {
        const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        const factors powers[4] = {load_powers(key, 6), load_powers(key, 4), load_powers(key, 2), load_powers(key, 0)};
        __m128i y = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)digest), reverse);
        for (; block_count >= RUN; block_count -= RUN) {
            products sum = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
            sum = multiply_add(sum, load_reversed(data + 3 * PAIR * BLOCK), &powers[3]);
            sum = multiply_add(sum, load_reversed(data + 2 * PAIR * BLOCK), &powers[2]);
            sum = multiply_add(sum, load_reversed(data + PAIR * BLOCK), &powers[1]);
            /* What waits for the digest comes last. */
            __m256i first = _mm256_xor_si256(load_reversed(data), _mm256_zextsi128_si256(y));
            sum = multiply_add(sum, first, &powers[0]);
            y = reduce(sum);
            data += RUN * BLOCK;
        }
        _mm_storeu_si128((__m128i *)(void *)digest, _mm_shuffle_epi8(y, reverse));
    }
    sm4_ghash_pclmul(digest, key, data, block_count);
}
