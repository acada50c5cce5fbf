/* The fixed-base table, and the comb of a public key. */
#ifndef GMPKI_SRC_SM2_MUL_H
#define GMPKI_SRC_SM2_MUL_H

#include "sm2/fn.h"
#include "sm2/point.h"

enum {
    BASE_WINDOW = 7,
    BASE_ROWS = 37, /* 37 * 7 = 259 bits: 256 and room for the last carry */
    BASE_ENTRIES = 1 << (BASE_WINDOW - 1)
};

/* Row i, entry j - 1: j * 2^(7i) * G, each point in one line of the cache. */
extern const affine sm2_base_table[BASE_ROWS][BASE_ENTRIES];

#endif /* GMPKI_SRC_SM2_MUL_H */
