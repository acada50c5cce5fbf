/*
 * The field of integers modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1.
 *
 * A field element has this contract:
 *   - limb[0..3], the lowest first, hold a number v with 0 <= v < p: always fully reduced.
 *   - v is a * 2^256 mod p for the element a it stands for (Montgomery form), so zero is all zero limbs and two
 * elements are equal exactly when their limbs are.
 *   - Every function takes and gives elements that keep this contract. Result and operands may be the same object.
 *   - fp_from_bytes is the only way in from outside and refuses numbers >= p; fp_to_bytes gives the plain number.
 *
 * CT: every function is constant time in every value; none branches on an element or indexes with one.
 */
#ifndef GMPKI_SRC_SM2_FP_H
#define GMPKI_SRC_SM2_FP_H

#include <stdint.h>

#include "common/ct.h"
#include "sm2/constants_generated.h"

typedef struct fp {
    uint64_t limb[4];
} fp;

typedef unsigned __int128 uint128;

extern const fp fp_one;     /* 1 */
extern const fp fp_curve_b; /* b of the curve equation */

/* Two limbs as one number: the compiler turns sums of these into one carry chain. */
static inline uint128 join(uint64_t high, uint64_t low) {
    return (uint128)high << 64 | low;
}

/* sum + carry * 2^256, less than 2p, into [0, p). */
static inline void fp_subtract_once(fp *r, uint128 low, uint128 high, uint64_t carry) {
    static const uint64_t p[4] = FP_MODULUS_LIMBS;
    uint128 reduced_low = low - join(p[1], p[0]);
    uint128 borrow = low < join(p[1], p[0]);
    uint128 step = high - join(p[3], p[2]);
    uint128 reduced_high = step - borrow;
    uint64_t below = (uint64_t)(high < join(p[3], p[2])) | (uint64_t)(step < borrow);
    uint64_t keep = mask_from_bit(below & (carry ^ 1));
    r->limb[0] = select_u64(keep, (uint64_t)low, (uint64_t)reduced_low);
    r->limb[1] = select_u64(keep, (uint64_t)(low >> 64), (uint64_t)(reduced_low >> 64));
    r->limb[2] = select_u64(keep, (uint64_t)high, (uint64_t)reduced_high);
    r->limb[3] = select_u64(keep, (uint64_t)(high >> 64), (uint64_t)(reduced_high >> 64));
}

static inline void fp_add(fp *r, const fp *a, const fp *b) {
    uint128 low = join(a->limb[1], a->limb[0]) + join(b->limb[1], b->limb[0]);
    uint128 carry = low < join(b->limb[1], b->limb[0]);
    uint128 step = join(a->limb[3], a->limb[2]) + carry; /* at most 2^128 - 1: a is below p */
    uint128 high = step + join(b->limb[3], b->limb[2]);
    fp_subtract_once(r, low, high, (uint64_t)(high < step));
}

static inline void fp_sub(fp *r, const fp *a, const fp *b) {
    uint128 low = join(a->limb[1], a->limb[0]) - join(b->limb[1], b->limb[0]);
    uint128 borrow = join(a->limb[1], a->limb[0]) < join(b->limb[1], b->limb[0]);
    uint128 minuend = join(a->limb[3], a->limb[2]);
    uint128 subtrahend = join(b->limb[3], b->limb[2]) + borrow; /* at most 2^128 - 1: b is below p */
    uint128 high = minuend - subtrahend;
    /* Add p back when the difference is negative: p = {-1, -2^32, -1, -2^32 - 1} limb by limb. */
    uint64_t m = mask_from_bit((uint64_t)(minuend < subtrahend));
    static const uint64_t p[4] = FP_MODULUS_LIMBS;
    uint128 low_p = join(m & p[1], m & p[0]);
    low += low_p;
    high += join(m & p[3], m & p[2]) + (low < low_p);
    r->limb[0] = (uint64_t)low;
    r->limb[1] = (uint64_t)(low >> 64);
    r->limb[2] = (uint64_t)high;
    r->limb[3] = (uint64_t)(high >> 64);
}

/* 2a */
static inline void fp_double(fp *r, const fp *a) {
    uint64_t carry = a->limb[3] >> 63;
    uint128 low = join(a->limb[1], a->limb[0]) << 1;
    uint128 high = join(a->limb[3], a->limb[2]) << 1 | a->limb[1] >> 63;
    fp_subtract_once(r, low, high, carry);
}

/* a / 2: shift right, after adding the odd p to an odd number. */
static inline void fp_half(fp *r, const fp *a) {
    static const uint64_t p[4] = FP_MODULUS_LIMBS;
    uint64_t m = mask_from_bit(a->limb[0] & 1);
    uint128 low_p = join(m & p[1], m & p[0]);
    uint128 low = join(a->limb[1], a->limb[0]) + low_p;
    uint128 step = join(a->limb[3], a->limb[2]) + (low < low_p);
    uint128 high = step + join(m & p[3], m & p[2]);
    uint64_t carry = (uint64_t)(high < step);
    low = low >> 1 | high << 127;
    high = high >> 1 | (uint128)carry << 127;
    r->limb[0] = (uint64_t)low;
    r->limb[1] = (uint64_t)(low >> 64);
    r->limb[2] = (uint64_t)high;
    r->limb[3] = (uint64_t)(high >> 64);
}

