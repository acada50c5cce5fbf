/*
 * Scalars: the integers modulo n, the order of the base point.
 *
 * A scalar has this contract:
 *   - limb[0..3], the lowest first, hold the plain number, 0 <= v < n, always fully reduced. Products go through
 *     Montgomery form inside and come back plain.
 *   - Every function takes and gives scalars that keep this contract. Result and operands may be the same object.
 *   - fn_from_bytes tells numbers >= n; fn_reduce_bytes takes any 32 bytes modulo n.
 *
 * CT: every function is constant time in every value.
 */
#ifndef GMPKI_SRC_SM2_FN_H
#define GMPKI_SRC_SM2_FN_H

#include <stdint.h>

enum { FN_WIDE_LEN = 48 };

typedef struct fn {
    uint64_t limb[4];
} fn;

extern const fn fn_one;

void fn_add(fn *r, const fn *a, const fn *b);
void fn_sub(fn *r, const fn *a, const fn *b);
void fn_mul(fn *r, const fn *a, const fn *b);
void fn_neg(fn *r, const fn *a);

/* a^-1, and 0 for 0. */
void fn_inverse(fn *r, const fn *a);

/* All ones if the condition holds. */
uint64_t fn_is_zero(const fn *a);
uint64_t fn_equal(const fn *a, const fn *b);
uint64_t fn_is_above_half(const fn *a); /* a > (n - 1) / 2 */

/* r = a where mask is ones; r stays where it is zeros. */
void fn_move_if(fn *r, const fn *a, uint64_t mask);

/* 32 bytes, big endian: all ones if the number was below n, else zero; r is the number modulo n either way. */
uint64_t fn_from_bytes(fn *r, const uint8_t bytes[32]);

/* The same for a private key: all ones if the number lies in [1, n - 2]. */
uint64_t fn_from_key_bytes(fn *r, const uint8_t bytes[32]);

/* 32 bytes, or four limbs, the lowest first, modulo n. */
void fn_reduce_bytes(fn *r, const uint8_t bytes[32]);
void fn_reduce_limbs(fn *r, const uint64_t limbs[4]);

/* 48 bytes modulo n - 1, plus 1: a scalar in [1, n - 1] whose distribution is within 2^-128 of uniform. */
void fn_from_wide_bytes(fn *r, const uint8_t bytes[FN_WIDE_LEN]);

void fn_to_bytes(uint8_t bytes[32], const fn *a);

#endif /* GMPKI_SRC_SM2_FN_H */
