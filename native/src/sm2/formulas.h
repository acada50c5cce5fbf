/*
 * Point arithmetic in Jacobian coordinates, on the field that the including file has bound (field_portable.h,
 * field_adx.h).
 *
 * Doubling and mixed addition are Algorithms 3.21 and 3.22 of D. Hankerson, A. Menezes, S. Vanstone, "Guide to Elliptic
 * Curve Cryptography" (2004), doubling for a = -3 with 4M + 4S, scaled, and mixed addition with 8M + 3S; general
 * addition is "add-1998-cmo-2" of the Explicit-Formulas Database, 12M + 4S, less the square and the cube of one z that
 * are kept.
 *
 * CT: constant time, except where a name ends in _vartime.
 */
#ifndef GMPKI_SRC_SM2_FORMULAS_H
#define GMPKI_SRC_SM2_FORMULAS_H

#include <string.h>

#include "gmpki/common.h"
#include "sm2/tables.h"

/*
 * A whole formula is a function of its own, with nothing in its frame but field elements: an aligned table there takes
 * registers from the products (see fp_adx.h). Its parts are inlined, or their operands would be behind pointers.
 */
#define CURVE_FUNCTION static __attribute__((noinline, unused))
#define CURVE_PART static inline __attribute__((always_inline))

CURVE_FUNCTION void curve_multiple(table_point *r, const point *a) {
    r->x = a->x;
    r->y = a->y;
    r->z = a->z;
    field_sqr(&r->z2, &a->z);
    field_mul(&r->z3, &r->z2, &a->z);
}

/*
 * 2a; infinity stays infinity, and no other point doubles to it, as the order is odd. With M = 3(X - Z^2)(X + Z^2) the
 * book's result, Z3 = 2YZ, X3 = M^2 - 8XY^2, Y3 = M(4XY^2 - X3) - 8Y^4, is taken with half its z, which quarters X3 and
 * makes Y3 an eighth: with m = M / 2 and v = XY^2, Z3 = YZ, X3 = m^2 - 2v, Y3 = m(v - X3) - Y^4.
 */
CURVE_FUNCTION void curve_double(point *r, const point *a) {
    fp d, m, v, y2, t;
    field_sqr(&d, &a->z);
    field_sub(&t, &a->x, &d);
    field_add(&d, &a->x, &d);
    field_mul(&m, &d, &t);
    field_sqr(&y2, &a->y);
    field_mul(&r->z, &a->y, &a->z);
    field_mul(&v, &a->x, &y2);
    field_sqr(&y2, &y2);
    field_half(&t, &m);
    field_add(&m, &m, &t);
    field_sqr(&d, &m);
    field_double(&t, &v);
    field_sub(&d, &d, &t);
    field_sub(&v, &v, &d);
    field_mul(&v, &m, &v);
    field_sub(&r->y, &v, &y2);
    r->x = d;
}

/* From U1, S1, H = U2 - U1, R = S2 - S1 and Z3: X3 = R^2 - H^3 - 2 U1 H^2, Y3 = R(U1 H^2 - X3) - S1 H^3. */
CURVE_PART void curve_finish_addition(point *r, const fp *u1, const fp *s1, const fp *h, const fp *rr, const fp *z3) {
    fp h2, h3, v, x3;
    field_sqr(&h2, h);
    field_mul(&h3, h, &h2);
    field_mul(&v, u1, &h2);
    field_sqr(&x3, rr);
    field_sub(&x3, &x3, &h3);
    field_sub(&x3, &x3, &v);
    field_sub(&x3, &x3, &v);
    field_sub(&v, &v, &x3);
    field_mul(&v, rr, &v);
    field_mul(&h3, s1, &h3);
    field_sub(&r->y, &v, &h3);
    r->x = x3;
    r->z = *z3;
}

/*
 * a + b by the formula, good for finite a and b that are not equal; opposite points give infinity. In two steps: what a
 * and b differ by, h in x and rr in y, then the sum from that.
 */