/*
 * Montgomery reduction (P. L. Montgomery, 1985) of a number t < p * 2^256 of eight limbs to t / 2^256 mod p.
 * As p = -1 mod 2^64, the quotient digit of a step is the lowest limb q itself, and adding q * p and dropping that limb
 * comes to adding (q * p + q) / 2^64 = q * (2^192 - 2^160 - 2^32 + 1) = u * 2^160 - u with u = q * (2^32 - 1).
 * Four steps on the low half alone end at or below p and never carry out; then the high half is added.
 */
static inline void fp_reduce(fp *r, const uint64_t t[8]) {
    uint128 low = join(t[1], t[0]);
    uint128 high = join(t[3], t[2]);
    for (int i = 0; i < 4; i++) {
        uint64_t q = (uint64_t)low;
        uint128 u = ((uint128)q << 32) - q;
        low = low >> 64 | high << 64;
        high >>= 64;
        uint128 borrow = low < u;
        low -= u;
        high += (u << 32) - borrow;
    }
    uint128 sum_low = low + join(t[5], t[4]);
    uint128 carry_in = sum_low < low;
    uint128 step = high + carry_in; /* the sum of the steps is at most p, so this cannot carry */
    uint128 sum_high = step + join(t[7], t[6]);
    fp_subtract_once(r, sum_low, sum_high, (uint64_t)(sum_high < step));
}

/* ab, with the product taken row by row. */
static inline void fp_mul(fp *r, const fp *a, const fp *b) {
    uint64_t t[8] = {0};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            uint128 v = (uint128)a->limb[j] * b->limb[i] + t[i + j] + carry;
            t[i + j] = (uint64_t)v;
            carry = (uint64_t)(v >> 64);
        }
        t[i + 4] = carry;
    }
    fp_reduce(r, t);
}

/* a^2: the six products of different limbs are taken once and doubled. */
static inline void fp_sqr(fp *r, const fp *a) {
    const uint64_t *x = a->limb;
    uint64_t t[8];
    uint128 v = (uint128)x[0] * x[1];
    t[1] = (uint64_t)v;
    v = (uint128)x[0] * x[2] + (uint64_t)(v >> 64);
    t[2] = (uint64_t)v;
    v = (uint128)x[0] * x[3] + (uint64_t)(v >> 64);
    t[3] = (uint64_t)v;
    t[4] = (uint64_t)(v >> 64);
    v = (uint128)x[1] * x[2] + t[3];
    t[3] = (uint64_t)v;
    v = (uint128)x[1] * x[3] + t[4] + (uint64_t)(v >> 64);
    t[4] = (uint64_t)v;
    v = (uint128)x[2] * x[3] + (uint64_t)(v >> 64);
    t[5] = (uint64_t)v;
    t[6] = (uint64_t)(v >> 64);

    t[7] = t[6] >> 63;
    for (int i = 6; i > 1; i--) {
        t[i] = t[i] << 1 | t[i - 1] >> 63;
    }
    t[1] <<= 1;

    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        uint128 square = (uint128)x[i] * x[i];
        uint128 low = (uint128)(uint64_t)square + (i == 0 ? 0 : t[2 * i]) + carry;
        uint128 high = (square >> 64) + t[2 * i + 1] + (uint64_t)(low >> 64);
        t[2 * i] = (uint64_t)low;
        t[2 * i + 1] = (uint64_t)high;
        carry = (uint64_t)(high >> 64);
    }
    fp_reduce(r, t);
}

/* -a */
static inline void fp_neg(fp *r, const fp *a) {
    static const fp zero = {{0}};
    fp_sub(r, &zero, a);
}

/* r = a where mask is ones; r stays where it is zeros. */
static inline void fp_move_if(fp *r, const fp *a, uint64_t mask) {
    for (int i = 0; i < 4; i++) {
        r->limb[i] = select_u64(mask, a->limb[i], r->limb[i]);
    }
}

/* All ones if a is 0. */
static inline uint64_t fp_is_zero(const fp *a) {
    return mask_is_zero(a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]);
}

/* All ones if a equals b. */
static inline uint64_t fp_equal(const fp *a, const fp *b) {
    return mask_is_zero((a->limb[0] ^ b->limb[0]) | (a->limb[1] ^ b->limb[1]) | (a->limb[2] ^ b->limb[2]) |
                        (a->limb[3] ^ b->limb[3]));
}

/* a^-1, and 0 for 0. */
void fp_inverse(fp *r, const fp *a);

/* A square root of a: all ones if there is one, else zero and r is no root. */
uint64_t fp_sqrt(fp *r, const fp *a);

/* The plain number in four limbs, lowest first, into the field: all ones if it was below p, else zero and r is 0. */
uint64_t fp_from_limbs(fp *r, const uint64_t plain[4]);

/* The same from 32 bytes, big endian. */
uint64_t fp_from_bytes(fp *r, const uint8_t bytes[32]);

/* The plain number, below p, in four limbs or 32 bytes. */
void fp_to_limbs(uint64_t plain[4], const fp *a);
void fp_to_bytes(uint8_t bytes[32], const fp *a);

#endif /* GMPKI_SRC_SM2_FP_H */
