/*
 * Taking an entry out of a table by a secret index, with vectors of the width that every processor with vectors has;
 * elsewhere the compiler splits them. A scan goes in parts, so that other work can stand between them: begin, each part
 * once in its order, end. CT: every entry of the table is read.
 */
#ifndef GMPKI_SRC_SM2_SCAN_H
#define GMPKI_SRC_SM2_SCAN_H

#include <string.h>

#include "sm2/tables.h"

/* As memory it is aligned and aliased as limbs are. */
typedef uint32_t scan_vector __attribute__((vector_size(16), aligned(8), may_alias));

/* What was found so far, and the numbers of the entry wanted and of the next one. */
typedef struct base_scan {
    scan_vector found[sizeof(affine) / sizeof(scan_vector)];
    scan_vector wanted;
    scan_vector current;
} base_scan;

typedef struct point_scan {
    scan_vector found[sizeof(table_point) / sizeof(scan_vector)];
    scan_vector wanted;
    scan_vector current;
} point_scan;

/* Entry index - 1 of a row of the fixed base, or zeros for index 0. */
static inline void base_scan_begin(base_scan *s, uint64_t index) {
    uint32_t lane = (uint32_t)value_barrier(index);
    memset(s, 0, sizeof *s);
    s->wanted = (scan_vector){lane, lane, lane, lane};
    s->current = (scan_vector){1, 1, 1, 1};
}

static inline void base_scan_part(base_scan *s, const affine row[BASE_ENTRIES], int part) {
    const scan_vector *entry = (const scan_vector *)(const void *)(row + part * BASE_SCAN_PART);
    scan_vector x0 = s->found[0], x1 = s->found[1], y0 = s->found[2], y1 = s->found[3];
    scan_vector current = s->current;
    for (int i = 0; i < BASE_SCAN_PART; i++, entry += 4) {
        scan_vector mask = (scan_vector)(current == s->wanted);
        x0 |= entry[0] & mask;
        x1 |= entry[1] & mask;
        y0 |= entry[2] & mask;
        y1 |= entry[3] & mask;
        current += (scan_vector){1, 1, 1, 1};
    }
    s->found[0] = x0;
    s->found[1] = x1;
    s->found[2] = y0;
    s->found[3] = y1;
    s->current = current;
}

static inline void base_scan_end(affine *r, const base_scan *s) {
    memcpy(r, s->found, sizeof *r);
}

/* Entry index of the odd multiples of a point. */
static inline void point_scan_begin(point_scan *s, uint64_t index) {
    uint32_t lane = (uint32_t)value_barrier(index);
    memset(s, 0, sizeof *s);
    s->wanted = (scan_vector){lane, lane, lane, lane};
}

static inline void point_scan_part(point_scan *s, const table_point table[POINT_ENTRIES], int part) {
    enum { VECTORS = sizeof(table_point) / sizeof(scan_vector) };
    const scan_vector *entry = (const scan_vector *)(const void *)(table + part * POINT_SCAN_PART);
    for (int i = 0; i < POINT_SCAN_PART; i++, entry += VECTORS) {
        scan_vector mask = (scan_vector)(s->current == s->wanted);
        for (int j = 0; j < VECTORS; j++) {
            s->found[j] |= entry[j] & mask;
        }
        s->current += (scan_vector){1, 1, 1, 1};
    }
}

static inline void point_scan_end(table_point *r, const point_scan *s) {
    memcpy(r, s->found, sizeof *r);
}

#endif /* GMPKI_SRC_SM2_SCAN_H */
