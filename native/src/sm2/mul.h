/* Scalar multiplication on the portable backend; the shape of the fixed-base table. */
#ifndef GMPKI_SRC_SM2_MUL_H
#define GMPKI_SRC_SM2_MUL_H

#include "sm2/fn.h"
#include "sm2/point.h"

enum {
    BASE_WINDOW = 6,
    BASE_ROWS = 43, /* 43 * 6 = 258 bits: 256 and room for the last carry */
    BASE_ENTRIES = 1 << (BASE_WINDOW - 1)
};

/* r = k * G for a secret k. CT: constant time. */
void multiply_base(point *r, const fn *k);

/* r = k * p for a secret k. CT: constant time. */
void multiply_point(point *r, const fn *k, const affine *p);

/* r = s * G + t * p for public values. */
void multiply_double_vartime(point *r, const fn *s, const fn *t, const affine *p);

#endif /* GMPKI_SRC_SM2_MUL_H */
