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
#include "sm2/tables.h"
#include "sm2/recode.h"

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

/* A digit of the fixed base: which entry of its row, and all ones in *negative for its opposite. */
static inline uint64_t base_digit(const fn *odd, int i, uint64_t flip, uint64_t *negative) {
    unsigned bits = scalar_bits(odd, BASE_WINDOW * i - 1, BASE_WINDOW + 1);
    uint64_t index = recode_booth(bits, BASE_WINDOW, negative);
    *negative ^= flip;
    return index;
}

static inline void select_base(affine *r, const affine row[BASE_ENTRIES], uint64_t index, uint64_t negative) {
    base_scan scan;
    base_scan_begin(&scan, index);
    for (int part = 0; part < BASE_SCAN_PARTS; part++) {
        base_scan_part(&scan, row, part);
    }
    base_scan_end(r, &scan);
    negate_if(&r->y, negative);
}

/*
 * curve_add_affine of sum and term, unless skip is ones, with a scan of another row between its products: the scan
 * waits for memory and the products for one another, and together they take little more than the products alone.
 */
static inline void add_while_scanning(point *sum, const affine *term, uint64_t skip, base_scan *scan,
                                      const affine row[BASE_ENTRIES]) {
    fp h, rr, z2, z3, h2, h3, v, x3;
    base_scan_part(scan, row, 0);
    field_sqr(&z2, &sum->z);
    field_mul(&rr, &term->y, &sum->z);
    base_scan_part(scan, row, 1);
    field_mul(&h, &term->x, &z2);
    field_mul(&rr, &rr, &z2);
    base_scan_part(scan, row, 2);
    field_sub(&h, &h, &sum->x);
    field_sub(&rr, &rr, &sum->y);
    field_mul(&z3, &sum->z, &h);
    base_scan_part(scan, row, 3);
    field_sqr(&h2, &h);
    field_mul(&h3, &h, &h2);
    base_scan_part(scan, row, 4);
    field_mul(&v, &sum->x, &h2);
    field_sqr(&x3, &rr);
    base_scan_part(scan, row, 5);
    field_sub(&x3, &x3, &h3);
    field_sub(&x3, &x3, &v);
    field_sub(&x3, &x3, &v);
    field_mul(&h3, &sum->y, &h3);
    base_scan_part(scan, row, 6);
    field_sub(&v, &v, &x3);
    field_mul(&v, &rr, &v);
    base_scan_part(scan, row, 7);
    field_sub(&v, &v, &h3);
    fp_move_if(&sum->x, &x3, ~skip);
    fp_move_if(&sum->y, &v, ~skip);
    fp_move_if(&sum->z, &z3, ~skip);
}

static void multiply_base(point *r, const fn *k) {
    affine term;
    uint64_t flip, index, negative;
    point sum;
    fn odd;
    make_odd(&odd, k, &flip);
    index = base_digit(&odd, 0, flip, &negative);
    select_base(&term, sm2_base_table[0], index, negative);
    sum.x = term.x;
    sum.y = term.y;
    sum.z = fp_one;
    index = base_digit(&odd, 1, flip, &negative);
    select_base(&term, sm2_base_table[1], index, negative);
    for (int i = 1; i < BASE_ROWS; i++) {
        int next = i + 1 < BASE_ROWS ? i + 1 : i; /* the last scan is for nothing */
        base_scan scan;
        uint64_t skip = mask_is_zero(index);
        index = base_digit(&odd, next, flip, &negative);
        base_scan_begin(&scan, index);
        add_while_scanning(&sum, &term, skip, &scan, sm2_base_table[next]);
        base_scan_end(&term, &scan);
        negate_if(&term.y, negative);
    }
    *r = sum;
    gmpki_cleanse(&term, sizeof term);
    gmpki_cleanse(&sum, sizeof sum);
    gmpki_cleanse(&odd, sizeof odd);
}

/* The odd multiples P, 3P, 5P ... of a point. */
static inline void odd_multiples(table_point *table, int count, const affine *p) {
    point sum, twice;
    table_point step;
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

/* A digit of any point: which of its odd multiples, and all ones in *negative for its opposite. */
static inline uint64_t point_digit(const fn *odd, int i, uint64_t flip, uint64_t *negative) {
    unsigned bits = scalar_bits(odd, POINT_WINDOW * i, POINT_WINDOW + 1) | 1;
    uint64_t below = mask_from_bit(~(uint64_t)bits >> POINT_WINDOW & 1);
    *negative = below ^ flip;
    return ((bits ^ below) & ((1u << POINT_WINDOW) - 1)) >> 1;
}

/* r = r + b for any finite r and b, in constant time. */
static inline void add_complete(point *r, const table_point *b) {
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
    table_point table[POINT_ENTRIES]; /* P, 3P .. 31P */
    table_point term;
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
        point_scan scan;
        uint64_t negative;
        point_scan_begin(&scan, point_digit(&odd, i, flip, &negative));
        curve_double(&sum, &sum);
        for (int part = 0; part < POINT_SCAN_PARTS; part++) {
            point_scan_part(&scan, table, part);
            curve_double(&sum, &sum);
        }
        point_scan_end(&term, &scan);
        negate_if(&term.y, negative);
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
