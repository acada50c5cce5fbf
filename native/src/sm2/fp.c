/* Field elements: products, inversion, square root, conversion. */
#include "sm2/fp.h"

#include "common/bytes.h"
#include "gmpki/common.h"
#include "sm2/inverse.h"

const fp fp_one = {FP_ONE_LIMBS};
const fp fp_curve_b = {FP_CURVE_B_LIMBS};

/* The parts of a product stay in registers only when they are inlined. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * One step of the reduction below on the limbs x0 (the quotient digit) .. x3. Adding q * p and dropping the lowest limb
 * adds q * (2^192 - 2^160 - 2^32 + 1) to the rest: with l and h the halves of q * 2^32, that subtracts l - q (with its
 * borrow) from the first two limbs, l from the third, and gives the new highest limb q - h. The result stays below
 * 2^256, so it goes on in the order x1, x2, x3, x0.
 */
ALWAYS_INLINE void reduce_step(uint64_t *x0, uint64_t *x1, uint64_t *x2, uint64_t *x3) {
    uint64_t q = *x0;
    uint64_t l = q << 32;
    uint64_t h = q >> 32;
    uint128 u = ((uint128)h << 64 | l) - q;
    carry_bit borrow = 0;
    *x1 = sub_borrow(*x1, (uint64_t)u, &borrow);
    *x2 = sub_borrow(*x2, (uint64_t)(u >> 64), &borrow);
    *x3 = sub_borrow(*x3, l, &borrow);
    *x0 = sub_borrow(q, 0, &borrow) - h;
}

/*
 * Montgomery reduction (P. L. Montgomery, "Modular multiplication without trial division", 1985) of a number
 * t < p * 2^256 to t / 2^256 mod p. As p = -1 mod 2^64, each quotient digit is the lowest limb itself. The four steps
 * work on the low half alone and leave at most p; then the high half, below p, is added.
 */
ALWAYS_INLINE void reduce(fp *r, const uint64_t t[8]) {
    uint64_t x0 = t[0], x1 = t[1], x2 = t[2], x3 = t[3];
    uint64_t sum[4];
    reduce_step(&x0, &x1, &x2, &x3);
    reduce_step(&x1, &x2, &x3, &x0);
    reduce_step(&x2, &x3, &x0, &x1);
    reduce_step(&x3, &x0, &x1, &x2);
    carry_bit carry = 0;
    sum[0] = add_carry(x0, t[4], &carry);
    sum[1] = add_carry(x1, t[5], &carry);
    sum[2] = add_carry(x2, t[6], &carry);
    sum[3] = add_carry(x3, t[7], &carry);
    fp_subtract_once(r, sum, carry);
}

/* t[0..4] = t[0..3] + a * b */
ALWAYS_INLINE void add_row(uint64_t t[5], const fp *a, uint64_t b) {
    uint64_t carry = 0;
    t[0] = multiply_add(t[0], a->limb[0], b, &carry);
    t[1] = multiply_add(t[1], a->limb[1], b, &carry);
    t[2] = multiply_add(t[2], a->limb[2], b, &carry);
    t[3] = multiply_add(t[3], a->limb[3], b, &carry);
    t[4] = carry;
}

/* ab */
void fp_mul(fp *r, const fp *a, const fp *b) {
    uint64_t t[8] = {0, 0, 0, 0};
    add_row(t, a, b->limb[0]);
    add_row(t + 1, a, b->limb[1]);
    add_row(t + 2, a, b->limb[2]);
    add_row(t + 3, a, b->limb[3]);
    reduce(r, t);
}

/* a^2: the six products of different limbs are taken once and doubled. */
void fp_sqr(fp *r, const fp *a) {
    uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3];
    uint64_t t[8];
    uint64_t row = 0;
    t[1] = multiply_add(0, a0, a1, &row);
    t[2] = multiply_add(0, a0, a2, &row);
    t[3] = multiply_add(0, a0, a3, &row);
    t[4] = row;
    row = 0;
    t[3] = multiply_add(t[3], a1, a2, &row);
    t[4] = multiply_add(t[4], a1, a3, &row);
    t[5] = row;
    row = 0;
    t[5] = multiply_add(t[5], a2, a3, &row);
    t[6] = row;

    t[7] = t[6] >> 63;
    t[6] = t[6] << 1 | t[5] >> 63;
    t[5] = t[5] << 1 | t[4] >> 63;
    t[4] = t[4] << 1 | t[3] >> 63;
    t[3] = t[3] << 1 | t[2] >> 63;
    t[2] = t[2] << 1 | t[1] >> 63;
    t[1] = t[1] << 1;

    uint128 s0 = (uint128)a0 * a0, s1 = (uint128)a1 * a1, s2 = (uint128)a2 * a2, s3 = (uint128)a3 * a3;
    carry_bit carry = 0;
    t[0] = (uint64_t)s0;
    t[1] = add_carry(t[1], (uint64_t)(s0 >> 64), &carry);
    t[2] = add_carry(t[2], (uint64_t)s1, &carry);
    t[3] = add_carry(t[3], (uint64_t)(s1 >> 64), &carry);
    t[4] = add_carry(t[4], (uint64_t)s2, &carry);
    t[5] = add_carry(t[5], (uint64_t)(s2 >> 64), &carry);
    t[6] = add_carry(t[6], (uint64_t)s3, &carry);
    t[7] = add_carry(t[7], (uint64_t)(s3 >> 64), &carry);
    reduce(r, t);
}

