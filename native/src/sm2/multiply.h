/*
 * Scalar multiplication, on the field and the table scans that the including file has bound.
 *
 * Secret scalars k are first made odd, by taking n - k instead of an even k and turning every digit's sign: so no sum
 * on the way is infinity. The number below n that is recoded, or n itself for k = 0, is called k in what follows.
 *
 * Fixed base. k is cut into windows of w = 7 bits and recoded into signed digits in [-64, 64] (A. D. Booth, 1951, in
 * radix 2^w): digit i comes from bits wi - 1 .. wi + w - 1, so each is found alone. A digit selects a multiple by
 * reading the whole row and masking, and its sign negates y by a mask. The additions start at the lowest digit, which
 * is odd and so not 0, and never meet two equal points: before digit i the sum is S * G with S odd and |S| <= 2^(7i -
 * 1), and |d| * 2^(7i) is larger than |S| unless d = 0, which adds nothing. Equality modulo n would need |S - d *
 * 2^(7i)| >= n, possible at most in the top window i = 36; there S + d * 2^252 = k with 0 < k <= n and d >= 0, hence S
 * = d * 2^252 - n and k = 2d * 2^252 - n; |S| <= 2^251 leaves d = 16 alone, where k = 2^257 - n > n. A contradiction.
 * Opposite points, which k = n meets in the end, are added rightly.
 *
 * Any point. k is recoded into digits +-1, +-3 .. +-31 (M. Joye, M. Tunstall, "Exponent recoding and regular
 * exponentiation algorithms", 2009, algorithm 6): digit i < 51 is (bits 5i .. 5i + 5, the lowest set) - 32, digit 51 is
 * 1. Before adding digit i the sum is 32m * P, m = (k >> 5(i + 1)) | 1, and 32m >= 32 > |d|. For i > 0 both 32m - d and
 * 32m + d lie strictly between 0 and n, so the points are neither equal nor opposite. The last addition can meet both
 * (k = n - 6 and k = n) and is one that can do it.
 */
#ifndef GMPKI_SRC_SM2_MULTIPLY_H
#define GMPKI_SRC_SM2_MULTIPLY_H

#include "common/bytes.h"
#include "common/ct.h"
#include "gmpki/common.h"
#include "sm2/formulas.h"
#include "sm2/mul.h"
#include "sm2/recode.h"

enum {
    POINT_WINDOW = 5,
    POINT_DIGITS = 52, /* the highest is 1 */
    POINT_ENTRIES = 1 << (POINT_WINDOW - 1)
};

/* k if that is odd, n - k if it is even; flip is all ones then. 0 becomes n. */
static inline void make_odd(fn *odd, const fn *k, uint64_t *flip) {
    static const uint64_t n[4] = FN_MODULUS_LIMBS;
    uint64_t even = mask_from_bit(~k->limb[0] & 1);
    carry_bit borrow = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t opposite = sub_borrow(n[i], k->limb[i], &borrow);
        odd->limb[i] = select_u64(even, opposite, k->limb[i]);
    }
    *flip = even;
}

/* Negate y where mask is ones. */
static inline void negate_if(fp *y, uint64_t mask) {
    static const fp zero = {{0}};
    fp minus;
    field_sub(&minus, &zero, y);
    fp_move_if(y, &minus, mask);
}

/* r = the multiple that a digit of the fixed base names; all ones in *skip if the digit is 0. */
static inline void select_base(affine *r, const fn *k, int i, uint64_t flip, uint64_t *skip) {
    uint64_t negative;
    uint64_t index = recode_booth(scalar_bits(k, BASE_WINDOW * i - 1, BASE_WINDOW + 1), BASE_WINDOW, &negative);
    scan_affine(r, sm2_base_table[i], index);
    negate_if(&r->y, negative ^ flip);
    *skip = mask_is_zero(index);
}

static void multiply_base(point *r, const fn *k) {
    affine term;
    uint64_t flip, skip;
    point sum, next;
    fn odd;
    make_odd(&odd, k, &flip);
    select_base(&term, &odd, 0, flip, &skip);
    sum.x = term.x;
    sum.y = term.y;
    sum.z = fp_one;
    for (int i = 1; i < BASE_ROWS; i++) {
        select_base(&term, &odd, i, flip, &skip);
        curve_add_affine(&next, &sum, &term);
        point_move_if(&sum, &next, ~skip);
    }
    *r = sum;
    gmpki_cleanse(&term, sizeof term);
    gmpki_cleanse(&sum, sizeof sum);
    gmpki_cleanse(&next, sizeof next);
    gmpki_cleanse(&odd, sizeof odd);
}

