/* Scalars modulo n. */
#include "sm2/fn.h"

#include "common/bytes.h"
#include "common/ct.h"
#include "gmpki/common.h"
#include "sm2/carry.h"
#include "sm2/constants_generated.h"
#include "sm2/inverse.h"

static const uint64_t modulus[4] = FN_MODULUS_LIMBS;
static const uint64_t modulus_minus_1[4] = FN_MODULUS_MINUS_1_LIMBS;
static const fn radix_squared = {FN_RADIX_SQUARED_LIMBS};

const fn fn_one = {{1, 0, 0, 0}};

/* r = a - b, giving the borrow, 0 or 1. */
static uint64_t subtract(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    carry_bit borrow = 0;
    for (int i = 0; i < 4; i++) {
        r[i] = sub_borrow(a[i], b[i], &borrow);
    }
    return borrow;
}

/* r = a + carry * 2^256, less than 2m, into [0, m). */
static void subtract_once(uint64_t r[4], const uint64_t a[4], uint64_t carry, const uint64_t m[4]) {
    uint64_t reduced[4];
    uint64_t borrow = subtract(reduced, a, m);
    uint64_t keep = mask_from_bit(borrow & (carry ^ 1));
    for (int i = 0; i < 4; i++) {
        r[i] = select_u64(keep, a[i], reduced[i]);
    }
}

void fn_add(fn *r, const fn *a, const fn *b) {
    uint64_t sum[4];
    carry_bit carry = 0;
    for (int i = 0; i < 4; i++) {
        sum[i] = add_carry(a->limb[i], b->limb[i], &carry);
    }
    subtract_once(r->limb, sum, carry, modulus);
}

void fn_sub(fn *r, const fn *a, const fn *b) {
    uint64_t mask = mask_from_bit(subtract(r->limb, a->limb, b->limb));
    carry_bit carry = 0;
    for (int i = 0; i < 4; i++) {
        r->limb[i] = add_carry(r->limb[i], modulus[i] & mask, &carry);
    }
}

void fn_neg(fn *r, const fn *a) {
    static const fn zero = {{0}};
    fn_sub(r, &zero, a);
}

/*
 * t = (t + a * b) / 2^64 modulo n, where the quotient digit q makes the lowest limb of t + a * b + q * n zero. With a
 * and t below 2n before it, t is below 2n after it, and t[4] 0 or 1.
 */
static inline void montgomery_row(uint64_t t[5], const fn *a, uint64_t b) {
    uint64_t carry = 0;
    uint64_t t0 = multiply_add(t[0], a->limb[0], b, &carry);
    uint64_t t1 = multiply_add(t[1], a->limb[1], b, &carry);
    uint64_t t2 = multiply_add(t[2], a->limb[2], b, &carry);
    uint64_t t3 = multiply_add(t[3], a->limb[3], b, &carry);
    uint128 top = (uint128)t[4] + carry;
    uint64_t q = t0 * FN_NEGATIVE_INVERSE;
    carry = 0;
    (void)multiply_add(t0, q, modulus[0], &carry); /* the zero limb */
    t[0] = multiply_add(t1, q, modulus[1], &carry);
    t[1] = multiply_add(t2, q, modulus[2], &carry);
    t[2] = multiply_add(t3, q, modulus[3], &carry);
    top += carry;
    t[3] = (uint64_t)top;
    t[4] = (uint64_t)(top >> 64);
}

/* ab / 2^256 mod n (P. L. Montgomery, "Modular multiplication without trial division", 1985). */
static void montgomery_multiply(fn *r, const fn *a, const fn *b) {
    uint64_t t[5] = {0};
    montgomery_row(t, a, b->limb[0]);
    montgomery_row(t, a, b->limb[1]);
    montgomery_row(t, a, b->limb[2]);
    montgomery_row(t, a, b->limb[3]);
    subtract_once(r->limb, t, t[4], modulus);
}

void fn_mul(fn *r, const fn *a, const fn *b) {
    fn t;
    montgomery_multiply(&t, a, b);
    montgomery_multiply(r, &t, &radix_squared);
}

void fn_inverse(fn *r, const fn *a) {
    static const inverse_field field = {FN_MODULUS_LIMBS, {1, 0, 0, 0}, FN_NEGATIVE_INVERSE};
    inverse_modulo(r->limb, a->limb, &field);
}

