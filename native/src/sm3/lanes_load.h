/*
 * A block of each of eight lanes, as vectors of 256 bits: part of lanes_avx2.c and lanes_avx512.c, which has two such
 * halves. CT: addresses are those of the messages, which are public.
 */
#ifndef GMPKI_SRC_SM3_LANES_LOAD_H
#define GMPKI_SRC_SM3_LANES_LOAD_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* Words first .. first + 3 of one block of each lane, in the order of numbers: w[i] has word first + i of all. */
static inline __attribute__((always_inline)) void load_eight_lanes(__m256i w[4], const uint8_t *const lanes[8],
                                                                   int first) {
    const __m256i order =
        _mm256_broadcastsi128_si256(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    __m256i r[4];
    UNROLL
    for (int i = 0; i < 4; i++) {
        const void *low = lanes[i] + 4 * first;
        const void *high = lanes[4 + i] + 4 * first;
        __m256i both = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));
        both = _mm256_inserti128_si256(both, _mm_loadu_si128((const __m128i *)high), 1);
        r[i] = _mm256_shuffle_epi8(both, order);
    }
    __m256i low01 = _mm256_unpacklo_epi32(r[0], r[1]);
    __m256i high01 = _mm256_unpackhi_epi32(r[0], r[1]);
    __m256i low23 = _mm256_unpacklo_epi32(r[2], r[3]);
    __m256i high23 = _mm256_unpackhi_epi32(r[2], r[3]);
    w[0] = _mm256_unpacklo_epi64(low01, low23);
    w[1] = _mm256_unpackhi_epi64(low01, low23);
    w[2] = _mm256_unpacklo_epi64(high01, high23);
    w[3] = _mm256_unpackhi_epi64(high01, high23);
}

#endif /* GMPKI_SRC_SM3_LANES_LOAD_H */