CURVE_PART void curve_difference(fp *h, fp *rr, fp *u1, fp *s1, const point *a, const table_point *b) {
    fp za2;
    field_sqr(&za2, &a->z);
    field_mul(u1, &a->x, &b->z2);
    field_mul(h, &b->x, &za2);
    field_mul(s1, &a->y, &b->z3);
    field_mul(rr, &b->y, &a->z);
    field_mul(rr, rr, &za2);
    field_sub(h, h, u1);
    field_sub(rr, rr, s1);
}

CURVE_PART void curve_sum(point *r, const point *a, const table_point *b, const fp *h, const fp *rr, const fp *u1,
                          const fp *s1) {
    fp z3;
    field_mul(&z3, &a->z, &b->z);
    field_mul(&z3, &z3, h);
    curve_finish_addition(r, u1, s1, h, rr, &z3);
}

CURVE_FUNCTION void curve_add(point *r, const point *a, const table_point *b) {
    fp h, rr, u1, s1;
    curve_difference(&h, &rr, &u1, &s1, a, b);
    curve_sum(r, a, b, &h, &rr, &u1, &s1);
}

/* The same for an affine b. */
CURVE_PART void curve_difference_affine(fp *h, fp *rr, const point *a, const affine *b) {
    fp z2;
    field_sqr(&z2, &a->z);
    field_mul(h, &b->x, &z2);
    field_mul(rr, &b->y, &a->z);
    field_mul(rr, rr, &z2);
    field_sub(h, h, &a->x);
    field_sub(rr, rr, &a->y);
}

CURVE_PART void curve_sum_affine(point *r, const point *a, const fp *h, const fp *rr) {
    fp z3;
    field_mul(&z3, &a->z, h);
    curve_finish_addition(r, &a->x, &a->y, h, rr, &z3);
}

CURVE_FUNCTION void curve_add_affine(point *r, const point *a, const affine *b) {
    fp h, rr;
    curve_difference_affine(&h, &rr, a, b);
    curve_sum_affine(r, a, &h, &rr);
}

/* a + b where both have one x, which the formula cannot do: 2a if b = a, so that R = 0, and infinity if b = -a. */
static __attribute__((noinline)) void curve_add_same_x_vartime(point *r, const point *a, const fp *rr) {
    if (fp_is_zero(rr)) {
        curve_double(r, a);
    } else {
        memset(r, 0, sizeof *r);
    }
}

/* r = r + b for any r and a finite b. */
CURVE_FUNCTION void curve_add_vartime(point *r, const table_point *b) {
    fp h, rr, u1, s1;
    if (point_is_infinity(r)) {
        r->x = b->x;
        r->y = b->y;
        r->z = b->z;
        return;
    }
    curve_difference(&h, &rr, &u1, &s1, r, b);
    if (fp_is_zero(&h)) {
        curve_add_same_x_vartime(r, r, &rr);
    } else {
        curve_sum(r, r, b, &h, &rr, &u1, &s1);
    }
}

CURVE_FUNCTION void curve_add_affine_vartime(point *r, const affine *b) {
    fp h, rr;
    if (point_is_infinity(r)) {
        r->x = b->x;
        r->y = b->y;
        r->z = fp_one;
        return;
    }
    curve_difference_affine(&h, &rr, r, b);
    if (fp_is_zero(&h)) {
        curve_add_same_x_vartime(r, r, &rr);
    } else {
        curve_sum_affine(r, r, &h, &rr);
    }
}

/* The affine coordinates: all ones, or zero and coordinates of 0 for infinity, as the inverse of 0 is 0. */
CURVE_FUNCTION uint64_t curve_to_affine(affine *r, const point *a) {
    fp inverse, square;
    uint64_t finite = ~point_is_infinity(a);
    field_inverse(&inverse, &a->z);
    field_sqr(&square, &inverse);
    field_mul(&r->x, &a->x, &square);
    field_mul(&square, &square, &inverse);
    field_mul(&r->y, &a->y, &square);
    /* z of a secret multiple tells of its scalar, even where the point itself is public. */
    gmpki_cleanse(&inverse, sizeof inverse);
    gmpki_cleanse(&square, sizeof square);
    return finite;
}

#endif /* GMPKI_SRC_SM2_FORMULAS_H */