/* r = a^(2^count) * b */
static void square_times_multiply(fp *r, const fp *a, int count, const fp *b) {
    fp t = *a;
    for (int i = 0; i < count; i++) {
        fp_sqr(&t, &t);
    }
    fp_mul(r, &t, b);
}

/* The Montgomery form of a^-1 is 2^512 divided by that of a. */
void fp_inverse(fp *r, const fp *a) {
    static const inverse_field field = {FP_MODULUS_LIMBS, FP_RADIX_SQUARED_LIMBS, 1};
    inverse_modulo(r->limb, a->limb, &field);
}

/*
 * p = 3 mod 4, so a root of a square is a^((p + 1) / 4). The exponent in binary is 31 ones, a zero, 128 ones, 31 zeros,
 * a one, 62 zeros. onesK is a^(2^K - 1).
 */
uint64_t fp_sqrt(fp *r, const fp *a) {
    fp ones3, ones6, ones15, ones30, ones31, ones32;
    fp t;
    fp check;
    fp base = *a;
    square_times_multiply(&t, &base, 1, &base);
    square_times_multiply(&ones3, &t, 1, &base);
    square_times_multiply(&ones6, &ones3, 3, &ones3);
    square_times_multiply(&t, &ones6, 6, &ones6);
    square_times_multiply(&ones15, &t, 3, &ones3);
    square_times_multiply(&ones30, &ones15, 15, &ones15);
    square_times_multiply(&ones31, &ones30, 1, &base);
    square_times_multiply(&ones32, &ones31, 1, &base);
    fp_sqr(&t, &ones31);
    for (int i = 0; i < 4; i++) {
        square_times_multiply(&t, &t, 32, &ones32);
    }
    square_times_multiply(&t, &t, 32, &base);
    for (int i = 0; i < 62; i++) {
        fp_sqr(&t, &t);
    }
    fp_sqr(&check, &t);
    *r = t;
    return fp_equal(&check, &base);
}

uint64_t fp_from_limbs(fp *r, const uint64_t plain[4]) {
    static const fp radix_squared = {FP_RADIX_SQUARED_LIMBS};
    fp t = {{plain[0], plain[1], plain[2], plain[3]}};
    carry_bit borrow = 0;
    (void)sub_borrow(plain[0], FP_P0, &borrow);
    (void)sub_borrow(plain[1], FP_P1, &borrow);
    (void)sub_borrow(plain[2], FP_P2, &borrow);
    (void)sub_borrow(plain[3], FP_P3, &borrow);
    fp_mul(r, &t, &radix_squared); /* right for t >= p too: the product is below p * 2^256 */
    gmpki_cleanse(&t, sizeof t);
    return mask_from_bit(borrow);
}

uint64_t fp_from_bytes(fp *r, const uint8_t bytes[32]) {
    uint64_t plain[4];
    for (int i = 0; i < 4; i++) {
        plain[i] = load_be64(bytes + 24 - 8 * i);
    }
    uint64_t below = fp_from_limbs(r, plain);
    gmpki_cleanse(plain, sizeof plain);
    return below;
}

void fp_to_limbs(uint64_t plain[4], const fp *a) {
    uint64_t t[8] = {a->limb[0], a->limb[1], a->limb[2], a->limb[3]};
    fp r;
    reduce(&r, t);
    for (int i = 0; i < 4; i++) {
        plain[i] = r.limb[i];
    }
    gmpki_cleanse(t, sizeof t);
    gmpki_cleanse(&r, sizeof r);
}

void fp_to_bytes(uint8_t bytes[32], const fp *a) {
    uint64_t plain[4];
    fp_to_limbs(plain, a);
    for (int i = 0; i < 4; i++) {
        store_be64(bytes + 24 - 8 * i, plain[i]);
    }
    gmpki_cleanse(plain, sizeof plain);
}
