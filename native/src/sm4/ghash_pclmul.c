/*
 * GHASH with PCLMULQDQ.
 *
 * Blocks are reversed byte by byte, which turns GHASH into POLYVAL with the key multiplied by x (RFC 8452, appendix A):
 * the bits then stand in the order of the powers, and the products need no shift. The product of POLYVAL is
 * dot(a, b) = a b x^-128, so the reduction goes from the low end, with two multiplications by x^63 + x^62 + x^57.
 * Up to eight blocks at a time are multiplied by as many powers of the key, the first by the highest, and reduced once.
 */
#include <immintrin.h>

#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* A product of 255 bits before its reduction, in three overlapping parts. */
typedef struct product {
    __m128i low;
    __m128i middle;
    __m128i high;
} product;

static inline __m128i load_reversed(const uint8_t *block) {
    const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)block), reverse);
}

static inline void store_reversed(uint8_t *block, __m128i v) {
    const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    _mm_storeu_si128((__m128i *)(void *)block, _mm_shuffle_epi8(v, reverse));
}

static inline __m128i load_power(const sm4_ghash_key *key, size_t i) {
    return _mm_loadu_si128((const __m128i *)(const void *)key->powers[i]);
}

/* Karatsuba's way: the middle part has low and high in it until the reduction takes them out. A multiplication costs
 * two cycles and more where the other instructions cost a fraction of one. */
static inline void multiply_add(product *sum, __m128i a, __m128i b) {
    __m128i a_halves = _mm_xor_si128(a, _mm_shuffle_epi32(a, 0x4E));
    __m128i b_halves = _mm_xor_si128(b, _mm_shuffle_epi32(b, 0x4E));
    sum->low = _mm_xor_si128(sum->low, _mm_clmulepi64_si128(a, b, 0x00));
    sum->high = _mm_xor_si128(sum->high, _mm_clmulepi64_si128(a, b, 0x11));
    sum->middle = _mm_xor_si128(sum->middle, _mm_clmulepi64_si128(a_halves, b_halves, 0x00));
}

/* sum x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1. */
static inline __m128i reduce(const product *sum) {
    const __m128i polynomial = _mm_set_epi64x(0, (long long)0xC200000000000000);
    __m128i middle = _mm_xor_si128(sum->middle, _mm_xor_si128(sum->low, sum->high));
    __m128i low = _mm_xor_si128(sum->low, _mm_slli_si128(middle, 8));
    __m128i high = _mm_xor_si128(sum->high, _mm_srli_si128(middle, 8));
    for (int half = 0; half < 2; half++) {
        __m128i multiple = _mm_clmulepi64_si128(low, polynomial, 0x00);
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), multiple);
    }
    return _mm_xor_si128(high, low);
}

static inline product nothing(void) {
    return (product){_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
}

static inline __m128i dot(__m128i a, __m128i b) {
    product p = nothing();
    multiply_add(&p, a, b);
    return reduce(&p);
}

/* v x: a shift, and the polynomial when a bit leaves at the top. */
static inline __m128i multiply_by_x(__m128i v) {
    const __m128i polynomial = _mm_set_epi64x((long long)0xC200000000000000, 1);
    __m128i carries = _mm_srli_epi64(v, 63);
    __m128i shifted = _mm_or_si128(_mm_slli_epi64(v, 1), _mm_slli_si128(carries, 8));
    __m128i top_bit = _mm_shuffle_epi32(_mm_srai_epi32(v, 31), 0xFF);
    return _mm_xor_si128(shifted, _mm_and_si128(top_bit, polynomial));
}

void sm4_ghash_init_pclmul(sm4_ghash_key *key, const uint8_t hash_key[GMPKI_SM4_BLOCK_LEN]) {
    __m128i h = multiply_by_x(load_reversed(hash_key));
    __m128i power = h;
    for (size_t i = 0; i < SM4_GHASH_POWERS; i++) {
        _mm_storeu_si128((__m128i *)(void *)key->powers[i], power);
        power = dot(power, h);
    }
}

/* Eight blocks. The first, which waits for the digest, comes last: the others are multiplied meanwhile. */
static inline __m128i eight_blocks(__m128i y, const sm4_ghash_key *key, const uint8_t *data) {
    product sum = nothing();
    multiply_add(&sum, load_reversed(data + 7 * BLOCK), load_power(key, 0));
    multiply_add(&sum, load_reversed(data + 6 * BLOCK), load_power(key, 1));
    multiply_add(&sum, load_reversed(data + 5 * BLOCK), load_power(key, 2));
    multiply_add(&sum, load_reversed(data + 4 * BLOCK), load_power(key, 3));
    multiply_add(&sum, load_reversed(data + 3 * BLOCK), load_power(key, 4));
    multiply_add(&sum, load_reversed(data + 2 * BLOCK), load_power(key, 5));
    multiply_add(&sum, load_reversed(data + BLOCK), load_power(key, 6));
    multiply_add(&sum, _mm_xor_si128(y, load_reversed(data)), load_power(key, 7));
    return reduce(&sum);
}

void sm4_ghash_pclmul(uint8_t digest[GMPKI_SM4_BLOCK_LEN], const sm4_ghash_key *key, const uint8_t *data,
                      size_t block_count) {
    __m128i y = load_reversed(digest);
    for (; block_count >= SM4_GHASH_POWERS; block_count -= SM4_GHASH_POWERS) {
        y = eight_blocks(y, key, data);
        data += BLOCK * SM4_GHASH_POWERS;
    }
    if (block_count != 0) {
        product sum = nothing();
        multiply_add(&sum, _mm_xor_si128(y, load_reversed(data)), load_power(key, block_count - 1));
        for (size_t i = 1; i < block_count; i++) {
            multiply_add(&sum, load_reversed(data + BLOCK * i), load_power(key, block_count - 1 - i));
        }
        y = reduce(&sum);
    }
    store_reversed(digest, y);
}
