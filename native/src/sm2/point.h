/*
 * Points of the curve y^2 = x^3 - 3x + b.
 *
 * A point has this contract:
 *   - affine: finite, (x, y) satisfies the equation.
 *   - point: Jacobian, stands for (x / z^2, y / z^3); z = 0 is the point at infinity, whatever x and y are.
 *   - Multiplications have formulas of their own on the field of their backend: formulas.h.
 *   - Every function takes and gives points that keep this contract; result and operands may be the same object.
 *
 * CT: constant time, except where a name ends in _vartime.
 */
#ifndef GMPKI_SRC_SM2_POINT_H
#define GMPKI_SRC_SM2_POINT_H

#include "sm2/fp.h"

typedef struct affine {
    fp x;
    fp y;
} affine;

typedef struct point {
    fp x;
    fp y;
    fp z;
} point;

extern const affine point_base; /* G */

void point_from_affine(point *r, const affine *a);

/* The affine coordinates: all ones, or zero and coordinates of 0 for infinity. */
uint64_t point_to_affine(affine *r, const point *a);

/* All ones if a is infinity. */
static inline uint64_t point_is_infinity(const point *a) {
    return fp_is_zero(&a->z);
}

static inline void point_move_if(point *r, const point *a, uint64_t mask) {
    fp_move_if(&r->x, &a->x, mask);
    fp_move_if(&r->y, &a->y, mask);
    fp_move_if(&r->z, &a->z, mask);
}

/* 2a; infinity stays infinity. */
void point_double(point *r, const point *a);

/* a + b for any two points. */
void point_add_vartime(point *r, const point *a, const point *b);
void point_add_affine_vartime(point *r, const point *a, const affine *b);

/* Whether (x, y) satisfies the curve equation: all ones or zero. */
uint64_t point_on_curve(const affine *a);

#endif /* GMPKI_SRC_SM2_POINT_H */