/* The odd multiples P, 3P, 5P ... of a point. */
static inline void odd_multiples(multiple *table, int count, const affine *p) {
    point sum, twice;
    multiple step;
    sum.x = p->x;
    sum.y = p->y;
    sum.z = fp_one;
    curve_double(&twice, &sum);
    curve_multiple(&step, &twice);
    curve_multiple(&table[0], &sum);
    for (int i = 1; i < count; i++) {
        curve_add(&sum, &sum, &step);
        curve_multiple(&table[i], &sum);
    }
    gmpki_cleanse(&sum, sizeof sum);
}

static inline void select_multiple(multiple *r, const multiple table[POINT_ENTRIES], const fn *k, int i,
                                   uint64_t flip) {
    unsigned bits = scalar_bits(k, POINT_WINDOW * i, POINT_WINDOW + 1) | 1;
    uint64_t negative = mask_from_bit(~(uint64_t)bits >> POINT_WINDOW & 1);
    scan_multiple(r, table, POINT_ENTRIES, ((bits ^ negative) & 31) >> 1);
    negate_if(&r->y, negative ^ flip);
}

/* r = r + b for any finite r and b, in constant time. */
static inline void add_complete(point *r, const multiple *b) {
    point twice;
    fp h, rr, u1, s1;
    curve_difference(&h, &rr, &u1, &s1, r, b);
    uint64_t equal = fp_is_zero(&h) & fp_is_zero(&rr);
    curve_double(&twice, r);
    curve_sum(r, r, b, &h, &rr, &u1, &s1);
    point_move_if(r, &twice, equal);
    gmpki_cleanse(&twice, sizeof twice);
}

static void multiply_point(point *r, const fn *k, const affine *p) {
    multiple table[POINT_ENTRIES]; /* P, 3P .. 31P */
    multiple term;
    point sum;
    uint64_t flip;
    fn odd;
    make_odd(&odd, k, &flip);
    odd_multiples(table, POINT_ENTRIES, p);
    sum.x = p->x;
    sum.y = p->y;
    sum.z = fp_one;
    negate_if(&sum.y, flip);
    for (int i = POINT_DIGITS - 2; i >= 0; i--) {
        for (int j = 0; j < POINT_WINDOW; j++) {
            curve_double(&sum, &sum);
        }
        select_multiple(&term, table, &odd, i, flip);
        if (i != 0) {
            curve_add(&sum, &sum, &term);
        } else {
            add_complete(&sum, &term);
        }
    }
    *r = sum;
    gmpki_cleanse(table, sizeof table); /* multiples of a point that may be secret */
    gmpki_cleanse(&sum, sizeof sum);
    gmpki_cleanse(&term, sizeof term);
    gmpki_cleanse(&odd, sizeof odd);
}

static uint64_t to_affine(affine *r, const point *a) {
    return curve_to_affine(r, a);
}

/* Both points by one inversion. */
static uint64_t to_affine_pair(affine r[2], const point a[2]) {
    fp z[2], product, inverse, own, square;
    uint64_t infinity[2];
    for (int i = 0; i < 2; i++) {
        infinity[i] = point_is_infinity(&a[i]);
        z[i] = a[i].z;
        fp_move_if(&z[i], &fp_one, infinity[i]);
    }
    field_mul(&product, &z[0], &z[1]);
    field_inverse(&inverse, &product);
    for (int i = 0; i < 2; i++) {
        field_mul(&own, &inverse, &z[1 - i]);
        field_sqr(&square, &own);
        field_mul(&r[i].x, &a[i].x, &square);
        field_mul(&square, &square, &own);
        field_mul(&r[i].y, &a[i].y, &square);
    }
    gmpki_cleanse(z, sizeof z);
    gmpki_cleanse(&product, sizeof product);
    gmpki_cleanse(&inverse, sizeof inverse);
    gmpki_cleanse(&own, sizeof own);
    gmpki_cleanse(&square, sizeof square);
    return ~(infinity[0] | infinity[1]);
}

#endif /* GMPKI_SRC_SM2_MULTIPLY_H */
