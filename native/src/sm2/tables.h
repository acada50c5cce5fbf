/* Tables of multiples: of the base point, of a point for one multiplication, of a public key. */
#ifndef GMPKI_SRC_SM2_TABLES_H
#define GMPKI_SRC_SM2_TABLES_H

#include "sm2/fn.h"
#include "sm2/point.h"

enum {
    BASE_WINDOW = 7,
    BASE_ROWS = 37, /* 37 * 7 = 259 bits: 256 and room for the last carry */
    BASE_ENTRIES = 1 << (BASE_WINDOW - 1)
};

/* Of the odd multiples of a point, for a secret scalar. */
enum {
    POINT_WINDOW = 5,
    POINT_DIGITS = 52, /* the highest is 1 */
    POINT_ENTRIES = 1 << (POINT_WINDOW - 1)
};

/* How many entries one part of a scan takes. */
enum {
    BASE_SCAN_PARTS = 8,
    BASE_SCAN_PART = BASE_ENTRIES / BASE_SCAN_PARTS,
    POINT_SCAN_PARTS = 4,
    POINT_SCAN_PART = POINT_ENTRIES / POINT_SCAN_PARTS
};

/* Row i, entry j - 1: j * 2^(7i) * G, each point in one line of the cache. */
extern const affine sm2_base_table[BASE_ROWS][BASE_ENTRIES];

/* A point of a table of multiples: beside z its square and cube, which each addition needs. */
typedef struct table_point {
    fp x;
    fp y;
    fp z;
    fp z2;
    fp z3;
} table_point;

/* The comb of a public key P: row i, entry j - 1: j * 2^(6i) * P. */
enum {
    COMB_WINDOW = 6,
    COMB_ROWS = 43, /* 43 * 6 = 258 bits */
    COMB_ENTRIES = 1 << (COMB_WINDOW - 1)
};

#endif /* GMPKI_SRC_SM2_TABLES_H */
