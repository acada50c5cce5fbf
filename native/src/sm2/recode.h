/* Scalars cut into windows and recoded into signed digits. */
#ifndef GMPKI_SRC_SM2_RECODE_H
#define GMPKI_SRC_SM2_RECODE_H

#include <string.h>

#include "common/ct.h"
#include "sm2/fn.h"

enum {
    WNAF_WINDOW = 5,
    WNAF_ENTRIES = 1 << (WNAF_WINDOW - 2), /* odd multiples 1, 3, ... 15 */
    WNAF_DIGITS = 257
};

/* Bits position .. position + count - 1 of k; position -1 and places past the top read as 0. Positions are public. */
static inline unsigned scalar_bits(const fn *k, int position, int count) {
    uint64_t v;
    if (position < 0) {
        v = k->limb[0] << -position;
    } else {
        int limb = position / 64;
        int shift = position % 64;
        v = limb < 4 ? k->limb[limb] >> shift : 0;
        if (shift + count > 64 && limb < 3) {
            v |= k->limb[limb + 1] << (64 - shift);
        }
    }
    return (unsigned)(v & ((1u << count) - 1));
}

/* Booth: a signed digit from window + 1 bits: its magnitude, and all ones in *negative if it is below zero. */
static inline uint64_t recode_booth(unsigned bits, int window, uint64_t *negative) {
    uint64_t sign = mask_from_bit(bits >> window & 1);
    uint64_t value = select_u64(sign, (2u << window) - 1 - bits, bits);
    *negative = sign;
    return (value >> 1) + (value & 1);
}

/*
 * Width-5 non-adjacent form (Hankerson, Menezes, Vanstone, Algorithm 3.35): digits 0 or odd in [-15, 15]. Returns the
 * number of digits.
 */
static inline int recode_wnaf_vartime(int8_t digits[WNAF_DIGITS], const fn *k) {
    int length = 0;
    unsigned carry = 0;
    memset(digits, 0, WNAF_DIGITS);
    for (int i = 0; i < WNAF_DIGITS;) {
        if (scalar_bits(k, i, 1) == carry) {
            i++;
            continue;
        }
        int digit = (int)(scalar_bits(k, i, WNAF_WINDOW) + carry);
        carry = (unsigned)digit >> (WNAF_WINDOW - 1);
        digits[i] = (int8_t)(digit - (int)(carry << WNAF_WINDOW));
        length = i + 1;
        i += WNAF_WINDOW;
    }
    return length;
}

#endif /* GMPKI_SRC_SM2_RECODE_H */
