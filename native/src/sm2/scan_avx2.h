/*
 * Taking an entry out of a table by a secret index, with AVX2: for the files that are compiled for it. CT: every entry
 * of the table is read.
 */
#ifndef GMPKI_SRC_SM2_SCAN_AVX2_H
#define GMPKI_SRC_SM2_SCAN_AVX2_H

#include <immintrin.h>

#include "sm2/mul.h"

/* r = row[index - 1], or zeros for index 0. Two entries at a time, each with its own counter and sums. */
static inline void scan_affine(affine *r, const affine row[BASE_ENTRIES], uint64_t index) {
    const __m256i *entry = (const __m256i *)(const void *)row;
    const __m256i step = _mm256_set1_epi32(2);
    __m256i wanted = _mm256_set1_epi32((int)(uint32_t)value_barrier(index));
    __m256i odd = _mm256_set1_epi32(1), even = step;
    __m256i x0 = _mm256_setzero_si256(), y0 = x0, x1 = x0, y1 = x0;
    for (int i = 0; i < BASE_ENTRIES; i += 2, entry += 4) {
        __m256i mask0 = _mm256_cmpeq_epi32(odd, wanted);
        __m256i mask1 = _mm256_cmpeq_epi32(even, wanted);
        x0 = _mm256_or_si256(x0, _mm256_and_si256(mask0, _mm256_load_si256(entry)));
        y0 = _mm256_or_si256(y0, _mm256_and_si256(mask0, _mm256_load_si256(entry + 1)));
        x1 = _mm256_or_si256(x1, _mm256_and_si256(mask1, _mm256_load_si256(entry + 2)));
        y1 = _mm256_or_si256(y1, _mm256_and_si256(mask1, _mm256_load_si256(entry + 3)));
        odd = _mm256_add_epi32(odd, step);
        even = _mm256_add_epi32(even, step);
    }
    _mm256_storeu_si256((__m256i *)(void *)&r->x, _mm256_or_si256(x0, x1));
    _mm256_storeu_si256((__m256i *)(void *)&r->y, _mm256_or_si256(y0, y1));
}

/* r = table[index] of count entries. */
static inline void scan_multiple(multiple *r, const multiple *table, int count, uint64_t index) {
    const __m256i *entry = (const __m256i *)(const void *)table;
    __m256i wanted = _mm256_set1_epi32((int)(uint32_t)value_barrier(index));
    __m256i current = _mm256_setzero_si256();
    __m256i x = current, y = current, z = current, z2 = current, z3 = current;
    for (int i = 0; i < count; i++, entry += 5) {
        __m256i mask = _mm256_cmpeq_epi32(current, wanted);
        x = _mm256_or_si256(x, _mm256_and_si256(mask, _mm256_loadu_si256(entry)));
        y = _mm256_or_si256(y, _mm256_and_si256(mask, _mm256_loadu_si256(entry + 1)));
        z = _mm256_or_si256(z, _mm256_and_si256(mask, _mm256_loadu_si256(entry + 2)));
        z2 = _mm256_or_si256(z2, _mm256_and_si256(mask, _mm256_loadu_si256(entry + 3)));
        z3 = _mm256_or_si256(z3, _mm256_and_si256(mask, _mm256_loadu_si256(entry + 4)));
        current = _mm256_add_epi32(current, _mm256_set1_epi32(1));
    }
    _mm256_storeu_si256((__m256i *)(void *)&r->x, x);
    _mm256_storeu_si256((__m256i *)(void *)&r->y, y);
    _mm256_storeu_si256((__m256i *)(void *)&r->z, z);
    _mm256_storeu_si256((__m256i *)(void *)&r->z2, z2);
    _mm256_storeu_si256((__m256i *)(void *)&r->z3, z3);
}

#endif /* GMPKI_SRC_SM2_SCAN_AVX2_H */
