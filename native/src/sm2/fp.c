/* Field elements: inversion, square root, conversion. */
#include "sm2/fp.h"

#include "common/bytes.h"
#include "gmpki/common.h"

const fp fp_one = {FP_ONE_LIMBS};
const fp fp_curve_b = {FP_CURVE_B_LIMBS};

/* r = a^(2^count) * b */
static void square_times_multiply(fp *r, const fp *a, int count, const fp *b) {
    fp t = *a;
    for (int i = 0; i < count; i++) {
        fp_sqr(&t, &t);
    }
    fp_mul(r, &t, b);
}

/* What the chains of inverse and square root share: a^(2^k - 1) for k = 30, 31, 32. */
typedef struct power_chain {
    fp ones30;
    fp ones31;
    fp ones32;
} power_chain;

static void start_chain(power_chain *c, const fp *a) {
    fp ones2, ones3, ones6, ones12, ones15;
    square_times_multiply(&ones2, a, 1, a);
    square_times_multiply(&ones3, &ones2, 1, a);
    square_times_multiply(&ones6, &ones3, 3, &ones3);
    square_times_multiply(&ones12, &ones6, 6, &ones6);
    square_times_multiply(&ones15, &ones12, 3, &ones3);
    square_times_multiply(&c->ones30, &ones15, 15, &ones15);
    square_times_multiply(&c->ones31, &c->ones30, 1, a);
    square_times_multiply(&c->ones32, &c->ones31, 1, a);
}

/* The top of both exponents: 31 ones, a zero, 128 ones. */
static void chain_top(fp *r, const power_chain *c) {
    fp_sqr(r, &c->ones31);
    for (int i = 0; i < 4; i++) {
        square_times_multiply(r, r, 32, &c->ones32);
    }
}

/*
 * Fermat: a^(p - 2). In binary p - 2 is 31 ones, a zero, 128 ones, 32 zeros, 62 ones, 01; the chain takes 255 squarings
 * and 16 products.
 */
void fp_inverse(fp *r, const fp *a) {
    power_chain c;
    fp t;
    fp base = *a;
    start_chain(&c, &base);
    chain_top(&t, &c);
    square_times_multiply(&t, &t, 64, &c.ones32);
    square_times_multiply(&t, &t, 30, &c.ones30);
    square_times_multiply(r, &t, 2, &base);
    gmpki_cleanse(&c, sizeof c);
    gmpki_cleanse(&t, sizeof t);
    gmpki_cleanse(&base, sizeof base);
}

/*
 * p = 3 mod 4, so a root of a square is a^((p + 1) / 4). The exponent in binary is 31 ones, a zero, 128 ones, 31 zeros,
 * a one, 62 zeros.
 */
uint64_t fp_sqrt(fp *r, const fp *a) {
    power_chain c;
    fp t;
    fp check;
    fp base = *a;
    start_chain(&c, &base);
    chain_top(&t, &c);
    square_times_multiply(&t, &t, 32, &base);
    for (int i = 0; i < 62; i++) {
        fp_sqr(&t, &t);
    }
    fp_sqr(&check, &t);
    *r = t;
    return fp_equal(&check, &base);
}

uint64_t fp_from_limbs(fp *r, const uint64_t plain[4]) {
    static const uint64_t p[4] = FP_MODULUS_LIMBS;
    static const fp radix_squared = {FP_RADIX_SQUARED_LIMBS};
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        borrow = (uint64_t)(((uint128)plain[i] - p[i] - borrow) >> 127);
    }
    uint64_t below = mask_from_bit(borrow);
    fp t;
    for (int i = 0; i < 4; i++) {
        t.limb[i] = plain[i] & below;
    }
    fp_mul(r, &t, &radix_squared);
    return below;
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
    fp_reduce(&r, t);
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
