/* scan.h with AVX2, for the files that are compiled for it. CT: every entry of the table is read. */
#ifndef GMPKI_SRC_SM2_SCAN_AVX2_H
#define GMPKI_SRC_SM2_SCAN_AVX2_H

#include <immintrin.h>

#include "sm2/tables.h"

/* Between its parts a scan stays in registers, if everything is inlined. */
#define SCAN_INLINE static inline __attribute__((always_inline))

typedef struct base_scan {
    __m256i x;
    __m256i y;
    __m256i wanted;
    __m256i current;
} base_scan;

typedef struct point_scan {
    __m256i x;
    __m256i y;
    __m256i z;
    __m256i z2;
    __m256i z3;
    __m256i wanted;
    __m256i current;
} point_scan;

SCAN_INLINE __m256i scan_take(__m256i found, const fp *entry, __m256i mask) {
    __m256i value = _mm256_loadu_si256((const __m256i *)(const void *)entry);
    return _mm256_or_si256(found, _mm256_and_si256(mask, value));
}

SCAN_INLINE void scan_store(fp *r, __m256i found) {
    _mm256_storeu_si256((__m256i *)(void *)r, found);
}

SCAN_INLINE void base_scan_begin(base_scan *s, uint64_t index) {
    s->x = _mm256_setzero_si256();
    s->y = _mm256_setzero_si256();
    s->wanted = _mm256_set1_epi32((int)(uint32_t)value_barrier(index));
    s->current = _mm256_set1_epi32(1);
}

SCAN_INLINE void base_scan_part(base_scan *s, const affine row[BASE_ENTRIES], int part) {
    const __m256i one = _mm256_set1_epi32(1);
    const affine *entry = row + part * BASE_SCAN_PART;
    for (int i = 0; i < BASE_SCAN_PART; i++, entry++) {
        __m256i mask = _mm256_cmpeq_epi32(s->current, s->wanted);
        s->x = scan_take(s->x, &entry->x, mask);
        s->y = scan_take(s->y, &entry->y, mask);
        s->current = _mm256_add_epi32(s->current, one);
    }
}

SCAN_INLINE void base_scan_end(affine *r, const base_scan *s) {
    scan_store(&r->x, s->x);
    scan_store(&r->y, s->y);
}

SCAN_INLINE void point_scan_begin(point_scan *s, uint64_t index) {
    s->current = _mm256_setzero_si256();
    s->x = s->current;
    s->y = s->current;
    s->z = s->current;
    s->z2 = s->current;
    s->z3 = s->current;
    s->wanted = _mm256_set1_epi32((int)(uint32_t)value_barrier(index));
}

SCAN_INLINE void point_scan_part(point_scan *s, const table_point table[POINT_ENTRIES], int part) {
    const __m256i one = _mm256_set1_epi32(1);
    const table_point *entry = table + part * POINT_SCAN_PART;
    for (int i = 0; i < POINT_SCAN_PART; i++, entry++) {
        __m256i mask = _mm256_cmpeq_epi32(s->current, s->wanted);
        s->x = scan_take(s->x, &entry->x, mask);
        s->y = scan_take(s->y, &entry->y, mask);
        s->z = scan_take(s->z, &entry->z, mask);
        s->z2 = scan_take(s->z2, &entry->z2, mask);
        s->z3 = scan_take(s->z3, &entry->z3, mask);
        s->current = _mm256_add_epi32(s->current, one);
    }
}

SCAN_INLINE void point_scan_end(table_point *r, const point_scan *s) {
    scan_store(&r->x, s->x);
    scan_store(&r->y, s->y);
    scan_store(&r->z, s->z);
    scan_store(&r->z2, s->z2);
    scan_store(&r->z3, s->z3);
}

#endif /* GMPKI_SRC_SM2_SCAN_AVX2_H */