uint64_t fn_is_zero(const fn *a) {
    return mask_is_zero(a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]);
}

uint64_t fn_equal(const fn *a, const fn *b) {
    return mask_is_zero(difference(a->limb, b->limb, sizeof a->limb));
}

void fn_move_if(fn *r, const fn *a, uint64_t mask) {
    for (int i = 0; i < 4; i++) {
        r->limb[i] = select_u64(mask, a->limb[i], r->limb[i]);
    }
}

static void load(uint64_t r[4], const uint8_t bytes[32]) {
    for (int i = 0; i < 4; i++) {
        r[i] = load_be64(bytes + 24 - 8 * i);
    }
}

/* All ones if a is below the limit. */
static uint64_t is_below(const uint64_t a[4], const uint64_t limit[4]) {
    uint64_t unused[4];
    uint64_t borrow = subtract(unused, a, limit);
    gmpki_cleanse(unused, sizeof unused);
    return mask_from_bit(borrow);
}

uint64_t fn_is_above_half(const fn *a) {
    static const uint64_t half[4] = FN_HALF_LIMBS;
    return is_below(half, a->limb);
}

uint64_t fn_from_bytes(fn *r, const uint8_t bytes[32]) {
    uint64_t t[4];
    load(t, bytes);
    uint64_t in_range = is_below(t, modulus);
    subtract_once(r->limb, t, 0, modulus); /* 2^256 < 2n */
    gmpki_cleanse(t, sizeof t);
    return in_range;
}

uint64_t fn_from_key_bytes(fn *r, const uint8_t bytes[32]) {
    uint64_t in_range = fn_from_bytes(r, bytes);
    in_range &= ~fn_is_zero(r);
    in_range &= is_below(r->limb, modulus_minus_1);
    return in_range;
}

void fn_reduce_bytes(fn *r, const uint8_t bytes[32]) {
    (void)fn_from_bytes(r, bytes);
}

/*
 * Fold: 2^256 = c mod n - 1 with c = 2^256 - (n - 1) < 2^224 + 2^128, so high * 2^256 + low becomes high * c + low.
 * From 384 bits each round takes 32 off: after the fourth the number is below 2^257 + 2^226, after the fifth below
 * 2^256 + 2^226, and the sixth leaves it below 2^256 < 2(n - 1).
 */
void fn_from_wide_bytes(fn *r, const uint8_t bytes[FN_WIDE_LEN]) {
    static const uint64_t fold[4] = FN_FOLD_LIMBS; /* 2^224 and two limbs */
    enum { ROUNDS = 6 };
    uint64_t t[6];
    for (int i = 0; i < 6; i++) {
        t[i] = load_be64(bytes + 40 - 8 * i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t low = t[4], high = t[5], carry0 = 0, carry1 = 0;
        carry_bit carry = 0;
        t[0] = multiply_add(t[0], low, fold[0], &carry0);
        t[1] = multiply_add(t[1], low, fold[1], &carry0);
        t[1] = multiply_add(t[1], high, fold[0], &carry1);
        uint128 sum = (uint128)high * fold[1] + t[2] + carry0;
        sum += carry1; /* fold[1] is below 0.6 * 2^64, which leaves room */
        t[2] = (uint64_t)sum;
        t[3] = add_carry(t[3], (uint64_t)(sum >> 64), &carry);
        t[4] = add_carry(low >> 32 | high << 32, 0, &carry);
        t[5] = (high >> 32) + carry;
        carry = 0;
        t[3] = add_carry(t[3], low << 32, &carry);
        t[4] = add_carry(t[4], 0, &carry);
        t[5] += carry;
    }
    subtract_once(r->limb, t, 0, modulus_minus_1);
    fn_add(r, r, &fn_one);
    gmpki_cleanse(t, sizeof t);
}

void fn_reduce_limbs(fn *r, const uint64_t limbs[4]) {
    subtract_once(r->limb, limbs, 0, modulus); /* 2^256 < 2n */
}

void fn_to_bytes(uint8_t bytes[32], const fn *a) {
    for (int i = 0; i < 4; i++) {
        store_be64(bytes + 24 - 8 * i, a->limb[i]);
    }
}
