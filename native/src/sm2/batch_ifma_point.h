/*
 * Points of eight lanes, in Jacobian coordinates.
 *
 * A point8 keeps X and Z below 2.1p and Y below 4.1p; the coordinates of an affine8 are below 1.3p. The comments give
 * each value's bound in multiples of p: a product of values below b and c is below bc / 16 + 1, and 260 bits hold all
 * below
 * 16. Constants in sum8_add_p are the smallest that keep a difference above zero.
 *
 * Doubling is "dbl-2001-b" of the Explicit-Formulas Database (D. Bernstein), 3M + 5S; mixed addition Algorithm 3.22 of
 * D. Hankerson, A. Menezes, S. Vanstone, "Guide to Elliptic Curve Cryptography" (2004), 8M + 3S; general addition
 * "add-1998-cmo-2", 12M + 4S. The last two products of each are reduced together.
 *
 * Additions do not know infinity or equal points: their callers rule these out or mask them.
 *
 * CT: every function is constant time in every value.
 */
#ifndef GMPKI_SRC_SM2_BATCH_IFMA_POINT_H
#define GMPKI_SRC_SM2_BATCH_IFMA_POINT_H

#include "sm2/batch_ifma_field.h"

typedef struct affine8 {
    fp8 x, y;
} affine8;

typedef struct point8 {
    fp8 x, y, z;
} point8;

INLINE point8 point8_select(__mmask8 mask, point8 a, point8 b) {
    return (point8){fp8_select(mask, a.x, b.x), fp8_select(mask, a.y, b.y), fp8_select(mask, a.z, b.z)};
}

/* 2a */
INLINE point8 point8_double(point8 a) {
    point8 r;
    fp8 delta = fp8_sqr(a.z);                                                           /* 1.3 */
    fp8 gamma = fp8_sqr(a.y);                                                           /* 2.1 */
    fp8 minus = sum8_carry(sum8_add_p(sum8_sub(fp8_sum(a.x), fp8_sum(delta)), 2));      /* 4.1 */
    fp8 plus = sum8_carry(sum8_add(fp8_sum(a.x), fp8_sum(delta)));                      /* 3.4 */
    fp8 y_plus_z = sum8_carry(sum8_add(fp8_sum(a.y), fp8_sum(a.z)));                    /* 6.2 */
    fp8 beta = fp8_mul(a.x, gamma);                                                     /* 1.3 */
    sum8 third = fp8_mul_sum(minus, plus);                                              /* 1.9 */
    fp8 alpha = sum8_carry(sum8_add(third, sum8_shift(third, 1)));                      /* 5.7 */
    sum8 z = sum8_sub(sum8_sub(fp8_sqr_sum(y_plus_z), fp8_sum(gamma)), fp8_sum(delta)); /* -3.4 to 3.4 */
    sum8 beta4 = sum8_shift(fp8_sum(beta), 2);                                          /* 5.2 */
    r.x = sum8_carry(sum8_fold(sum8_sub(fp8_sqr_sum(alpha), sum8_shift(beta4, 1))));    /* 2.1 */
    r.z = sum8_carry(sum8_fold(z));                                                     /* 2.1 */
    product8 y = fp8_negative_8_squares(gamma);
    fp8 w = sum8_carry(sum8_add_p(sum8_sub(beta4, fp8_sum(r.x)), 3)); /* 8.2 */
    r.y = sum8_carry(sum8_fold(fp8_mul_add(y, alpha, w)));            /* 2.1 */
    return r;
}

/* The end of both additions: u1 < 2.1, s1 < 4.1, h < 4.2, rr < 6.2, z3 = z * h for z < 2.1. */
INLINE point8 finish_addition(fp8 u1, fp8 s1, fp8 h, fp8 h2, fp8 rr, fp8 z) {
    point8 r;
    sum8 rr2 = fp8_sqr_sum(rr); /* 3.5 */
    fp8 v = fp8_mul(u1, h2);    /* 1.3 */
    fp8 h3 = fp8_mul(h2, h);    /* 1.6 */
    sum8 x = sum8_sub(sum8_sub(rr2, fp8_sum(h3)), sum8_shift(fp8_sum(v), 1));
    r.x = sum8_carry(sum8_fold(x)); /* 2.1 */
    r.z = fp8_mul(z, h);            /* 1.6 */
    product8 y = fp8_negative_product(s1, h3);
    fp8 w = sum8_carry(sum8_add_p(sum8_sub(fp8_sum(v), fp8_sum(r.x)), 3)); /* 4.3 */
    r.y = sum8_carry(sum8_add_p(fp8_mul_add(y, rr, w), 1));                /* -0.5 to 2.7, and so 3.7 */
    return r;
}

/* a + b where both are finite and a is neither b nor, unless infinity with z = 0 modulo p is wanted, -b. */
INLINE point8 point8_add_affine(point8 a, affine8 b) {
    fp8 zz = fp8_sqr(a.z);                                          /* 1.3 */
    sum8 u2 = fp8_mul_sum(b.x, zz);                                 /* 1.2 */
    fp8 zzz = fp8_mul(a.z, zz);                                     /* 1.2 */
    fp8 h = sum8_carry(sum8_add_p(sum8_sub(u2, fp8_sum(a.x)), 3));  /* 4.2 */
    fp8 h2 = fp8_sqr(h);                                            /* 2.2 */
    sum8 s2 = fp8_mul_sum(b.y, zzz);                                /* 1.1 */
    fp8 rr = sum8_carry(sum8_add_p(sum8_sub(s2, fp8_sum(a.y)), 5)); /* 6.1 */
    return finish_addition(a.x, a.y, h, h2, rr, a.z);
}

/* The same for two Jacobian points. */
INLINE point8 point8_add(point8 a, point8 b) {
    fp8 za2 = fp8_sqr(a.z);                                        /* 1.3 */
    fp8 zb2 = fp8_sqr(b.z);                                        /* 1.3 */
    sum8 u2 = fp8_mul_sum(b.x, za2);                               /* 1.2 */
    fp8 u1 = fp8_mul(a.x, zb2);                                    /* 1.2 */
    fp8 za3 = fp8_mul(a.z, za2);                                   /* 1.2 */
    fp8 zb3 = fp8_mul(b.z, zb2);                                   /* 1.2 */
    fp8 h = sum8_carry(sum8_add_p(sum8_sub(u2, fp8_sum(u1)), 2));  /* 3.2 */
    sum8 s2 = fp8_mul_sum(b.y, za3);                               /* 1.3 */
    fp8 s1 = fp8_mul(a.y, zb3);                                    /* 1.4 */
    fp8 h2 = fp8_sqr(h);                                           /* 1.7 */
    fp8 rr = sum8_carry(sum8_add_p(sum8_sub(s2, fp8_sum(s1)), 2)); /* 3.3 */
    fp8 z = fp8_mul(a.z, b.z);                                     /* 1.3 */
    return finish_addition(u1, s1, h, h2, rr, z);
}

#endif /* GMPKI_SRC_SM2_BATCH_IFMA_POINT_H */
