/*
 * The comb of a public key: its multiples j * 2^(6i) * P, so that a product by a public scalar is additions alone. All
 * values are public. On the field that the including file has bound.
 */
#ifndef GMPKI_SRC_SM2_COMB_H
#define GMPKI_SRC_SM2_COMB_H

#include "sm2/multiply_vartime.h"

/* The divisor of the slope of a + b: 2y for a = b, else the difference in x. */
static inline void slope_divisor(fp *r, const affine *a, const affine *b) {
    if (a == b) {
        field_double(r, &a->y);
    } else {
        field_sub(r, &b->x, &a->x);
    }
}

/* r = a + b from the inverse of that divisor, by the group law (GB/T 32918.1-2016 3.2.3.1). */
static inline void add_by_slope(affine *r, const affine *a, const affine *b, const fp *inverse) {
    fp slope, x, y;
    if (a == b) {
        field_sqr(&slope, &a->x);
        field_sub(&slope, &slope, &fp_one);
        field_double(&x, &slope);
        field_add(&slope, &slope, &x); /* 3x^2 - 3 */
    } else {
        field_sub(&slope, &b->y, &a->y);
    }
    field_mul(&slope, &slope, inverse);
    field_sqr(&x, &slope);
    field_sub(&x, &x, &a->x);
    field_sub(&x, &x, &b->x);
    field_sub(&y, &a->x, &x);
    field_mul(&y, &y, &slope);
    field_sub(&r->y, &y, &a->y);
    r->x = x;
}

/*
 * The first column, 2^(6i) * P, in affine form by one inversion: Montgomery's trick (P. L. Montgomery, "Speeding the
 * Pollard and elliptic curve methods of factorization", 1987, 10.3.1). x of row i holds the product of all z before.
 */
static void comb_first_column_vartime(affine table[COMB_ROWS][COMB_ENTRIES], const affine *p) {
    point power[COMB_ROWS];
    fp product = fp_one, own, square;
    power[0].x = p->x;
    power[0].y = p->y;
    power[0].z = fp_one;
    for (int i = 1; i < COMB_ROWS; i++) {
        curve_double(&power[i], &power[i - 1]);
        for (int j = 1; j < COMB_WINDOW; j++) {
            curve_double(&power[i], &power[i]);
        }
    }
    for (int i = 0; i < COMB_ROWS; i++) {
        table[i][0].x = product;
        field_mul(&product, &product, &power[i].z);
    }
    field_inverse(&product, &product);
    for (int i = COMB_ROWS - 1; i >= 0; i--) {
        field_mul(&own, &product, &table[i][0].x);
        field_mul(&product, &product, &power[i].z);
        field_sqr(&square, &own);
        field_mul(&table[i][0].x, &power[i].x, &square);
        field_mul(&square, &square, &own);
        field_mul(&table[i][0].y, &power[i].y, &square);
    }
}

/*
 * From columns 1 .. half to columns half + 1 .. 2 half, in every row: (half + j)B = (half)B + jB with the slopes of all
 * of them from one inversion. No divisor is 0, as B has a prime order far above 2 half: no two of B .. half * B have
 * the same x and none has y = 0. x of each place holds the product of all divisors before it until the sum takes it.
 */
static void comb_next_columns_vartime(affine table[COMB_ROWS][COMB_ENTRIES], int half) {
    fp product = fp_one, divisor, inverse;
    for (int i = 0; i < COMB_ROWS; i++) {
        for (int j = 0; j < half; j++) {
            table[i][half + j].x = product;
            slope_divisor(&divisor, &table[i][half - 1], &table[i][j]);
            field_mul(&product, &product, &divisor);
        }
    }
    field_inverse(&product, &product);
    for (int i = COMB_ROWS - 1; i >= 0; i--) {
        for (int j = half - 1; j >= 0; j--) {
            slope_divisor(&divisor, &table[i][half - 1], &table[i][j]);
            field_mul(&inverse, &product, &table[i][half + j].x);
            field_mul(&product, &product, &divisor);
            add_by_slope(&table[i][half + j], &table[i][half - 1], &table[i][j], &inverse);
        }
    }
}

static void make_comb_vartime(affine table[COMB_ROWS][COMB_ENTRIES], const affine *p) {
    comb_first_column_vartime(table, p);
    for (int half = 1; half < COMB_ENTRIES; half *= 2) {
        comb_next_columns_vartime(table, half);
    }
}

static void multiply_comb_vartime(point *r, const fn *s, const fn *t, const affine table[COMB_ROWS][COMB_ENTRIES]) {
    point sum;
    memset(&sum, 0, sizeof sum);
    add_base_vartime(&sum, s);
    for (int i = 0; i < COMB_ROWS; i++) {
        add_digit_vartime(&sum, table[i], scalar_bits(t, COMB_WINDOW * i - 1, COMB_WINDOW + 1), COMB_WINDOW);
    }
    *r = sum;
}

#endif /* GMPKI_SRC_SM2_COMB_H */
