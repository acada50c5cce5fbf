/*
 * Taking an entry out of a table by a secret index, with vectors of the width that every processor with vectors has;
 * elsewhere the compiler splits them. CT: every entry of the table is read.
 */
#ifndef GMPKI_SRC_SM2_SCAN_H
#define GMPKI_SRC_SM2_SCAN_H

#include <string.h>

#include "sm2/mul.h"

/* As memory it is aligned and aliased as limbs are. */
typedef uint32_t scan_vector __attribute__((vector_size(16), aligned(8), may_alias));

/* r = row[index - 1], or zeros for index 0. */
static inline void scan_affine(affine *r, const affine row[BASE_ENTRIES], uint64_t index) {
    const scan_vector *entry = (const scan_vector *)(const void *)row;
    uint32_t lane = (uint32_t)value_barrier(index);
    scan_vector wanted = {lane, lane, lane, lane};
    scan_vector current = {0, 0, 0, 0};
    scan_vector x0 = current, x1 = current, y0 = current, y1 = current;
    for (int i = 0; i < BASE_ENTRIES; i++, entry += 4) {
        current += (scan_vector){1, 1, 1, 1};
        scan_vector mask = (scan_vector)(current == wanted);
        x0 |= entry[0] & mask;
        x1 |= entry[1] & mask;
        y0 |= entry[2] & mask;
        y1 |= entry[3] & mask;
    }
    scan_vector found[4] = {x0, x1, y0, y1};
    memcpy(r, found, sizeof *r);
}

/* r = table[index] of count entries. */
static inline void scan_multiple(multiple *r, const multiple *table, int count, uint64_t index) {
    enum { VECTORS = sizeof(multiple) / sizeof(scan_vector) };
    const scan_vector *entry = (const scan_vector *)(const void *)table;
    uint32_t lane = (uint32_t)value_barrier(index);
    scan_vector wanted = {lane, lane, lane, lane};
    scan_vector current = {0, 0, 0, 0};
    scan_vector found[VECTORS] = {{0}};
    for (int i = 0; i < count; i++, entry += VECTORS) {
        scan_vector mask = (scan_vector)(current == wanted);
        for (int j = 0; j < VECTORS; j++) {
            found[j] |= entry[j] & mask;
        }
        current += (scan_vector){1, 1, 1, 1};
    }
    memcpy(r, found, sizeof *r);
}

#endif /* GMPKI_SRC_SM2_SCAN_H */
