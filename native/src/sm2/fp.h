/*
 * The field of integers modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1.
 *
 * A field element has this contract:
 *   - limb[0..3], the lowest first, hold a number v with 0 <= v < p: always fully reduced.
 *   - v is a * 2^256 mod p for the element a it stands for (Montgomery form), so zero is all zero limbs and two
 * elements are equal exactly when their limbs are.
 *   - Every function takes and gives elements that keep this contract. Result and operands may be the same object.
 *   - fp_from_bytes and fp_from_limbs are the only ways in and tell numbers >= p; fp_to_bytes gives the plain number.
 *
 * CT: every function is constant time in every value; none branches on an element or indexes with one.
 */
#ifndef GMPKI_SRC_SM2_FP_H
#define GMPKI_SRC_SM2_FP_H

#include <stdint.h>

#include "common/ct.h"
#include "sm2/carry.h"
#include "sm2/constants_generated.h"

typedef struct fp {
    uint64_t limb[4];
} fp;

extern const fp fp_one;     /* 1 */
extern const fp fp_curve_b; /* b of the curve equation */

/* p limb by limb, lowest first. */
#define FP_P0 0xffffffffffffffffu
#define FP_P1 0xffffffff00000000u
#define FP_P2 0xffffffffffffffffu
#define FP_P3 0xfffffffeffffffffu

/* r = sum + carry * 2^256, which is less than 2p, taken into [0, p). */
static inline void fp_subtract_once(fp *r, const uint64_t sum[4], uint64_t carry) {
    carry_bit borrow = 0;
    uint64_t d0 = sub_borrow(sum[0], FP_P0, &borrow);
    uint64_t d1 = sub_borrow(sum[1], FP_P1, &borrow);
    uint64_t d2 = sub_borrow(sum[2], FP_P2, &borrow);
    uint64_t d3 = sub_borrow(sum[3], FP_P3, &borrow);
    uint64_t keep = value_barrier(sub_borrow(carry, 0, &borrow)); /* all ones if the sum was below p */
    r->limb[0] = select_u64(keep, sum[0], d0);
    r->limb[1] = select_u64(keep, sum[1], d1);
    r->limb[2] = select_u64(keep, sum[2], d2);
    r->limb[3] = select_u64(keep, sum[3], d3);
}

static inline void fp_add(fp *r, const fp *a, const fp *b) {
    uint64_t sum[4];
    carry_bit carry = 0;
    sum[0] = add_carry(a->limb[0], b->limb[0], &carry);
    sum[1] = add_carry(a->limb[1], b->limb[1], &carry);
    sum[2] = add_carry(a->limb[2], b->limb[2], &carry);
    sum[3] = add_carry(a->limb[3], b->limb[3], &carry);
    fp_subtract_once(r, sum, carry);
}

/* a - b: p is added back, under a mask, when the difference is negative. */
static inline void fp_sub(fp *r, const fp *a, const fp *b) {
    carry_bit borrow = 0;
    uint64_t d0 = sub_borrow(a->limb[0], b->limb[0], &borrow);
    uint64_t d1 = sub_borrow(a->limb[1], b->limb[1], &borrow);
    uint64_t d2 = sub_borrow(a->limb[2], b->limb[2], &borrow);
    uint64_t d3 = sub_borrow(a->limb[3], b->limb[3], &borrow);
    uint64_t m = value_barrier(sub_borrow(0, 0, &borrow));
    carry_bit carry = 0;
    r->limb[0] = add_carry(d0, m & FP_P0, &carry);
    r->limb[1] = add_carry(d1, m & FP_P1, &carry);
    r->limb[2] = add_carry(d2, m & FP_P2, &carry);
    r->limb[3] = add_carry(d3, m & FP_P3, &carry);
}

/* 2a */
static inline void fp_double(fp *r, const fp *a) {
    fp_add(r, a, a);
}

/* a / 2: shift right, after adding the odd p to an odd number. */
static inline void fp_half(fp *r, const fp *a) {
    uint64_t m = mask_from_bit(a->limb[0] & 1);
    carry_bit carry = 0;
    uint64_t s0 = add_carry(a->limb[0], m & FP_P0, &carry);
    uint64_t s1 = add_carry(a->limb[1], m & FP_P1, &carry);
    uint64_t s2 = add_carry(a->limb[2], m & FP_P2, &carry);
    uint64_t s3 = add_carry(a->limb[3], m & FP_P3, &carry);
    r->limb[0] = s0 >> 1 | s1 << 63;
    r->limb[1] = s1 >> 1 | s2 << 63;
    r->limb[2] = s2 >> 1 | s3 << 63;
    r->limb[3] = s3 >> 1 | (uint64_t)carry << 63;
}

/* ab */
void fp_mul(fp *r, const fp *a, const fp *b);

/* a^2 */
void fp_sqr(fp *r, const fp *a);

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

/* The plain number in four limbs, lowest first, into the field: all ones if it was below p, else zero, and r is the
 * number modulo p. */
uint64_t fp_from_limbs(fp *r, const uint64_t plain[4]);

/* The same from 32 bytes, big endian. */
uint64_t fp_from_bytes(fp *r, const uint8_t bytes[32]);

/* The plain number, below p, in four limbs or 32 bytes. */
void fp_to_limbs(uint64_t plain[4], const fp *a);
void fp_to_bytes(uint8_t bytes[32], const fp *a);

#endif /* GMPKI_SRC_SM2_FP_H */
