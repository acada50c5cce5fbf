/*
 * Point arithmetic in Jacobian coordinates.
 *
 * Doubling and mixed addition are Algorithms 3.21 and 3.22 of D. Hankerson, A. Menezes, S. Vanstone, "Guide to Elliptic
 * Curve Cryptography" (2004), doubling for a = -3 with 4M + 4S and mixed addition with 8M + 3S; general addition is
 * "add-1998-cmo-2" of the Explicit-Formulas Database, 12M + 4S.
 */
#include "sm2/point.h"

#include <string.h>

#include "gmpki/common.h"

const affine point_base = {{FP_BASE_X_LIMBS}, {FP_BASE_Y_LIMBS}};

void point_from_affine(point *r, const affine *a) {
    r->x = a->x;
    r->y = a->y;
    r->z = fp_one;
}

uint64_t point_to_affine(affine *r, const point *a) {
    fp inverse, square;
    uint64_t finite = ~point_is_infinity(a);
    fp_inverse(&inverse, &a->z); /* 0 for infinity, which makes both coordinates 0 */
    fp_sqr(&square, &inverse);
    fp_mul(&r->x, &a->x, &square);
    fp_mul(&square, &square, &inverse);
    fp_mul(&r->y, &a->y, &square);
    /* z of a secret multiple tells of its scalar, even where the point itself is public. */
    gmpki_cleanse(&inverse, sizeof inverse);
    gmpki_cleanse(&square, sizeof square);
    return finite;
}

void point_double(point *r, const point *a) {
    fp t1, t2, t3, x3;
    fp_sqr(&t1, &a->z);
    fp_sub(&t2, &a->x, &t1);
    fp_add(&t1, &a->x, &t1);
    fp_mul(&t2, &t2, &t1);
    fp_double(&t1, &t2);
    fp_add(&t2, &t2, &t1); /* M = 3(X - Z^2)(X + Z^2) */
    fp_double(&t3, &a->y);
    fp_mul(&r->z, &t3, &a->z); /* Z3 = 2YZ */
    fp_sqr(&t3, &t3);          /* 4Y^2 */
    fp_mul(&t1, &t3, &a->x);   /* S = 4XY^2 */
    fp_sqr(&t3, &t3);
    fp_half(&t3, &t3); /* 8Y^4 */
    fp_sqr(&x3, &t2);
    fp_sub(&x3, &x3, &t1);
    fp_sub(&x3, &x3, &t1); /* X3 = M^2 - 2S */
    fp_sub(&t1, &t1, &x3);
    fp_mul(&t1, &t1, &t2);
    fp_sub(&r->y, &t1, &t3); /* Y3 = M(S - X3) - 8Y^4 */
    r->x = x3;
}

/* From U1, S1, H = U2 - U1, R = S2 - S1 and Z3: X3 = R^2 - H^3 - 2 U1 H^2, Y3 = R(U1 H^2 - X3) - S1 H^3. */
static inline void finish_addition(point *r, const fp *u1, const fp *s1, const fp *h, const fp *rr, const fp *z3) {
    fp h2, h3, v, x3;
    fp_sqr(&h2, h);
    fp_mul(&h3, &h2, h);
    fp_mul(&v, u1, &h2);
    fp_sqr(&x3, rr);
    fp_sub(&x3, &x3, &h3);
    fp_sub(&x3, &x3, &v);
    fp_sub(&x3, &x3, &v);
    fp_sub(&v, &v, &x3);
    fp_mul(&v, &v, rr);
    fp_mul(&h3, &h3, s1);
    fp_sub(&r->y, &v, &h3);
    r->x = x3;
    r->z = *z3;
}

/* The sum by the formula alone, good for finite distinct points; *h and *rr tell the caller what it met. */
static inline void add_formula(point *r, const point *a, const point *b, fp *h, fp *rr) {
    fp za2, zb2, u1, s1, z3;
    fp_sqr(&za2, &a->z);
    fp_sqr(&zb2, &b->z);
    fp_mul(&u1, &a->x, &zb2);
    fp_mul(h, &b->x, &za2);
    fp_mul(&s1, &a->y, &b->z);
    fp_mul(&s1, &s1, &zb2);
    fp_mul(rr, &b->y, &a->z);
    fp_mul(rr, rr, &za2);
    fp_sub(h, h, &u1);
    fp_sub(rr, rr, &s1);
    fp_mul(&z3, &a->z, &b->z);
    fp_mul(&z3, &z3, h);
    finish_addition(r, &u1, &s1, h, rr, &z3);
}

static inline void add_affine_formula(point *r, const point *a, const affine *b, fp *h, fp *rr) {
    fp z2, z3;
    fp_sqr(&z2, &a->z);
    fp_mul(h, &b->x, &z2);
    fp_mul(rr, &b->y, &a->z);
    fp_mul(rr, rr, &z2);
    fp_sub(h, h, &a->x);
    fp_sub(rr, rr, &a->y);
    fp_mul(&z3, &a->z, h);
    finish_addition(r, &a->x, &a->y, h, rr, &z3);
}

void point_add_distinct(point *r, const point *a, const point *b) {
    point sum;
    fp h, rr;
    uint64_t a_infinity = point_is_infinity(a);
    uint64_t b_infinity = point_is_infinity(b);
    add_formula(&sum, a, b, &h, &rr);
    point_move_if(&sum, b, a_infinity);
    point_move_if(&sum, a, b_infinity);
    *r = sum;
}

void point_add_affine_distinct(point *r, const point *a, const affine *b, uint64_t skip) {
    point sum;
    fp h, rr;
    uint64_t a_infinity = point_is_infinity(a);
    add_affine_formula(&sum, a, b, &h, &rr);
    fp_move_if(&sum.x, &b->x, a_infinity);
    fp_move_if(&sum.y, &b->y, a_infinity);
    fp_move_if(&sum.z, &fp_one, a_infinity);
    point_move_if(&sum, a, skip);
    *r = sum;
}

/* a + b where both have one x, which the formula cannot do: 2a if b = a, so that R = 0, and infinity if b = -a. */
static void add_same_x_vartime(point *r, const point *a, const fp *rr) {
    if (fp_is_zero(rr)) {
        point_double(r, a);
    } else {
        memset(r, 0, sizeof *r);
    }
}

void point_add_vartime(point *r, const point *a, const point *b) {
    if (point_is_infinity(a)) {
        *r = *b;
        return;
    }
    if (point_is_infinity(b)) {
        *r = *a;
        return;
    }
    point sum;
    fp h, rr;
    add_formula(&sum, a, b, &h, &rr);
    if (fp_is_zero(&h)) {
        add_same_x_vartime(r, a, &rr);
        return;
    }
    *r = sum;
}

void point_add_affine_vartime(point *r, const point *a, const affine *b) {
    if (point_is_infinity(a)) {
        point_from_affine(r, b);
        return;
    }
    point sum;
    fp h, rr;
    add_affine_formula(&sum, a, b, &h, &rr);
    if (fp_is_zero(&h)) {
        add_same_x_vartime(r, a, &rr);
        return;
    }
    *r = sum;
}

uint64_t point_on_curve(const affine *a) {
    fp left, right;
    fp_sqr(&left, &a->y);
    fp_sqr(&right, &a->x);
    fp_sub(&right, &right, &fp_one);
    fp_sub(&right, &right, &fp_one);
    fp_sub(&right, &right, &fp_one);
    fp_mul(&right, &right, &a->x); /* x(x^2 - 3) */
    fp_add(&right, &right, &fp_curve_b);
    return fp_equal(&left, &right);
}
