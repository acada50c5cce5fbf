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

/* ab / 2^256 mod n, by interleaved Montgomery reduction; t stays below 2n. */
static void montgomery_multiply(fn *r, const fn *a, const fn *b) {
    uint64_t t[6] = {0};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            t[j] = multiply_add(t[j], a->limb[j], b->limb[i], &carry);
        }
        uint128 top = (uint128)t[4] + carry;
        t[4] = (uint64_t)top;
        t[5] = (uint64_t)(top >> 64);

        uint64_t q = t[0] * FN_NEGATIVE_INVERSE;
        carry = 0;
        (void)multiply_add(t[0], q, modulus[0], &carry); /* a zero limb, by the choice of q */
        for (int j = 1; j < 4; j++) {
            t[j - 1] = multiply_add(t[j], q, modulus[j], &carry);
        }
        top = (uint128)t[4] + carry;
        t[3] = (uint64_t)top;
        t[4] = t[5] + (uint64_t)(top >> 64);
    }
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
    static const uint64_t fold[4] = FN_FOLD_LIMBS;
    enum { ROUNDS = 6 };
    uint64_t t[6];
    for (int i = 0; i < 6; i++) {
        t[i] = load_be64(bytes + 40 - 8 * i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t next[6] = {t[0], t[1], t[2], t[3], 0, 0};
        for (int i = 0; i < 2; i++) {
            uint64_t carry = 0;
            for (int j = 0; j < 4; j++) {
                next[i + j] = multiply_add(next[i + j], t[4 + i], fold[j], &carry);
            }
            for (int j = i + 4; j < 6; j++) {
                next[j] = multiply_add(next[j], 0, 0, &carry);
            }
        }
        memcpy(t, next, sizeof t);
        gmpki_cleanse(next, sizeof next);
    }
    subtract_once(r->limb, t, 0, modulus_minus_1);
    fn_add(r, r, &fn_one);
    gmpki_cleanse(t, sizeof t);
}

void fn_to_bytes(uint8_t bytes[32], const fn *a) {
    for (int i = 0; i < 4; i++) {
        store_be64(bytes + 24 - 8 * i, a->limb[i]);
    }
}
