/*
 * One step of a carry or borrow chain on 64-bit limbs. Compilers turn the x86-64 intrinsics into adc and sbb, which
 * they do not always find in the plain form; MemorySanitizer follows the plain form only. CT: constant.
 */
#ifndef GMPKI_SRC_SM2_CARRY_H
#define GMPKI_SRC_SM2_CARRY_H

#include <stdint.h>

#include "common/sanitizers.h"

typedef unsigned __int128 uint128;

#if defined(__x86_64__) && !defined(GMPKI_MSAN)

#include <immintrin.h>

typedef unsigned char carry_bit;

/* a + b + *carry; *carry becomes the carry out, 0 or 1. */
static inline uint64_t add_carry(uint64_t a, uint64_t b, carry_bit *carry) {
    unsigned long long sum;
    *carry = _addcarry_u64(*carry, a, b, &sum);
    return sum;
}

/* a - b - *borrow; *borrow becomes the borrow out, 0 or 1. */
static inline uint64_t sub_borrow(uint64_t a, uint64_t b, carry_bit *borrow) {
    unsigned long long difference;
    *borrow = _subborrow_u64(*borrow, a, b, &difference);
    return difference;
}

#else

typedef uint64_t carry_bit;

static inline uint64_t add_carry(uint64_t a, uint64_t b, carry_bit *carry) {
    uint128 sum = (uint128)a + b + *carry;
    *carry = (uint64_t)(sum >> 64);
    return (uint64_t)sum;
}

static inline uint64_t sub_borrow(uint64_t a, uint64_t b, carry_bit *borrow) {
    uint128 difference = (uint128)a - b - *borrow;
    *borrow = (uint64_t)(difference >> 127);
    return (uint64_t)difference;
}

#endif

/* t + a * b + *carry, which fits into two limbs; *carry becomes the high one. */
static inline uint64_t multiply_add(uint64_t t, uint64_t a, uint64_t b, uint64_t *carry) {
    uint128 v = (uint128)a * b + t + *carry;
    *carry = (uint64_t)(v >> 64);
    return (uint64_t)v;
}

#endif /* GMPKI_SRC_SM2_CARRY_H */
